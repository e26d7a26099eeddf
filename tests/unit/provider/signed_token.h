// Keys and signatures for tests: what a provider would do, and what an attacker would.

#ifndef CIBAD_TESTS_UNIT_PROVIDER_SIGNED_TOKEN_H_
#define CIBAD_TESTS_UNIT_PROVIDER_SIGNED_TOKEN_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cibad {

// A private JWK. Made anew in each test; P-256 keys take no time, RSA keys some 100 ms.
class SigningKey {
 public:
  static SigningKey Ec(const std::string& kid, const std::string& alg = "ES256");
  static SigningKey Rsa(const std::string& kid, int bits = 2048);
  // A secret key for HMAC (`oct`), of these bytes.
  static SigningKey Hmac(absl::string_view secret);

  // The public half, as a JWKS holds it: with `kid` and `use`.
  nlohmann::json PublicJwk() const;

  // The key with its private half.
  const nlohmann::json& private_jwk() const { return jwk_; }

  // A JWS in compact serialisation, over just this header and payload.
  std::string Sign(const nlohmann::json& header, absl::string_view payload) const;

 private:
  SigningKey(nlohmann::json jwk, std::string kid) : jwk_(std::move(jwk)), kid_(std::move(kid)) {}

  nlohmann::json jwk_;
  std::string kid_;
};

// The object, with the member added or changed.
nlohmann::json With(nlohmann::json object, const char* name, const nlohmann::json& value);

// An answer with status 200 and this body.
HttpResponse Ok(const std::string& body);
HttpResponse Ok(const nlohmann::json& body);

// The JWKS of these keys as an answer.
HttpResponse Jwks(const std::vector<nlohmann::json>& keys);

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_PROVIDER_SIGNED_TOKEN_H_
