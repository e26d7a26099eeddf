// A header or a payload that the provider's key has signed: what is read of a token beyond the
// signature. The fuzzer's build puts a function that always agrees in place of libjose's check,
// since signatures would make it a hundred times slower; the replay signs.

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/provider/id_token.h"
#include "server/provider/jose.h"
#include "server/provider/key_set.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/token_key.h"

#ifdef CIBAD_FUZZ_TARGET
bool jose_jws_ver(jose_cfg_t* /*cfg*/, const json_t* /*jws*/, const json_t* /*sig*/,
                  const json_t* /*jwk*/, bool /*all*/) {
  return true;
}
#endif

namespace cibad::fuzz {
namespace {

using nlohmann::json;

const KeySet& SigningKeys() {
  static const KeySet keys({{kKeyId, SignatureAlgorithm::kEs256,
                             absl::StrCat("{\"alg\":\"ES256\",", kPublicMembers, "}")}});
  return keys;
}

std::string SignatureOf(const std::string& head, const std::string& body) {
#ifdef CIBAD_FUZZ_TARGET
  static_cast<void>(head);
  static_cast<void>(body);
  return "c2ln";
#else
  const std::string private_jwk = absl::StrCat("{", kPublicMembers, ",", kPrivateMember, "}");
  const JanssonPtr key(json_loads(private_jwk.c_str(), 0, nullptr));
  const JanssonPtr jws(json_pack("{s:s}", "payload", body.c_str()));
  // libjose takes no header that it does not understand; its signature is over these bytes all the
  // same.
  const JanssonPtr part(json_pack("{s:s}", "protected", head.c_str()));
  if (!jose_jws_sig(nullptr, jws.get(), part.get(), key.get())) return "c2ln";
  return json_string_value(json_object_get(jws.get(), "signature"));
#endif
}

IdTokenCheck CheckSigned(absl::string_view header, absl::string_view payload) {
  const std::string head = absl::WebSafeBase64Escape(header);
  const std::string body = absl::WebSafeBase64Escape(payload);
  return VerifyIdToken(absl::StrCat(head, ".", body, ".", SignatureOf(head, body)), SigningKeys(),
                       Expected());
}

void CheckHeader(absl::string_view header) {
  if (!std::holds_alternative<AcceptedIdToken>(CheckSigned(header, kClaims))) return;
  const json read = json::parse(header, nullptr, /*allow_exceptions=*/false);
  Require(read.is_object() && read["alg"] == "ES256", "the algorithm is the key's");
  Require(!read.contains("crit"), "no critical extension is passed over");
  // NOLINTNEXTLINE(readability-container-size-empty): empty() is of the JSON value
  Require(!read.contains("kid") || read["kid"] == "" || read["kid"] == kKeyId,
          "the key is the one that is named");
}

void CheckPayload(absl::string_view payload) {
  const IdTokenCheck check = CheckSigned(kHeader, payload);
  if (const auto* refused = std::get_if<RefusedIdToken>(&check)) {
    RequireLogText(refused->detail, 256);
  }
  const auto* accepted = std::get_if<AcceptedIdToken>(&check);
  if (accepted == nullptr) return;
  const json read = json::parse(payload, nullptr, /*allow_exceptions=*/false);
  const IdTokenExpectations expected = Expected();
  Require(read.is_object() && read["iss"] == std::string(expected.issuer), "`iss` is the issuer");
  Require(read["aud"].dump().find(std::string(expected.client_id)) != std::string::npos,
          "`aud` has the client");
  Require(read["sub"] == accepted->subject, "the subject is the token's");
  Require(read["exp"].is_number() && read["iat"].is_number(), "the times are there");
}

}  // namespace

// The first character says which: `h` for a header, any other for a payload.
void FuzzIdTokenParts(absl::string_view input) {
  if (input.empty()) return;
  input[0] == 'h' ? CheckHeader(input.substr(1)) : CheckPayload(input.substr(1));
}

}  // namespace cibad::fuzz
