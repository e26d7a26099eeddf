#include "server/provider/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/provider/jose.h"
#include "tests/unit/provider/signed_token.h"

namespace cibad {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// How many keys of the JWKS may count, beside one that certainly may.
size_t Counted(const json& jwk) {
  const auto keys = ReadKeySet(Jwks({SigningKey::Ec("good").PublicJwk(), jwk}));
  return keys.ok() ? (*keys)->size() - 1 : 999;
}

// A public RSA key of any size, which libjose would not make.
json RsaJwk(int bits) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(bits), &EVP_PKEY_free);
  const JanssonPtr jwk(jose_openssl_jwk_from_EVP_PKEY(nullptr, key.get()));
  return {{"kty", "RSA"},
          {"n", json_string_value(json_object_get(jwk.get(), "n"))},
          {"e", json_string_value(json_object_get(jwk.get(), "e"))}};
}

TEST(KeySet, CountsRsaAndP256Keys) {
  EXPECT_EQ(Counted(SigningKey::Rsa("rsa").PublicJwk()), 1u);
  EXPECT_EQ(Counted(SigningKey::Ec("ec").PublicJwk()), 1u);
}

TEST(KeySet, IgnoresSymmetricKeys) {
  EXPECT_EQ(Counted({{"kty", "oct"}, {"k", "c2VjcmV0c2VjcmV0"}, {"kid", "x"}, {"use", "sig"}}), 0u);
}

TEST(KeySet, IgnoresRsaKeysUnder2048Bits) {
  EXPECT_EQ(Counted(RsaJwk(1024)), 0u);
  EXPECT_EQ(Counted(RsaJwk(2040)), 0u);
  EXPECT_EQ(Counted(RsaJwk(2048)), 1u);
}

TEST(KeySet, IgnoresRsaKeysOver8192Bits) {
  json jwk = RsaJwk(2048);
  const std::string bits8192 = "\x80" + std::string(1022, '\0') + "\x01";
  jwk["n"] = absl::WebSafeBase64Escape(bits8192);
  EXPECT_EQ(Counted(jwk), 1u);
  jwk["n"] = absl::WebSafeBase64Escape("\x01" + bits8192);
  EXPECT_EQ(Counted(jwk), 0u);
}

TEST(KeySet, IgnoresRsaKeysWithAnOutlandishExponent) {
  const json jwk = RsaJwk(2048);
  EXPECT_EQ(Counted(With(jwk, "e", "Aw")), 1u);  // 3
  for (const char* e : {"AQ", "Ag", "AQAA", "", "AA", "AQAAAAAB", "AQAB=", "!"}) {
    EXPECT_EQ(Counted(With(jwk, "e", e)), 0u) << e;  // 1, 2, 65536, none, 0, 2^40 + 1, malformed
  }
}

TEST(KeySet, IgnoresOtherCurves) {
  EXPECT_EQ(Counted(SigningKey::Ec("p384", "ES384").PublicJwk()), 0u);
  EXPECT_EQ(Counted(With(SigningKey::Ec("k").PublicJwk(), "crv", "secp256k1")), 0u);
}

TEST(KeySet, IgnoresPointsThatAreNotOnTheCurve) {
  json jwk = SigningKey::Ec("k").PublicJwk();
  jwk["y"] = SigningKey::Ec("other").PublicJwk()["y"];
  EXPECT_EQ(Counted(jwk), 0u);
  EXPECT_EQ(Counted(With(SigningKey::Ec("k").PublicJwk(), "x", "AQAB")), 0u);
}

TEST(KeySet, IgnoresKeysForOtherUses) {
  const json jwk = SigningKey::Ec("k").PublicJwk();
  EXPECT_EQ(Counted(With(jwk, "use", "enc")), 0u);
  EXPECT_EQ(Counted(With(jwk, "use", 7)), 0u);
  EXPECT_EQ(Counted(With(jwk, "key_ops", {"encrypt"})), 0u);
  EXPECT_EQ(Counted(With(jwk, "key_ops", "verify")), 0u);
  EXPECT_EQ(Counted(With(jwk, "key_ops", {"verify"})), 1u);
  json bare = jwk;
  bare.erase("use");
  EXPECT_EQ(Counted(bare), 1u);
}

TEST(KeySet, IgnoresKeysForOtherAlgorithms) {
  EXPECT_EQ(Counted(With(SigningKey::Ec("k").PublicJwk(), "alg", "ES256")), 1u);
  EXPECT_EQ(Counted(With(SigningKey::Ec("k").PublicJwk(), "alg", "HS256")), 0u);
  const json rsa = RsaJwk(2048);
  EXPECT_EQ(Counted(With(rsa, "alg", "RS256")), 1u);
  for (const char* alg : {"PS256", "RS512", "RSA-OAEP", "HS256", "none"}) {
    EXPECT_EQ(Counted(With(rsa, "alg", alg)), 0u) << alg;
  }
}

TEST(KeySet, IgnoresKeysPublishedWithTheirPrivateHalf) {
  EXPECT_EQ(Counted(With(SigningKey::Ec("k").PublicJwk(), "d", "AQAB")), 0u);
}

TEST(KeySet, IgnoresWhatIsNoKey) {
  for (const json& jwk : {json(7), json("k"), json::array(), json::object(), json{{"kty", "OKP"}},
                          json{{"kty", 7}}, json{{"kty", "RSA"}}, json{{"kty", "EC"}}}) {
    EXPECT_EQ(Counted(jwk), 0u) << jwk;
  }
}

TEST(KeySet, RefusesASetWithoutAnyKeyThatMayCount) {
  EXPECT_THAT(std::string(ReadKeySet(Jwks({})).status().message()),
              HasSubstr("no key for signatures"));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadKeySet(Jwks({json{{"kty", "oct"}, {"k", "c2VjcmV0"}}})).status()));
}

TEST(KeySet, HoldsAtMost100Keys) {
  const json jwk = SigningKey::Ec("k").PublicJwk();
  EXPECT_TRUE(ReadKeySet(Jwks(std::vector<json>(100, jwk))).ok());
  EXPECT_THAT(std::string(ReadKeySet(Jwks(std::vector<json>(101, jwk))).status().message()),
              HasSubstr("more than 100 keys"));
}

TEST(KeySet, RefusesWhatIsNoKeySet) {
  const std::string good = SigningKey::Ec("k").PublicJwk().dump();
  const std::string keys = "\"keys\":[" + good + "]";
  EXPECT_TRUE(ReadKeySet(Ok("{" + keys + "}")).ok());
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("{}"), std::string(R"({"keys":{}})"),
        absl::StrCat("{\"keys\":", good, "}"), absl::StrCat("[", good, "]"),
        absl::StrCat("{", keys, ",", keys, "}")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadKeySet(Ok(body)).status())) << body;
  }
}

TEST(KeySet, NoAnswerIsUnavailable) {
  EXPECT_TRUE(
      absl::IsUnavailable(ReadKeySet(HttpError{absl::DeadlineExceededError("slow")}).status()));
  HttpResponse response = Jwks({SigningKey::Ec("k").PublicJwk()});
  response.status = 404;
  EXPECT_TRUE(absl::IsUnavailable(ReadKeySet(response).status()));
}

}  // namespace
}  // namespace cibad
