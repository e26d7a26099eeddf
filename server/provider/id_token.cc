#include "server/provider/id_token.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/provider/base64url.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

using nlohmann::json;

constexpr size_t kMaxIdTokenBytes = 16 << 10;
constexpr absl::Duration kMaxSkew = absl::Seconds(60);  // between the provider's clock and ours
// Far more than lies between the issue of an ID token and its arrival; far less than the week-old
// one of the conformance tests.
constexpr absl::Duration kMaxAge = absl::Hours(1);

absl::Status Refuse(absl::string_view check) { return absl::InvalidArgumentError(check); }

bool IsText(const json& object, const char* name, absl::string_view value) {
  const std::string* text = FindText(object, name);
  return text != nullptr && *text == value;
}

// Seconds since 1970, perhaps with a fraction (RFC 7519 2). Nothing if it is no number or no date.
std::optional<absl::Time> NumericDate(const json& claims, const char* name) {
  constexpr double kYear10000 = 253402300800;
  const json* member = FindMember(claims, name);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  const double seconds = member->get<double>();
  if (!(seconds >= 0 && seconds < kYear10000)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

// Three parts, parted by dots: no JWE, nothing unsigned, nothing hanging on (RFC 7515 7.1).
absl::StatusOr<CompactJws> Split(absl::string_view id_token) {
  if (id_token.size() > kMaxIdTokenBytes) return Refuse("it is too large");
  const std::vector<absl::string_view> parts = absl::StrSplit(id_token, '.');
  if (parts.size() != 3) return Refuse("it is not a JWS in compact serialisation");
  if (parts[2].empty()) return Refuse("it is not signed");
  return CompactJws{parts[0], parts[1], parts[2]};
}

absl::StatusOr<json> DecodeObject(absl::string_view part, absl::string_view name) {
  const std::optional<std::string> text = DecodeBase64Url(part);
  if (!text) return Refuse(absl::StrCat("its ", name, " is not base64url"));
  absl::StatusOr<json> object = ParseJsonObject(*text);
  if (!object.ok()) return Refuse(absl::StrCat("its ", name, ": ", object.status().message()));
  return object;
}

// RS256 and ES256. `none`, the HMAC ones and everything else end here (RFC 8725 3.1).
absl::StatusOr<SignatureAlgorithm> ReadAlgorithm(const json& header) {
  // Extensions that must be understood: there are none that we do (RFC 7515 4.1.11).
  if (header.contains("crit")) return Refuse("its header has `crit`");
  if (IsText(header, "alg", "RS256")) return SignatureAlgorithm::kRs256;
  if (IsText(header, "alg", "ES256")) return SignatureAlgorithm::kEs256;
  return Refuse("its `alg` is neither RS256 nor ES256");
}

// Of the header, only `alg` and `kid` are heeded: a `jwk`, `jku`, `x5c` or `x5u` would let the
// token choose the key that it is checked with.
absl::StatusOr<SignatureVerdict> CheckSignature(const CompactJws& jws, const KeySet& keys) {
  const absl::StatusOr<json> header = DecodeObject(jws.header, "header");
  if (!header.ok()) return header.status();
  const absl::StatusOr<SignatureAlgorithm> algorithm = ReadAlgorithm(*header);
  if (!algorithm.ok()) return algorithm.status();
  const std::string* key_id = FindText(*header, "kid");
  if (key_id == nullptr && header->contains("kid")) return Refuse("its `kid` is not a string");
  if (!DecodeBase64Url(jws.signature)) return Refuse("its signature is not base64url");
  return keys.Verify(jws, *algorithm, key_id == nullptr ? "" : *key_id);
}

// OpenID Connect Core 3.1.3.7, 2.
absl::Status CheckIssuer(const json& claims, const IdTokenExpectations& expected) {
  if (!IsText(claims, "iss", expected.issuer)) return Refuse("its `iss` is not the issuer");
  return absl::OkStatus();
}

// OpenID Connect Core 3.1.3.7, 3 to 5.
absl::Status CheckAudience(const json& claims, const IdTokenExpectations& expected) {
  const json* member = FindMember(claims, "aud");
  if (member == nullptr) return Refuse("it has no `aud`");
  const json audiences = member->is_array() ? *member : json::array({*member});
  for (const json& audience : audiences) {
    if (!audience.is_string()) return Refuse("its `aud` is not a string or an array of strings");
  }
  const std::string client_id(expected.client_id);
  if (std::find(audiences.begin(), audiences.end(), client_id) == audiences.end()) {
    return Refuse("its `aud` does not contain the client_id");
  }
  const bool has_azp = FindMember(claims, "azp") != nullptr;
  if (audiences.size() > 1 && !has_azp) return Refuse("it has several `aud` and no `azp`");
  if (has_azp && !IsText(claims, "azp", client_id)) return Refuse("its `azp` is not the client_id");
  return absl::OkStatus();
}

// Vipps' partner keys: the token is for the sales unit, whatever its client is called.
absl::Status CheckMsn(const json& claims, const IdTokenExpectations& expected) {
  if (IsText(claims, "msn", expected.msn)) return absl::OkStatus();
  const bool is_missing = FindMember(claims, "msn") == nullptr;
  return Refuse(is_missing ? "it has no `msn`" : "its `msn` is not the sales unit's");
}

absl::Status CheckRecipient(const json& claims, const IdTokenExpectations& expected) {
  return expected.msn.empty() ? CheckAudience(claims, expected) : CheckMsn(claims, expected);
}

// OpenID Connect Core 3.1.3.7, 9 and 10; `nbf` is RFC 7519 4.1.5.
absl::Status CheckTimes(const json& claims, const IdTokenExpectations& expected) {
  const auto exp = NumericDate(claims, "exp");
  if (!exp) return Refuse("its `exp` is missing or no date");
  if (expected.now >= *exp + kMaxSkew) return Refuse("its `exp` is past");
  const auto iat = NumericDate(claims, "iat");
  if (!iat) return Refuse("its `iat` is missing or no date");
  if (*iat > expected.now + kMaxSkew) return Refuse("its `iat` is in the future");
  if (*iat < expected.now - kMaxAge) return Refuse("its `iat` is too far in the past");
  if (FindMember(claims, "nbf") == nullptr) return absl::OkStatus();
  const auto nbf = NumericDate(claims, "nbf");
  if (!nbf || *nbf > expected.now + kMaxSkew)
    return Refuse("its `nbf` is in the future or no date");
  return absl::OkStatus();
}

// CIBA 7.3 and 10.1.1: the token belongs to this login and no other.
absl::Status CheckAuthReqId(const json& claims, const IdTokenExpectations& expected) {
  bool is_there = false;
  for (const char* name : {"auth_req_id", "urn:openid:params:jwt:claim:auth_req_id"}) {
    if (FindMember(claims, name) == nullptr) continue;
    if (!IsText(claims, name, expected.auth_req_id)) {
      return Refuse("its auth_req_id is not the login's");
    }
    is_there = true;
  }
  if (is_there || !expected.auth_req_id_is_required) return absl::OkStatus();
  return Refuse("it has no auth_req_id, which a login on a web page needs");
}

// OpenID Connect Core 3.1.3.8: the access token is the one that was issued with it.
absl::Status CheckAccessTokenHash(const json& claims, const IdTokenExpectations& expected) {
  if (FindMember(claims, "at_hash") == nullptr) return absl::OkStatus();
  unsigned char digest[SHA256_DIGEST_LENGTH];  // both algorithms are with SHA-256
  SHA256(reinterpret_cast<const unsigned char*>(expected.access_token.data()),
         expected.access_token.size(), digest);
  const absl::string_view half(reinterpret_cast<const char*>(digest), sizeof(digest) / 2);
  if (IsText(claims, "at_hash", absl::WebSafeBase64Escape(half))) return absl::OkStatus();
  return Refuse("its `at_hash` is not that of the access token");
}

absl::Status CheckSubject(const json& claims, const IdTokenExpectations&) {
  const std::string* subject = FindText(claims, "sub");
  if (subject == nullptr || !IsSubject(*subject))
    return Refuse("its `sub` is missing or malformed");
  return absl::OkStatus();
}

// The subject, if every claim is as expected.
absl::StatusOr<std::string> CheckClaims(const CompactJws& jws,
                                        const IdTokenExpectations& expected) {
  const absl::StatusOr<json> claims = DecodeObject(jws.payload, "payload");
  if (!claims.ok()) return claims.status();
  for (const auto check : {CheckIssuer, CheckRecipient, CheckTimes, CheckAuthReqId,
                           CheckAccessTokenHash, CheckSubject}) {
    if (absl::Status status = check(*claims, expected); !status.ok()) return status;
  }
  return *FindText(*claims, "sub");
}

RefusedIdToken Refused(const absl::Status& status) {
  return RefusedIdToken{std::string(status.message())};
}

}  // namespace

IdTokenCheck VerifyIdToken(absl::string_view id_token, const KeySet& keys,
                           const IdTokenExpectations& expected) {
  const absl::StatusOr<CompactJws> jws = Split(id_token);
  if (!jws.ok()) return Refused(jws.status());
  const absl::StatusOr<SignatureVerdict> verdict = CheckSignature(*jws, keys);
  if (!verdict.ok()) return Refused(verdict.status());
  switch (*verdict) {
    case SignatureVerdict::kUnknownKey:
      return UnknownKey{};
    case SignatureVerdict::kWrongKey:
      return RefusedIdToken{"its `alg` does not fit the key that it names"};
    case SignatureVerdict::kForged:
      return RefusedIdToken{"its signature is not that of the key that it names"};
    case SignatureVerdict::kGenuine:
      break;
  }
  const absl::StatusOr<std::string> subject = CheckClaims(*jws, expected);
  if (!subject.ok()) return Refused(subject.status());
  return AcceptedIdToken{*subject};
}

}  // namespace cibad
