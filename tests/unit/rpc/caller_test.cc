#include "server/rpc/caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cibad/v1/login.pb.h"
#include "server/ops/caller_config.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Sha256(const std::string& text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

class CallerTest : public ::testing::Test {
 protected:
  CallerTest() {
    CallerPolicy back;
    back.name = "back-office";
    back.listeners = {"unix:/run/back.sock"};
    back.token_hashes = {Sha256("back-token"), Sha256("next-token")};
    back.certificates = {"*.example.com"};
    back.position = 1;
    Add(back);
    CallerPolicy tills;
    tills.name = "tills";
    tills.listeners = {"unix:/run/tills.sock"};
    tills.token_hashes = {Sha256("till-token")};
    tills.certificates = {"till-*.example.com", "spiffe://shop/till/*", "plain-name"};
    tills.position = 0;
    Add(tills);
  }

  void Add(const CallerPolicy& policy) {
    policies_[policy.name] = std::make_shared<const CallerPolicy>(policy);
  }

  // The caller's name, or what is said to whoever is none.
  std::string Who(const CallerProof& proof) const {
    const absl::StatusOr<Caller> caller = Authenticate(proof, policies_);
    if (caller.ok()) {
      EXPECT_EQ(caller->policy, policies_.at(caller->name.substr(0, caller->name.find('/'))));
      return caller->name;
    }
    EXPECT_EQ(caller.status().code(), absl::StatusCode::kUnauthenticated);
    return absl::StrCat("refused: ", caller.status().message());
  }

  static CallerProof Tls() {
    CallerProof proof;
    proof.listener = "0.0.0.0:50051";
    proof.is_encrypted = true;
    return proof;
  }
  static CallerProof WithHeader(absl::string_view header) {
    CallerProof proof = Tls();
    proof.authorization = {header};
    return proof;
  }

  CallerPolicies policies_;
};

TEST_F(CallerTest, APlaintextListenerTellsWho) {
  EXPECT_EQ(Who({.listener = "unix:/run/tills.sock"}), "tills");
  EXPECT_EQ(Who({.listener = "unix:/run/back.sock"}), "back-office");
  EXPECT_THAT(Who({.listener = "unix:/run/other.sock"}), HasSubstr("refused: nobody may call"));
  EXPECT_THAT(Who({}), HasSubstr("refused"));
}

TEST_F(CallerTest, WithTlsTheListenerTellsNothing) {
  CallerProof proof = Tls();
  proof.listener = "unix:/run/tills.sock";
  EXPECT_THAT(Who(proof), HasSubstr("refused: the call proves no caller"));
}

TEST_F(CallerTest, ABearerTokenIsTakenOverTlsOnly) {
  EXPECT_EQ(Who(WithHeader("Bearer till-token")), "tills");
  EXPECT_EQ(Who(WithHeader("bearer back-token")), "back-office");
  EXPECT_EQ(Who(WithHeader("Bearer next-token")), "back-office");
  CallerProof plain;
  plain.listener = "unix:/run/tills.sock";
  plain.authorization = {"Bearer till-token"};
  EXPECT_THAT(Who(plain), HasSubstr("refused: a bearer token is taken over TLS only"));
}

TEST_F(CallerTest, AWrongTokenIsRefusedAndNotTold) {
  for (const std::string header :
       {"Bearer planted-wrong", "Bearer planted-till-token ", "Bearer  planted", "Bearer ",
        "Bearer", "", "planted", "Basic planted"}) {
    const std::string told = Who(WithHeader(header));
    EXPECT_THAT(told, HasSubstr("refused: ")) << header;
    EXPECT_THAT(told, Not(HasSubstr("planted")));
  }
  EXPECT_THAT(Who(WithHeader("Bearer till-token ")), HasSubstr("refused"));
  EXPECT_THAT(Who(WithHeader(absl::StrCat("Bearer ", Sha256("till-token")))), HasSubstr("refused"));
}

TEST_F(CallerTest, AHeaderDecidesEvenBesideACertificate) {
  CallerProof proof = WithHeader("Bearer wrong");
  proof.dns_names = {"till-17.example.com"};
  EXPECT_THAT(Who(proof), HasSubstr("refused: the bearer token"));
  proof.authorization = {"Bearer back-token"};
  EXPECT_EQ(Who(proof), "back-office");
  proof.authorization = {"Bearer back-token", "Bearer till-token"};
  EXPECT_THAT(Who(proof), HasSubstr("refused: there is more than one"));
}

TEST_F(CallerTest, ANameInTheCertificateMakesACallerOfItsOwn) {
  CallerProof proof = Tls();
  proof.dns_names = {"shop-7.example.com"};
  EXPECT_EQ(Who(proof), "back-office/shop-7.example.com");
  proof.dns_names = {"till-17.example.com"};
  EXPECT_EQ(Who(proof), "tills/till-17.example.com") << "the first in the file, not by name";
  proof.uris = {"spiffe://shop/till/17"};
  EXPECT_EQ(Who(proof), "tills/spiffe://shop/till/17") << "a URI comes first";
  proof.uris = {"spiffe://elsewhere/till/17"};
  EXPECT_EQ(Who(proof), "tills/till-17.example.com");
}

TEST_F(CallerTest, OfSeveralThatFitTheFirstInTheFileIsTakenWhateverItsName) {
  CallerPolicy back = *policies_.at("back-office");
  back.position = 0;
  Add(back);
  CallerPolicy tills = *policies_.at("tills");
  tills.position = 1;
  Add(tills);
  CallerProof proof = Tls();
  proof.dns_names = {"till-17.example.com"};
  EXPECT_EQ(Who(proof), "back-office/till-17.example.com");
}

TEST_F(CallerTest, TheCommonNameCountsOnlyWithoutOtherNames) {
  CallerProof proof = Tls();
  proof.common_names = {"plain-name"};
  EXPECT_EQ(Who(proof), "tills/plain-name");
  proof.dns_names = {"unknown.example.org"};
  EXPECT_THAT(Who(proof), HasSubstr("refused: the client certificate has no name that may call"));
}

TEST_F(CallerTest, NamesThatStandForOthersAreNone) {
  CallerProof proof = Tls();
  proof.dns_names = {"*.example.com"};
  EXPECT_THAT(Who(proof), HasSubstr("refused"));
  proof.dns_names = {absl::string_view("till-1.example.com\0.evil.example.com", 36)};
  EXPECT_THAT(Who(proof), HasSubstr("refused"));
}

TEST_F(CallerTest, WhoIsRemovedIsRefused) {
  policies_.erase("tills");
  EXPECT_THAT(Who({.listener = "unix:/run/tills.sock"}), HasSubstr("refused"));
  EXPECT_THAT(Who(WithHeader("Bearer till-token")), HasSubstr("refused"));
}

// The config is read by a library that knows no RPC, so it has a list of its own.
TEST(CallableRpcsTest, AreThoseOfTheService) {
  const auto* service = v1::Login::descriptor()->file()->FindServiceByName("LoginService");
  ASSERT_NE(service, nullptr);
  std::vector<std::string> rpcs;
  rpcs.reserve(static_cast<size_t>(service->method_count()));
  for (int i = 0; i < service->method_count(); ++i) rpcs.push_back(service->method(i)->name());
  EXPECT_THAT(CallableRpcs(), testing::UnorderedElementsAreArray(rpcs));
}

TEST(CertificateName, IsTheFirstThatIsLookedFor) {
  CallerProof proof;
  EXPECT_EQ(CertificateNameOf(proof), "");
  proof.common_names = {"till 17"};
  EXPECT_EQ(CertificateNameOf(proof), "") << "a space is in no caller's name";
  proof.common_names = {"till-17"};
  EXPECT_EQ(CertificateNameOf(proof), "till-17");
  proof.dns_names = {"*.shop.example", "t17.shop.example"};
  EXPECT_EQ(CertificateNameOf(proof), "t17.shop.example");
  proof.uris = {"spiffe://shop/till/17"};
  EXPECT_EQ(CertificateNameOf(proof), "spiffe://shop/till/17");
}

}  // namespace
}  // namespace cibad
