#include "server/ops/certificate_name.h"

#include <gtest/gtest.h>

#include <string>

namespace cibad {
namespace {

TEST(CertificateNameTest, AnAsteriskStandsForPartOfOnePart) {
  EXPECT_TRUE(MatchesCertificateName("*.tills.example.com", "t17.tills.example.com"));
  EXPECT_TRUE(MatchesCertificateName("till-*.example.com", "till-17.example.com"));
  EXPECT_TRUE(MatchesCertificateName("t*1*.example.com", "t2131.example.com"));
  EXPECT_TRUE(MatchesCertificateName("spiffe://shop/till/*", "spiffe://shop/till/17.oslo"));
  EXPECT_TRUE(MatchesCertificateName("spiffe://shop/*/till", "spiffe://shop/17/till"));

  EXPECT_FALSE(MatchesCertificateName("*.tills.example.com", "tills.example.com"));
  EXPECT_FALSE(MatchesCertificateName("*.tills.example.com", ".tills.example.com"));
  EXPECT_FALSE(MatchesCertificateName("*.tills.example.com", "a.b.tills.example.com"));
  EXPECT_FALSE(MatchesCertificateName("*.tills.example.com", "t17.tills.example.com.evil"));
  EXPECT_FALSE(MatchesCertificateName("till-*.example.com", "till-.example.com"));
  EXPECT_FALSE(MatchesCertificateName("till-*7", "till-7"))
      << "it stands for one character at least";
  EXPECT_FALSE(MatchesCertificateName("*.example.com", "..example.com")) << "and for no separator";
  EXPECT_FALSE(MatchesCertificateName("spiffe://shop/till/*", "spiffe://shop/till//"));
  EXPECT_FALSE(MatchesCertificateName("spiffe://shop/till/*", "spiffe://shop/till/"));
  EXPECT_FALSE(MatchesCertificateName("spiffe://shop/till/*", "spiffe://shop/till/17/admin"));
  EXPECT_FALSE(MatchesCertificateName("spiffe://shop/till/*", "spiffe://shop/back/17"));
}

TEST(CertificateNameTest, AUriIsNeverWhatANameWithoutAnySchemeStandsFor) {
  EXPECT_FALSE(MatchesCertificateName("spiffe*", "spiffe://shop"));
  EXPECT_FALSE(MatchesCertificateName("*.example", "https://a.example"));
  EXPECT_FALSE(MatchesCertificateName("spiffe*//shop/till/17", "spiffe://shop/till/17"));
}

TEST(CertificateNameTest, OnlyUrisHeedCase) {
  EXPECT_TRUE(MatchesCertificateName("Till.Example.COM", "till.example.com"));
  EXPECT_FALSE(MatchesCertificateName("spiffe://shop/Till", "spiffe://shop/till"));
}

TEST(CertificateNameTest, AnAsteriskAloneStandsForAll) {
  EXPECT_TRUE(MatchesCertificateName("*", "a.b.c"));
  EXPECT_TRUE(MatchesCertificateName("*", "spiffe://shop/till/17"));
}

TEST(CertificateNameTest, NamesAreVisibleAndStandForThemselves) {
  EXPECT_TRUE(IsCertificateName("till-17.shop.example"));
  EXPECT_FALSE(IsCertificateName(""));
  EXPECT_FALSE(IsCertificateName("*.shop.example")) << "a wildcard certificate";
  EXPECT_FALSE(IsCertificateName("till 17"));
  EXPECT_FALSE(IsCertificateName("till\n17"));
  EXPECT_FALSE(IsCertificateName(std::string("till\0.evil", 10)));
  EXPECT_TRUE(IsCertificateName(std::string(256, 'a')));
  EXPECT_FALSE(IsCertificateName(std::string(257, 'a')));
}

TEST(CertificateNameTest, PatternsThatFitNothingAreRefused) {
  EXPECT_TRUE(CheckCertificatePattern("*.tills.example.com").ok());
  EXPECT_FALSE(CheckCertificatePattern("a b").ok());
  EXPECT_FALSE(CheckCertificatePattern("**.example.com").ok());
  EXPECT_FALSE(CheckCertificatePattern("*a*a*a*a*a*a*a*a*a").ok());
}

}  // namespace
}  // namespace cibad
