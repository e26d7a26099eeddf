#include "server/login/scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Normalized(const std::vector<std::string>& scopes) {
  return NormalizeScopes(scopes).value_or(std::vector<std::string>{"refused"});
}

std::string Refusal(const std::vector<std::string>& scopes) {
  const auto normalized = NormalizeScopes(scopes);
  EXPECT_EQ(normalized.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StartsWith(normalized.status().message(), "scopes"));
  return std::string(normalized.status().message());
}

TEST(Scopes, Section7_1_AlwaysHoldOpenid) {
  EXPECT_THAT(Normalized({"name"}), ElementsAre("openid", "name"));
}

TEST(Scopes, Section7_1_OpenidComesFirstAndOnceWhereverItWasGiven) {
  EXPECT_THAT(Normalized({"openid"}), ElementsAre("openid"));
  EXPECT_THAT(Normalized({"name", "openid", "openid"}), ElementsAre("openid", "name"));
}

TEST(Scopes, KeepTheirOrderAndComeOnceEach) {
  EXPECT_THAT(Normalized({"phoneNumber", "name", "phoneNumber", "address"}),
              ElementsAre("openid", "phoneNumber", "name", "address"));
}

TEST(Scopes, EveryScopeOfVippsIsKnown) {
  for (const char* scope : {"name", "phoneNumber", "email", "address", "birthDate", "gender", "nin",
                            "customFlow", "delegatedConsents"}) {
    EXPECT_THAT(Normalized({scope}), ElementsAre("openid", scope));
  }
}

TEST(Scopes, AreOneTextToSendAndTheSameListAgain) {
  EXPECT_EQ(JoinScopes({"openid", "name"}), "openid name");
  EXPECT_THAT(SplitScopes("openid name"), ElementsAre("openid", "name"));
  EXPECT_THAT(SplitScopes(JoinScopes({})), ElementsAre());
}

TEST(Scopes, NoneIsRefused) { Refusal({}); }

TEST(Scopes, NninIsRefusedAndNinSuggested) {
  EXPECT_THAT(Refusal({"name", "nnin"}), HasSubstr("nin"));
}

TEST(Scopes, UnknownOnesAreRefusedByName) {
  EXPECT_THAT(Refusal({"name", "shoeSize"}), HasSubstr("\"shoeSize\""));
  for (const char* scope : {"", "Name", "phonenumber", "name email", "name ", "openid name"}) {
    Refusal({scope});
  }
}

TEST(Scopes, RefusalsAreShortAndPrintableHoweverWildTheScope) {
  const std::string refusal = Refusal({absl::StrCat("a\"\n\x01\xff", std::string(100'000, 'x'))});
  EXPECT_LT(refusal.size(), 400u);
  for (const char c : refusal) EXPECT_TRUE(c >= ' ' && c <= '~');
}

}  // namespace
}  // namespace cibad
