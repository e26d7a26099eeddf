#include "tests/sandbox/signing_keys.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <cassert>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/pem.h"
#include "tests/sandbox/random_text.h"

namespace cibad {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxNewKeys = 8;  // the oldest leaves the JWKS then
constexpr int kEcNumberBytes = 32;

std::string Bytes(const BignumHandle& number, int length) {
  std::string bytes(static_cast<size_t>(length), '\0');
  BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()), length);
  return bytes;
}

std::string KeyParameter(const KeyHandle& key, const char* name, int length) {
  BIGNUM* number = nullptr;
  const int found = EVP_PKEY_get_bn_param(key.get(), name, &number);
  assert(found == 1);
  static_cast<void>(found);
  const BignumHandle owned(number);
  return absl::WebSafeBase64Escape(Bytes(owned, length > 0 ? length : BN_num_bytes(number)));
}

// ECDSA signatures are two numbers side by side in a JWS (RFC 7518, 3.4), and ASN.1 in OpenSSL.
std::string EcSignatureOfDer(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const EcdsaSignatureHandle signature(
      d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size())));
  assert(signature != nullptr);
  std::string numbers(size_t{2} * kEcNumberBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(numbers.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, kEcNumberBytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + kEcNumberBytes, kEcNumberBytes);
  return numbers;
}

// By the algorithm of RFC 7518 3.1: RS256, RS512 and PS256 with an RSA key, ES256 with an EC key.
std::string Signature(const SigningKey& key, absl::string_view text, absl::string_view algorithm) {
  const DigestContextHandle context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* padding = nullptr;
  EVP_DigestSignInit(context.get(), &padding, algorithm == "RS512" ? EVP_sha512() : EVP_sha256(),
                     nullptr, key.key.get());
  if (algorithm == "PS256") {
    EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST);
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size());
  std::string signature(size, '\0');
  const int done = EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                  &size, bytes, text.size());
  assert(done == 1);
  static_cast<void>(done);
  signature.resize(size);
  return key.algorithm == "ES256" ? EcSignatureOfDer(signature) : signature;
}

std::string HmacSha256(absl::string_view secret, absl::string_view text) {
  std::string code(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(code.data()), &size);
  code.resize(size);
  return code;
}

Json Header(absl::string_view algorithm, absl::string_view key_id) {
  return {{"alg", std::string(algorithm)}, {"kid", std::string(key_id)}, {"typ", "JWT"}};
}

std::string SigningInput(const Json& header, absl::string_view claims_json) {
  return absl::StrCat(absl::WebSafeBase64Escape(header.dump()), ".",
                      absl::WebSafeBase64Escape(claims_json));
}

std::string Token(const std::string& signing_input, absl::string_view signature) {
  return absl::StrCat(signing_input, ".", absl::WebSafeBase64Escape(signature));
}

std::string SignWith(const SigningKey& key, const Json& header, absl::string_view claims_json) {
  const std::string input = SigningInput(header, claims_json);
  return Token(input, Signature(key, input, header["alg"].get<std::string>()));
}

std::string SignWith(const SigningKey& key, absl::string_view claims_json) {
  return SignWith(key, Header(key.algorithm, key.key_id), claims_json);
}

std::string SignBadly(const SigningKey& key, absl::string_view claims_json) {
  const std::string input = SigningInput(Header(key.algorithm, key.key_id), claims_json);
  std::string signature = Signature(key, input, key.algorithm);
  signature.back() = static_cast<char>(signature.back() ^ 1);
  return Token(input, signature);
}

std::string SignWithHmac(absl::string_view secret, absl::string_view key_id,
                         absl::string_view claims_json) {
  const std::string input = SigningInput(Header("HS256", key_id), claims_json);
  return Token(input, HmacSha256(secret, input));
}

std::string SignWithKeyInHeader(const SigningKey& key, absl::string_view claims_json) {
  Json header = Header(key.algorithm, key.key_id);
  header["jwk"] = Json::parse(PublicJwk(key));
  return SignWith(key, header, claims_json);
}

std::string SignWithCriticalHeader(const SigningKey& key, absl::string_view claims_json) {
  Json header = Header(key.algorithm, key.key_id);
  header["crit"] = Json::array({"https://example.com/unknown"});
  header["https://example.com/unknown"] = true;
  return SignWith(key, header, claims_json);
}

}  // namespace

SigningKey NewSigningKey(KeyHandle key) {
  const std::string key_id = absl::StrCat("public:", UuidOf(PublicKeyPem(key)));
  const bool is_rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1;
  return {std::move(key), key_id, is_rsa ? "RS256" : "ES256"};
}

std::string PublicJwk(const SigningKey& key) {
  Json jwk = {{"use", "sig"}, {"kid", key.key_id}, {"alg", key.algorithm}};
  if (key.algorithm == "RS256") {
    jwk["kty"] = "RSA";
    jwk["n"] = KeyParameter(key.key, OSSL_PKEY_PARAM_RSA_N, 0);
    jwk["e"] = KeyParameter(key.key, OSSL_PKEY_PARAM_RSA_E, 0);
  } else {
    jwk["kty"] = "EC";
    jwk["crv"] = "P-256";
    jwk["x"] = KeyParameter(key.key, OSSL_PKEY_PARAM_EC_PUB_X, kEcNumberBytes);
    jwk["y"] = KeyParameter(key.key, OSSL_PKEY_PARAM_EC_PUB_Y, kEcNumberBytes);
  }
  return jwk.dump();
}

SigningKeys::SigningKeys(KeyHandle rsa, KeyHandle ec)
    : rsa_(NewSigningKey(std::move(rsa))), ec_(NewSigningKey(std::move(ec))) {}

// Made when it is first needed: an RSA key takes a while.
const SigningKey& SigningKeys::Stranger() {
  std::call_once(stranger_is_made_, [this] { stranger_ = NewSigningKey(MakeRsaKey()); });
  return stranger_;
}

std::string SigningKeys::JwksJson() const {
  Json keys = Json::array({Json::parse(PublicJwk(rsa_)), Json::parse(PublicJwk(ec_))});
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const SigningKey& key : new_keys_) keys.push_back(Json::parse(PublicJwk(key)));
  return Json{{"keys", keys}}.dump();
}

std::string SigningKeys::SignByNewKey(absl::string_view claims_json) {
  SigningKey key = NewSigningKey(MakeEcKey());
  std::string token = SignWith(key, claims_json);
  const std::lock_guard<std::mutex> lock(mutex_);
  new_keys_.push_back(std::move(key));
  if (new_keys_.size() > kMaxNewKeys) new_keys_.pop_front();
  return token;
}

std::string SigningKeys::Sign(absl::string_view claims_json, IdTokenKind kind,
                              absl::string_view client_secret) {
  switch (kind) {
    case IdTokenKind::kEs256:
      return SignWith(ec_, claims_json);
    case IdTokenKind::kNewKey:
      return SignByNewKey(claims_json);
    case IdTokenKind::kBadSignature:
      return SignBadly(rsa_, claims_json);
    case IdTokenKind::kUnknownKey:
      return SignWith(Stranger(), claims_json);
    case IdTokenKind::kKeyInHeader:
      return SignWithKeyInHeader(Stranger(), claims_json);
    case IdTokenKind::kAlgorithmNone:
      return Token(SigningInput({{"alg", "none"}, {"typ", "JWT"}}, claims_json), "");
    case IdTokenKind::kHs256WithPublicKey:
      return SignWithHmac(PublicKeyPem(rsa_.key), rsa_.key_id, claims_json);
    case IdTokenKind::kHs256WithClientSecret:
      return SignWithHmac(client_secret, rsa_.key_id, claims_json);
    case IdTokenKind::kPs256:
      return SignWith(rsa_, Header("PS256", rsa_.key_id), claims_json);
    case IdTokenKind::kRs512:
      return SignWith(rsa_, Header("RS512", rsa_.key_id), claims_json);
    case IdTokenKind::kCriticalHeader:
      return SignWithCriticalHeader(rsa_, claims_json);
    case IdTokenKind::kNotAJws:
      return "this-is-no-token";
    default:
      return SignWith(rsa_, claims_json);
  }
}

}  // namespace cibad
