#include "tests/unit/provider/signed_token.h"

#include <cassert>
#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/provider/jose.h"

extern "C" {
#include <jose/jwk.h>
}

namespace cibad {
namespace {

using nlohmann::json;

json ToJson(const json_t* value) {
  char* text = json_dumps(value, JSON_COMPACT);
  assert(text != nullptr);
  json parsed = json::parse(text);
  std::free(text);
  return parsed;
}

JanssonPtr ToJansson(const json& value) {
  return JanssonPtr(json_loads(value.dump().c_str(), 0, nullptr));
}

json Generate(const json& parameters) {
  const JanssonPtr key = ToJansson(parameters);
  const bool made = jose_jwk_gen(nullptr, key.get());
  assert(made);
  static_cast<void>(made);
  return ToJson(key.get());
}

}  // namespace

SigningKey SigningKey::Ec(const std::string& kid, const std::string& alg) {
  return SigningKey(Generate({{"alg", alg}}), kid);
}

SigningKey SigningKey::Rsa(const std::string& kid, int bits) {
  return SigningKey(Generate({{"kty", "RSA"}, {"bits", bits}}), kid);
}

SigningKey SigningKey::Hmac(absl::string_view secret) {
  return SigningKey({{"kty", "oct"}, {"k", absl::WebSafeBase64Escape(secret)}}, "");
}

json SigningKey::PublicJwk() const {
  const JanssonPtr key = ToJansson(jwk_);
  const bool made = jose_jwk_pub(nullptr, key.get());
  assert(made);
  static_cast<void>(made);
  json jwk = ToJson(key.get());
  jwk.erase("key_ops");
  jwk["use"] = "sig";
  if (!kid_.empty()) jwk["kid"] = kid_;
  return jwk;
}

std::string SigningKey::Sign(const json& header, absl::string_view payload) const {
  json signing_key = jwk_;
  signing_key.erase("alg");
  signing_key.erase("key_ops");
  const JanssonPtr key = ToJansson(signing_key);
  const std::string body = absl::WebSafeBase64Escape(payload);
  const std::string head = absl::WebSafeBase64Escape(header.dump());
  const JanssonPtr jws = ToJansson({{"payload", body}});
  const JanssonPtr part = ToJansson({{"protected", head}});
  const bool made = jose_jws_sig(nullptr, jws.get(), part.get(), key.get());
  assert(made);
  static_cast<void>(made);
  return absl::StrCat(head, ".", body, ".",
                      json_string_value(json_object_get(jws.get(), "signature")));
}

json With(json object, const char* name, const json& value) {
  object[name] = value;
  return object;
}

HttpResponse Ok(const std::string& body) {
  HttpResponse response;
  response.status = 200;
  response.headers.Add({"content-type: application/json;charset=UTF-8"});
  response.body = body;
  return response;
}

HttpResponse Ok(const json& body) { return Ok(body.dump()); }

HttpResponse Jwks(const std::vector<json>& keys) { return Ok(json{{"keys", keys}}); }

}  // namespace cibad
