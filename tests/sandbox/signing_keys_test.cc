// The tokens are checked by libjose, which the sandbox itself does not use.

#include "tests/sandbox/signing_keys.h"

#include <gtest/gtest.h>
#include <jansson.h>
extern "C" {  // libjose's headers do not say so themselves
#include <jose/jws.h>
}

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "tests/sandbox/pem.h"

namespace cibad {
namespace {

struct ReleaseJson {
  void operator()(json_t* json) const { json_decref(json); }
};
using JanssonHandle = std::unique_ptr<json_t, ReleaseJson>;

JanssonHandle Load(const std::string& text) {
  return JanssonHandle(json_loads(text.c_str(), 0, nullptr));
}

std::vector<std::string> Parts(const std::string& token) { return absl::StrSplit(token, '.'); }

nlohmann::json HeaderOf(const std::string& token) {
  std::string header;
  absl::WebSafeBase64Unescape(Parts(token).at(0), &header);
  return nlohmann::json::parse(header);
}

// Whether a key of the JWKS has signed the token.
bool IsSignedBy(const std::string& token, const std::string& jwks) {
  const std::vector<std::string> parts = Parts(token);
  const JanssonHandle jws(json_pack("{s:s,s:s,s:s}", "protected", parts.at(0).c_str(), "payload",
                                    parts.at(1).c_str(), "signature", parts.at(2).c_str()));
  const JanssonHandle keys = Load(jwks);
  return jose_jws_ver(nullptr, jws.get(), nullptr, keys.get(), false);
}

class SigningKeysTest : public ::testing::Test {
 protected:
  std::string Sign(IdTokenKind kind) { return keys_.Sign(R"({"sub":"x"})", kind, "secret"); }

  SigningKeys keys_{MakeRsaKey(), MakeEcKey()};
};

TEST_F(SigningKeysTest, OrdinaryTokenIsSignedWithRs256ByAPublishedKey) {
  const std::string token = Sign(IdTokenKind::kOrdinary);
  EXPECT_EQ(HeaderOf(token)["alg"], "RS256");
  EXPECT_NE(keys_.JwksJson().find(HeaderOf(token)["kid"].get<std::string>()), std::string::npos);
  EXPECT_TRUE(IsSignedBy(token, keys_.JwksJson()));
}

TEST_F(SigningKeysTest, Es256TokensAreSignedByAPublishedKey) {
  // A signature's numbers have leading zeros now and then: many, so that padding is tried too.
  const std::string jwks = keys_.JwksJson();
  for (int i = 0; i < 600; ++i) {
    const std::string token = Sign(IdTokenKind::kEs256);
    ASSERT_EQ(HeaderOf(token)["alg"], "ES256");
    ASSERT_TRUE(IsSignedBy(token, jwks));
  }
}

TEST_F(SigningKeysTest, NewKeyJoinsTheJwksWhenItSigns) {
  const std::string before = keys_.JwksJson();
  const std::string token = Sign(IdTokenKind::kNewKey);
  EXPECT_FALSE(IsSignedBy(token, before));
  EXPECT_TRUE(IsSignedBy(token, keys_.JwksJson()));
  EXPECT_EQ(before.find(HeaderOf(token)["kid"].get<std::string>()), std::string::npos);
}

TEST_F(SigningKeysTest, JwksDoesNotGrowForEver) {
  for (int i = 0; i < 20; ++i) Sign(IdTokenKind::kNewKey);
  EXPECT_EQ(nlohmann::json::parse(keys_.JwksJson())["keys"].size(), 10U);
}

TEST_F(SigningKeysTest, JwksHasNoPrivateKey) {
  const nlohmann::json jwks = nlohmann::json::parse(keys_.JwksJson());
  for (const nlohmann::json& key : jwks["keys"]) {
    for (const char* secret : {"d", "p", "q", "dp", "dq", "qi"}) {
      EXPECT_FALSE(key.contains(secret)) << secret;
    }
  }
}

TEST_F(SigningKeysTest, WrongTokensAreSignedByNoPublishedKey) {
  for (const IdTokenKind kind :
       {IdTokenKind::kBadSignature, IdTokenKind::kUnknownKey, IdTokenKind::kKeyInHeader,
        IdTokenKind::kAlgorithmNone, IdTokenKind::kHs256WithPublicKey,
        IdTokenKind::kHs256WithClientSecret}) {
    EXPECT_FALSE(IsSignedBy(Sign(kind), keys_.JwksJson())) << static_cast<int>(kind);
  }
}

TEST_F(SigningKeysTest, WrongTokensAreWrongInTheWayTheyAreCalled) {
  const std::string published = keys_.JwksJson();
  const auto kid = [this](IdTokenKind kind) {
    return HeaderOf(Sign(kind))["kid"].get<std::string>();
  };
  EXPECT_NE(published.find(kid(IdTokenKind::kBadSignature)), std::string::npos);
  EXPECT_EQ(published.find(kid(IdTokenKind::kUnknownKey)), std::string::npos);
  EXPECT_EQ(HeaderOf(Sign(IdTokenKind::kAlgorithmNone))["alg"], "none");
  EXPECT_EQ(Parts(Sign(IdTokenKind::kAlgorithmNone)).at(2), "");
  EXPECT_EQ(HeaderOf(Sign(IdTokenKind::kHs256WithPublicKey))["alg"], "HS256");
  EXPECT_EQ(Parts(Sign(IdTokenKind::kNotAJws)).size(), 1U);

  const std::string bringing_its_key = Sign(IdTokenKind::kKeyInHeader);
  EXPECT_TRUE(IsSignedBy(bringing_its_key, HeaderOf(bringing_its_key)["jwk"].dump()));
}

// A client that only looks whether the signature is good would take them.
TEST_F(SigningKeysTest, TokensOfOtherAlgorithmsAreWellSignedByAPublishedKey) {
  nlohmann::json jwks = nlohmann::json::parse(keys_.JwksJson());
  for (nlohmann::json& key : jwks["keys"]) key.erase("alg");
  for (const auto& [kind, algorithm] :
       {std::pair(IdTokenKind::kPs256, "PS256"), std::pair(IdTokenKind::kRs512, "RS512")}) {
    const std::string token = Sign(kind);
    EXPECT_EQ(HeaderOf(token)["alg"], algorithm);
    EXPECT_TRUE(IsSignedBy(token, jwks.dump())) << algorithm;
  }
}

TEST_F(SigningKeysTest, TokenWithACriticalHeaderIsWellSignedOtherwise) {
  const std::string token = Sign(IdTokenKind::kCriticalHeader);
  EXPECT_TRUE(HeaderOf(token).contains("crit"));
  nlohmann::json header = HeaderOf(token);
  EXPECT_NE(keys_.JwksJson().find(header["kid"].get<std::string>()), std::string::npos);
}

TEST(SigningKeyTest, HasTheSameKidForTheSameKey) {
  const std::string pem = PrivateKeyPem(MakeEcKey());
  EXPECT_EQ(NewSigningKey(KeyFromPem(pem)).key_id, NewSigningKey(KeyFromPem(pem)).key_id);
}

}  // namespace
}  // namespace cibad
