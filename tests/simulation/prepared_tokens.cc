#include "tests/simulation/prepared_tokens.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/provider/signed_token.h"

namespace cibad {
namespace {

constexpr char kFirstKey[] = "first";
constexpr char kLaterKey[] = "later";
constexpr char kStrangeKey[] = "strange";

std::string SignClaims(const SigningKey& key, const char* key_id, const nlohmann::json& claims) {
  return key.Sign({{"alg", "ES256"}, {"kid", key_id}}, claims.dump());
}

nlohmann::json ClaimsOf(const std::string& subject) {
  const int64_t begin = absl::ToUnixSeconds(BeginOfWorlds());
  return {{"iss", kSimulatedIssuer},
          {"aud", kSimulatedClientId},
          {"sub", subject},
          {"iat", begin},
          {"exp", begin + int64_t{2} * 3600}};
}

PreparedTokens Prepare() {
  const SigningKey first = SigningKey::Ec(kFirstKey);
  const SigningKey later = SigningKey::Ec(kLaterKey);
  const SigningKey strange = SigningKey::Ec(kStrangeKey);
  PreparedTokens tokens;
  for (int customer = 0; customer < kCustomersOfAWorld; ++customer) {
    const nlohmann::json claims = ClaimsOf(SubjectOfCustomer(customer));
    const auto index = static_cast<size_t>(customer);
    tokens.good[index] = SignClaims(first, kFirstKey, claims);
    tokens.newly_key[index] = SignClaims(later, kLaterKey, claims);
  }
  const nlohmann::json claims = ClaimsOf("somebody");
  const int64_t past = absl::ToUnixSeconds(BeginOfWorlds()) - 600;
  tokens.bad = {SignClaims(strange, kFirstKey, claims), SignClaims(strange, kStrangeKey, claims),
                SignClaims(first, kFirstKey, With(claims, "exp", past)),
                SignClaims(first, kFirstKey, With(claims, "iss", "https://elsewhere.test/"))};
  tokens.keys = Jwks({first.PublicJwk()}).body;
  tokens.newer_keys = Jwks({first.PublicJwk(), later.PublicJwk()}).body;
  return tokens;
}

}  // namespace

std::string SubjectOfCustomer(int customer) { return absl::StrCat("customer-", customer); }

const PreparedTokens& Prepared() {
  static const PreparedTokens tokens = Prepare();
  return tokens;
}

}  // namespace cibad
