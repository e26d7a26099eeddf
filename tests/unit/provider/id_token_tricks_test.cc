// Each trick by which somebody without the provider's key has got a token past some library,
// against the check of ID tokens. The rules themselves are in id_token_test.cc.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/provider/id_token.h"
#include "server/provider/jose.h"
#include "tests/unit/provider/signed_token.h"

namespace cibad {
namespace {

using nlohmann::json;
using ::testing::AnyOf;
using ::testing::HasSubstr;

using OpensslKey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string Encoded(absl::string_view bytes) { return absl::WebSafeBase64Escape(bytes); }

std::string Decoded(absl::string_view text) {
  std::string bytes;
  EXPECT_TRUE(absl::WebSafeBase64Unescape(text, &bytes));
  return bytes;
}

OpensslKey ToOpenssl(const json& jwk) {
  const JanssonPtr jansson(json_loads(jwk.dump().c_str(), 0, nullptr));
  return {jose_openssl_jwk_to_EVP_PKEY(nullptr, jansson.get()), &EVP_PKEY_free};
}

// SubjectPublicKeyInfo, as DER.
std::string DerOf(const json& jwk) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(ToOpenssl(jwk).get(), &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(std::max(size, 0)));
  OPENSSL_free(der);
  return bytes;
}

std::string PemOf(const json& jwk) {
  std::string lines = absl::Base64Escape(DerOf(jwk));
  for (size_t i = 64; i < lines.size(); i += 65) lines.insert(i, "\n");
  return absl::StrCat("-----BEGIN PUBLIC KEY-----\n", lines, "\n-----END PUBLIC KEY-----\n");
}

std::string MacOf(const EVP_MD* hash, absl::string_view secret, absl::string_view text) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(hash, secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return {reinterpret_cast<char*>(mac), size};
}

// As OpenSSL gives it: of an EC key it is DER.
std::string RawSignature(EVP_PKEY* key, const EVP_MD* hash, absl::string_view text) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  size_t size = 1024;
  std::string signature(size, '\0');
  EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key), 1);
  EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           reinterpret_cast<const unsigned char*>(text.data()), text.size()),
            1);
  signature.resize(size);
  return signature;
}

// r and s of a signature in DER, each in so many bytes, as JOSE has them (RFC 7518 3.4).
std::string JoseSignature(const std::string& der, int bytes) {
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
      d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())), &ECDSA_SIG_free);
  std::string joined(2 * static_cast<size_t>(bytes), '\0');
  auto* out = reinterpret_cast<unsigned char*>(joined.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, bytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + bytes, bytes);
  return joined;
}

json PublicJwkOf(EVP_PKEY* key, const std::string& kid) {
  const JanssonPtr jwk(jose_openssl_jwk_from_EVP_PKEY(nullptr, key));
  json made = {{"kid", kid}, {"use", "sig"}};
  for (const char* name : {"kty", "crv", "x", "y", "n", "e"}) {
    const json_t* member = json_object_get(jwk.get(), name);
    if (member != nullptr) made[name] = json_string_value(member);
  }
  return made;
}

// Signed as ES256 is, whatever the header says: libjose would not sign every header.
std::string SignedEs256(const SigningKey& key, const std::string& text) {
  const OpensslKey openssl_key = ToOpenssl(key.private_jwk());
  const std::string der = RawSignature(openssl_key.get(), EVP_sha256(), text);
  return absl::StrCat(text, ".", Encoded(JoseSignature(der, 32)));
}

// A provider with a P-256 key `ec` and an RSA key `rsa`. The token that is forged is a good one but
// for its signature.
class TokenTrick : public ::testing::Test {
 protected:
  static constexpr int64_t kTime = 1'788'000'000;

  static void SetUpTestSuite() { rsa_ = new SigningKey(SigningKey::Rsa("rsa")); }
  static void TearDownTestSuite() {
    delete rsa_;
    rsa_ = nullptr;
  }

  static std::string Payload() {
    return json{{"iss", "https://api.example/access/"},
                {"aud", "client-1"},
                {"sub", "victim"},
                {"exp", kTime + 3600},
                {"iat", kTime}}
        .dump();
  }

  static std::string Check(const std::string& token, const std::vector<json>& jwks) {
    const auto keys = ReadKeySet(Jwks(jwks));
    if (!keys.ok()) return std::string(keys.status().message());
    const IdTokenCheck check =
        VerifyIdToken(token, **keys,
                      {"https://api.example/access/", "client-1", "auth-req-id", "access-token",
                       absl::FromUnixSeconds(kTime)});
    if (const auto* refused = std::get_if<RefusedIdToken>(&check)) return refused->detail;
    return std::holds_alternative<UnknownKey>(check) ? "unknown key" : "accepted";
  }
  std::string Check(const std::string& token) const {
    return Check(token, {ec_.PublicJwk(), rsa_->PublicJwk()});
  }

  // Header and payload, ready to be signed.
  static std::string Unsigned(const json& header) { return UnsignedText(header.dump()); }
  static std::string UnsignedText(absl::string_view header) {
    return absl::StrCat(Encoded(header), ".", Encoded(Payload()));
  }
  static std::string Token(const std::string& unsigned_token, absl::string_view signature) {
    return absl::StrCat(unsigned_token, ".", Encoded(signature));
  }

  const SigningKey ec_ = SigningKey::Ec("ec");
  static SigningKey* rsa_;
  const json ec_header_ = {{"alg", "ES256"}, {"kid", "ec"}};
  const json rsa_header_ = {{"alg", "RS256"}, {"kid", "rsa"}};
};

SigningKey* TokenTrick::rsa_ = nullptr;

// What makes every refusal below one of the trick alone.
TEST_F(TokenTrick, WithoutOneIsAccepted) {
  EXPECT_EQ(Check(ec_.Sign(ec_header_, Payload())), "accepted");
  EXPECT_EQ(Check(rsa_->Sign(rsa_header_, Payload())), "accepted");
}

TEST_F(TokenTrick, AlgNoneInEverySpelling) {
  for (const json& alg : {json("none"), json("None"), json("NONE"), json("nOnE"), json(" none"),
                          json("none "), json(""), json(nullptr), json(false), json(0),
                          json::array({"none"}), json::array({"ES256"}), json::object()}) {
    for (const char* signature : {"", "AA", "bm9uZQ"}) {
      const std::string token =
          absl::StrCat(Unsigned({{"alg", alg}, {"kid", "ec"}}), ".", signature);
      EXPECT_THAT(Check(token), AnyOf(HasSubstr("`alg`"), "it is not signed")) << alg;
    }
  }
}

TEST_F(TokenTrick, AlgInAnotherSpelling) {
  for (const char* alg : {"es256", "Es256", "ES256 ", "ES256K", "EdDSA"}) {
    const std::string token = ec_.Sign(With(ec_header_, "alg", "ES256"), Payload());
    const std::vector<std::string> parts = absl::StrSplit(token, '.');
    EXPECT_THAT(Check(Token(Unsigned(With(ec_header_, "alg", alg)), Decoded(parts[2]))),
                HasSubstr("`alg`"))
        << alg;
  }
}

TEST_F(TokenTrick, HmacWithThePublicKeyForTheSecret) {
  const std::vector<std::pair<const char*, const EVP_MD*>> hashes = {
      {"HS256", EVP_sha256()}, {"HS384", EVP_sha384()}, {"HS512", EVP_sha512()}};
  for (const json& jwk : {ec_.PublicJwk(), rsa_->PublicJwk()}) {
    const std::string kid = jwk["kid"];
    const std::string member = kid == "ec" ? "x" : "n";
    for (const std::string& secret : {PemOf(jwk), DerOf(jwk), jwk.dump(), std::string(jwk[member]),
                                      Decoded(std::string(jwk[member])), std::string()}) {
      for (const auto& [alg, hash] : hashes) {
        const std::string text = Unsigned({{"alg", alg}, {"kid", kid}});
        EXPECT_THAT(Check(Token(text, MacOf(hash, secret, text))), HasSubstr("`alg`"));
        // And under the name of the key's own algorithm.
        const std::string renamed = Unsigned(kid == "ec" ? ec_header_ : rsa_header_);
        EXPECT_THAT(Check(Token(renamed, MacOf(hash, secret, renamed))), HasSubstr("signature"));
      }
    }
  }
}

TEST_F(TokenTrick, KidInjection) {
  const SigningKey attacker = SigningKey::Ec("ec");
  for (const std::string& kid :
       {std::string("../../../dev/null"), std::string("/proc/sys/kernel/randomize_va_space"),
        std::string("' UNION SELECT 'key"), std::string("| touch x"), std::string("EC"),
        std::string("ec "), std::string("https://evil.example/jwks"), std::string(8000, 'k')}) {
    const std::string token = SignedEs256(attacker, Unsigned(With(ec_header_, "kid", kid)));
    EXPECT_EQ(Check(token), "unknown key") << kid.substr(0, 40);
    const std::string text = Unsigned({{"alg", "HS256"}, {"kid", kid}});
    EXPECT_THAT(Check(Token(text, MacOf(EVP_sha256(), "", text))), HasSubstr("`alg`"));
  }
  for (const json& kid :
       {json::array({"ec"}), json::object(), json(0), json(true), json(nullptr)}) {
    EXPECT_THAT(Check(SignedEs256(attacker, Unsigned(With(ec_header_, "kid", kid)))),
                HasSubstr("`kid`"));
  }
  EXPECT_THAT(
      Check(SignedEs256(attacker, Unsigned(With(ec_header_, "kid", std::string("ec\0", 3))))),
      HasSubstr("NUL"));
  // Without one every key is tried, and none has made it.
  EXPECT_EQ(Check(SignedEs256(attacker, Unsigned({{"alg", "ES256"}}))), "unknown key");
  EXPECT_EQ(Check(SignedEs256(attacker, Unsigned(With(ec_header_, "kid", "")))), "unknown key");
}

TEST_F(TokenTrick, KeyThatTheTokenBringsAlong) {
  const SigningKey attacker = SigningKey::Ec("ec");
  const std::string certificate = absl::Base64Escape(DerOf(attacker.PublicJwk()));
  const json brought = {{"jwk", attacker.PublicJwk()},
                        {"jku", "https://evil.example/jwks.json"},
                        {"x5u", "https://evil.example/certificate.pem"},
                        {"x5c", json::array({certificate})},
                        {"x5t", "AAAA"},
                        {"x5t#S256", "AAAA"}};
  for (const auto& [name, value] : brought.items()) {
    const json header = With(ec_header_, name.c_str(), value);
    EXPECT_THAT(Check(attacker.Sign(header, Payload())), HasSubstr("signature")) << name;
    EXPECT_EQ(Check(attacker.Sign(With(header, "kid", "evil"), Payload())), "unknown key") << name;
    // They are passed over, so that a genuine token may have them: RFC 7515 4.1 allows that.
    EXPECT_EQ(Check(ec_.Sign(header, Payload())), "accepted") << name;
  }
}

TEST_F(TokenTrick, CriticalExtension) {
  for (const json& crit :
       {json::array({"b64"}), json::array({"exp"}), json::array(), json("b64"), json(nullptr)}) {
    const std::string text = Unsigned(With(With(ec_header_, "b64", false), "crit", crit));
    const std::string token = Token(
        text,
        JoseSignature(RawSignature(ToOpenssl(ec_.private_jwk()).get(), EVP_sha256(), text), 32));
    EXPECT_THAT(Check(token), HasSubstr("`crit`")) << crit;
  }
}

// RFC 7797 has it only with `crit`. Without, it is a member like any other, and the payload is
// base64url: one that is not encoded is refused, though the signature be genuine.
TEST_F(TokenTrick, UnencodedPayload) {
  const std::string header = With(ec_header_, "b64", false).dump();
  for (const std::string& payload : {absl::StrReplaceAll(Payload(), {{".", ""}}), std::string()}) {
    const std::string text = absl::StrCat(Encoded(header), ".", payload);
    EXPECT_THAT(Check(SignedEs256(ec_, text)), HasSubstr("payload"));
  }
}

TEST_F(TokenTrick, KeyOnAnotherCurve) {
  for (const auto& [curve, bytes] :
       std::vector<std::pair<const char*, int>>{{"P-384", 48}, {"P-521", 66}, {"secp256k1", 32}}) {
    const OpensslKey key(EVP_EC_gen(curve), &EVP_PKEY_free);
    ASSERT_NE(key, nullptr) << curve;
    const json jwk = PublicJwkOf(key.get(), "curve");
    for (const char* alg : {"ES256", "ES256K", "ES384", "ES512"}) {
      const std::string text = Unsigned({{"alg", alg}, {"kid", "curve"}});
      const std::string token =
          Token(text, JoseSignature(RawSignature(key.get(), EVP_sha256(), text), bytes));
      for (const json& published : {jwk, With(jwk, "crv", "P-256")}) {
        EXPECT_THAT(Check(token, {ec_.PublicJwk(), published}),
                    AnyOf("unknown key", HasSubstr("`alg`")))
            << curve << alg;
      }
    }
  }
}

TEST_F(TokenTrick, RsaKeyForEs256AndTheOtherWayRound) {
  for (const auto& [alg, kid] :
       std::vector<std::pair<const char*, const char*>>{{"ES256", "rsa"}, {"RS256", "ec"}}) {
    const std::string text = Unsigned({{"alg", alg}, {"kid", kid}});
    for (const SigningKey* key : {&ec_, static_cast<const SigningKey*>(rsa_)}) {
      const std::string raw = RawSignature(ToOpenssl(key->private_jwk()).get(), EVP_sha256(), text);
      EXPECT_THAT(Check(Token(text, key == &ec_ ? JoseSignature(raw, 32) : raw)),
                  HasSubstr("does not fit"));
    }
  }
}

TEST_F(TokenTrick, OtherAlgorithmsOfTheRsaKey) {
  const OpensslKey key = ToOpenssl(rsa_->private_jwk());
  for (const auto& [alg, hash] : std::vector<std::pair<const char*, const EVP_MD*>>{
           {"RS1", EVP_sha1()}, {"RS384", EVP_sha384()}, {"RS512", EVP_sha512()}}) {
    const std::string text = Unsigned(With(rsa_header_, "alg", alg));
    EXPECT_THAT(Check(Token(text, RawSignature(key.get(), hash, text))), HasSubstr("`alg`"));
    const std::string renamed = Unsigned(rsa_header_);
    EXPECT_THAT(Check(Token(renamed, RawSignature(key.get(), hash, renamed))),
                HasSubstr("signature"))
        << alg;
  }
  EXPECT_THAT(Check(rsa_->Sign(With(rsa_header_, "alg", "PS256"), Payload())), HasSubstr("`alg`"));
  const std::vector<std::string> pss =
      absl::StrSplit(rsa_->Sign(With(rsa_header_, "alg", "PS256"), Payload()), '.');
  EXPECT_THAT(Check(Token(Unsigned(rsa_header_), Decoded(pss[2]))), HasSubstr("signature"));
}

// CVE-2022-21449 took r = s = 0 for anybody's signature.
TEST_F(TokenTrick, SignatureOfZerosOrOfTheOrder) {
  const std::string order =
      absl::HexStringToBytes("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const std::string zero(32, '\0');
  const std::string one = std::string(31, '\0') + '\1';
  for (const std::string& r : {zero, one, order}) {
    for (const std::string& s : {zero, one, order}) {
      EXPECT_THAT(Check(Token(Unsigned(ec_header_), r + s)), HasSubstr("signature"));
    }
  }
  for (const char byte : {'\0', '\1', '\xFF'}) {
    EXPECT_THAT(Check(Token(Unsigned(rsa_header_), std::string(256, byte))),
                HasSubstr("signature"));
  }
}

TEST_F(TokenTrick, SignatureOfAnotherLength) {
  for (const std::string& token :
       {ec_.Sign(ec_header_, Payload()), rsa_->Sign(rsa_header_, Payload())}) {
    const size_t dot = token.rfind('.');
    const std::string signature = Decoded(token.substr(dot + 1));
    const size_t size = signature.size();
    for (const std::string& changed :
         {signature.substr(0, size - 1), signature.substr(0, size / 2), signature.substr(1),
          signature.substr(0, 1), signature + signature, signature + '\0', signature + "x",
          std::string(1, '\0') + signature}) {
      EXPECT_THAT(Check(Token(token.substr(0, dot), changed)), HasSubstr("signature"));
    }
    EXPECT_EQ(Check(token.substr(0, dot + 1)), "it is not signed");
  }
}

// RFC 7518 3.4 has r and s side by side, and DER is another spelling of a genuine signature.
TEST_F(TokenTrick, SignatureInDer) {
  const std::string text = Unsigned(ec_header_);
  const std::string der = RawSignature(ToOpenssl(ec_.private_jwk()).get(), EVP_sha256(), text);
  EXPECT_THAT(Check(Token(text, der)), HasSubstr("signature"));
  EXPECT_EQ(Check(Token(text, JoseSignature(der, 32))), "accepted");
}

TEST_F(TokenTrick, Base64InAnotherSpelling) {
  const std::vector<std::string> parts = absl::StrSplit(ec_.Sign(ec_header_, Payload()), '.');
  for (size_t i = 0; i < parts.size(); ++i) {
    std::vector<std::string> spellings = {absl::Base64Escape(Decoded(parts[i])) + "=",
                                          parts[i] + "=",
                                          parts[i] + "==",
                                          " " + parts[i],
                                          parts[i] + "\n",
                                          parts[i].substr(0, 4) + "\r\n" + parts[i].substr(4),
                                          parts[i] + "%3D",
                                          parts[i] + '\0',
                                          parts[i] + "A"};
    // The bits of the last character that stand for nothing.
    if (Decoded(parts[i]).size() % 3 != 0) {
      spellings.push_back(parts[i]);
      ++spellings.back().back();
    }
    for (const std::string& spelling : spellings) {
      std::vector<std::string> changed = parts;
      changed[i] = spelling;
      EXPECT_NE(Check(absl::StrJoin(changed, ".")), "accepted") << i << ": " << spelling;
    }
  }
  // The alphabet of base64 itself, in a signature that has characters which differ.
  std::string token;
  do {
    token = ec_.Sign(ec_header_, Payload());
  } while (token.substr(token.rfind('.')).find_first_of("-_") == std::string::npos);
  const size_t dot = token.rfind('.');
  const std::string other = absl::StrReplaceAll(token.substr(dot), {{"-", "+"}, {"_", "/"}});
  EXPECT_EQ(Check(token.substr(0, dot) + other), "its signature is not base64url");
}

TEST_F(TokenTrick, HeaderThatNamesAMemberTwice) {
  for (const char* header :
       {R"({"alg":"none","alg":"ES256","kid":"ec"})", R"({"alg":"ES256","kid":"ec","alg":"none"})",
        R"({"alg":"ES256","kid":"evil","kid":"ec"})", R"({"alg":"ES256","\u0061lg":"ES256"})"}) {
    const std::string text = UnsignedText(header);
    EXPECT_THAT(Check(SignedEs256(ec_, text)), HasSubstr("twice")) << header;
  }
}

TEST_F(TokenTrick, NestedToken) {
  const std::string inner = ec_.Sign(ec_header_, Payload());
  EXPECT_THAT(Check(ec_.Sign(With(ec_header_, "cty", "JWT"), inner)), HasSubstr("payload"));
  EXPECT_THAT(Check(inner + "." + inner), HasSubstr("compact serialisation"));
}

TEST_F(TokenTrick, EncryptedToken) {
  for (const char* alg : {"RSA-OAEP", "dir", "ECDH-ES", "PBES2-HS256+A128KW"}) {
    const std::string header = Encoded(json{{"alg", alg}, {"enc", "A256GCM"}, {"p2c", 1e9}}.dump());
    EXPECT_THAT(Check(absl::StrCat(header, "..AAAA.", Encoded(Payload()), ".AAAA")),
                HasSubstr("compact serialisation"));
    EXPECT_THAT(Check(absl::StrCat(header, ".", Encoded(Payload()), ".AAAA")), HasSubstr("`alg`"));
  }
}

TEST_F(TokenTrick, JsonSerialisation) {
  const std::vector<std::string> parts = absl::StrSplit(ec_.Sign(ec_header_, Payload()), '.');
  const json flattened = {{"protected", parts[0]}, {"payload", parts[1]}, {"signature", parts[2]}};
  const json general = {{"payload", parts[1]},
                        {"signatures", {{{"protected", parts[0]}, {"signature", parts[2]}}}}};
  for (const std::string& token :
       {flattened.dump(), general.dump(), json(absl::StrJoin(parts, ".")).dump()}) {
    EXPECT_NE(Check(token), "accepted") << token;
    EXPECT_NE(Check(token), "unknown key") << token;
  }
}

TEST_F(TokenTrick, KeyThatIsForSomethingElse) {
  const json jwk = ec_.PublicJwk();
  const std::string token = ec_.Sign(ec_header_, Payload());
  const json other = SigningKey::Ec("other").PublicJwk();
  ASSERT_EQ(Check(token, {jwk, other}), "accepted");
  for (const json& changed :
       {With(jwk, "use", "enc"), With(jwk, "use", ""), With(jwk, "key_ops", {"sign"}),
        With(jwk, "alg", "HS256"), With(jwk, "alg", "ES384"), With(jwk, "alg", "none"),
        With(jwk, "alg", "ECDH-ES")}) {
    EXPECT_EQ(Check(token, {changed, other}), "unknown key") << changed;
  }
}

TEST_F(TokenTrick, RsaKeyThatIsTooSmall) {
  const OpensslKey key(EVP_RSA_gen(512), &EVP_PKEY_free);
  ASSERT_NE(key, nullptr);
  const json jwk = PublicJwkOf(key.get(), "small");
  const std::string text = Unsigned({{"alg", "RS256"}, {"kid", "small"}});
  const std::string token = Token(text, RawSignature(key.get(), EVP_sha256(), text));
  EXPECT_EQ(Check(token, {ec_.PublicJwk(), jwk}), "unknown key");
  EXPECT_THAT(Check(token, {jwk}), HasSubstr("no key for signatures"));
}

// With an exponent of 1 the padded hash is its own signature.
TEST_F(TokenTrick, RsaExponentOfOne) {
  const std::string text = Unsigned(rsa_header_);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  const std::string suffix = absl::StrCat(
      std::string(1, '\0'), absl::HexStringToBytes("3031300d060960864801650304020105000420"),
      std::string(reinterpret_cast<char*>(digest), size));
  const std::string signature =
      absl::StrCat(std::string("\0\1", 2), std::string(256 - 2 - suffix.size(), '\xFF'), suffix);
  ASSERT_EQ(signature.size(), 256u);
  const json jwk = rsa_->PublicJwk();
  EXPECT_EQ(Check(Token(text, signature), {ec_.PublicJwk(), With(jwk, "e", "AQ")}), "unknown key");
  EXPECT_THAT(Check(Token(text, signature), {jwk}), HasSubstr("signature"));
}

TEST_F(TokenTrick, DuplicateKids) {
  const SigningKey second = SigningKey::Ec("ec");
  const SigningKey attacker = SigningKey::Ec("ec");
  const std::vector<json> jwks = {second.PublicJwk(), With(rsa_->PublicJwk(), "kid", "ec"),
                                  ec_.PublicJwk()};
  EXPECT_EQ(Check(ec_.Sign(ec_header_, Payload()), jwks), "accepted");
  EXPECT_EQ(Check(second.Sign(ec_header_, Payload()), jwks), "accepted");
  EXPECT_THAT(Check(attacker.Sign(ec_header_, Payload()), jwks), HasSubstr("signature"));
  const std::string text = Unsigned({{"alg", "HS256"}, {"kid", "ec"}});
  const std::string token = Token(text, MacOf(EVP_sha256(), PemOf(ec_.PublicJwk()), text));
  EXPECT_THAT(Check(token, jwks), HasSubstr("`alg`"));
}

}  // namespace
}  // namespace cibad
