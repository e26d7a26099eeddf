#include "server/provider/key_set.h"

#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/provider/base64url.h"
#include "server/provider/failed_answer.h"
#include "server/provider/jose.h"
#include "server/provider/strict_json.h"

namespace cibad {
namespace {

using nlohmann::json;

constexpr size_t kMaxKeys = 100;
constexpr size_t kMaxKeyIdBytes = 256;
constexpr int kMinRsaBits = 2048;  // RFC 7518 3.3
constexpr int kMaxRsaBits = 8192;  // a larger one costs more to verify than it is worth
constexpr size_t kMaxExponentBytes = 4;
constexpr size_t kP256CoordinateBytes = 32;

// What of a JWK makes the key. An empty `jwk`: the key may not count.
struct Material {
  SignatureAlgorithm algorithm = SignatureAlgorithm::kRs256;
  json jwk;
};

// Whether the member is absent or says this.
bool IsAbsentOr(const json& jwk, const char* name, absl::string_view value) {
  return !jwk.contains(name) || TextOf(jwk, name) == value;
}

// `use` and `key_ops` (RFC 7517 4.2 and 4.3): whether the key is published to check signatures.
bool IsForSignatures(const json& jwk) {
  if (!IsAbsentOr(jwk, "use", "sig")) return false;
  const json* operations = FindMember(jwk, "key_ops");
  return operations == nullptr ||
         (operations->is_array() &&
          std::find(operations->begin(), operations->end(), "verify") != operations->end());
}

// Odd, and at least 3: with an exponent of 1 everything is its own signature.
bool IsSaneExponent(const std::optional<std::string>& bytes) {
  if (!bytes || bytes->empty() || bytes->size() > kMaxExponentBytes) return false;
  const auto last = static_cast<unsigned char>(bytes->back());
  return last % 2 == 1 && (bytes->size() > 1 || last >= 3);
}

std::optional<Material> RsaMaterial(const json& jwk) {
  const std::string n = TextOf(jwk, "n");
  const std::string e = TextOf(jwk, "e");
  if (!IsAbsentOr(jwk, "alg", "RS256") || !IsSaneExponent(DecodeBase64Url(e))) return std::nullopt;
  return Material{SignatureAlgorithm::kRs256,
                  {{"kty", "RSA"}, {"alg", "RS256"}, {"n", n}, {"e", e}}};
}

std::optional<Material> EcMaterial(const json& jwk) {
  const std::string x = TextOf(jwk, "x");
  const std::string y = TextOf(jwk, "y");
  if (!IsAbsentOr(jwk, "alg", "ES256") || TextOf(jwk, "crv") != "P-256") return std::nullopt;
  for (const auto& bytes : {DecodeBase64Url(x), DecodeBase64Url(y)}) {
    if (!bytes || bytes->size() != kP256CoordinateBytes) return std::nullopt;
  }
  return Material{SignatureAlgorithm::kEs256,
                  {{"kty", "EC"}, {"crv", "P-256"}, {"alg", "ES256"}, {"x", x}, {"y", y}}};
}

// Whether OpenSSL takes the key (a point that is on the curve, say) and it has a size that is
// served.
bool IsSound(const Material& material, const std::string& jwk) {
  const JanssonPtr parsed(json_loads(jwk.c_str(), JSON_REJECT_DUPLICATES, nullptr));
  const JoseConfigPtr config = SilentJoseConfig();
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      jose_openssl_jwk_to_EVP_PKEY(config.get(), parsed.get()), &EVP_PKEY_free);
  if (key == nullptr) return false;
  if (material.algorithm == SignatureAlgorithm::kEs256) return true;
  const int bits = EVP_PKEY_get_bits(key.get());
  return bits >= kMinRsaBits && bits <= kMaxRsaBits;
}

// The key, or nothing if it may not count.
std::optional<KeySet::Key> ReadKey(const json& jwk) {
  if (!jwk.is_object() || !IsForSignatures(jwk) || jwk.contains("d")) return std::nullopt;
  const std::string kty = TextOf(jwk, "kty");
  std::optional<Material> material;
  if (kty == "RSA") material = RsaMaterial(jwk);
  if (kty == "EC") material = EcMaterial(jwk);
  if (!material) return std::nullopt;
  KeySet::Key key{TextOf(jwk, "kid"), material->algorithm, material->jwk.dump()};
  if (key.key_id.size() > kMaxKeyIdBytes || !IsSound(*material, key.jwk)) return std::nullopt;
  return key;
}

json_t* JoseText(absl::string_view text) { return json_stringn(text.data(), text.size()); }

bool IsMadeBy(const KeySet::Key& key, const CompactJws& jws) {
  const JanssonPtr jwk(json_loads(key.jwk.c_str(), JSON_REJECT_DUPLICATES, nullptr));
  const JanssonPtr flattened(json_pack("{s:o,s:o,s:o}", "protected", JoseText(jws.header),
                                       "payload", JoseText(jws.payload), "signature",
                                       JoseText(jws.signature)));
  const JoseConfigPtr config = SilentJoseConfig();
  return jwk != nullptr && flattened != nullptr &&
         jose_jws_ver(config.get(), flattened.get(), nullptr, jwk.get(), /*all=*/true);
}

}  // namespace

SignatureVerdict KeySet::Verify(const CompactJws& jws, SignatureAlgorithm algorithm,
                                absl::string_view key_id) const {
  SignatureVerdict verdict = SignatureVerdict::kUnknownKey;
  for (const Key& key : keys_) {
    if (!key_id.empty() && key.key_id != key_id) continue;
    if (key.algorithm != algorithm) {
      // Two keys may share an id if their types differ (RFC 7517 4.5), so this is not yet the end.
      if (!key_id.empty() && verdict == SignatureVerdict::kUnknownKey) {
        verdict = SignatureVerdict::kWrongKey;
      }
      continue;
    }
    if (IsMadeBy(key, jws)) return SignatureVerdict::kGenuine;
    // Where no key is named, it may be by one that is not here yet.
    if (!key_id.empty()) verdict = SignatureVerdict::kForged;
  }
  return verdict;
}

absl::StatusOr<std::shared_ptr<const KeySet>> ReadKeySet(const HttpResult& result) {
  const absl::StatusOr<json> object = ReadPublishedObject(result);
  if (!object.ok()) return object.status();
  const json* jwks = FindMember(*object, "keys");
  if (jwks == nullptr || !jwks->is_array()) {
    return absl::InvalidArgumentError("the JWKS has no array `keys`");
  }
  if (jwks->size() > kMaxKeys) {
    return absl::InvalidArgumentError(absl::StrCat("the JWKS holds more than ", kMaxKeys, " keys"));
  }
  std::vector<KeySet::Key> keys;
  for (const json& jwk : *jwks) {
    if (std::optional<KeySet::Key> key = ReadKey(jwk)) keys.push_back(*std::move(key));
  }
  if (keys.empty()) {
    return absl::InvalidArgumentError(
        "the JWKS holds no key for signatures with RS256 (RSA, 2048 bits or more) or ES256 "
        "(P-256)");
  }
  return std::make_shared<const KeySet>(std::move(keys));
}

}  // namespace cibad
