#include "server/engine/login_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "server/ops/log.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;

class LoginReportsTest : public ::testing::Test {
 protected:
  static SalesUnit Unit(ClientAuthentication authentication) {
    SalesUnit unit;
    unit.msn = "123456";
    unit.authentication = authentication;
    return unit;
  }
  bool IsRefused() { return credentials_.Find("123456")->is_refused; }

  const ProviderError refusal_{401, "", "", std::nullopt};
  Metrics metrics_;
  CredentialsWatch credentials_;
  LoginReports reports_{&metrics_, &credentials_};
  LogCapture capture_{[](LogLevel, const std::string&) {}};
};

TEST_F(LoginReportsTest, PartnerKeysAreProvedByTheAccessTokenAlone) {
  const SalesUnit partner = Unit(ClientAuthentication::kPartnerKeys);
  reports_.AnsweredWithAccessToken(partner, refusal_);
  EXPECT_TRUE(IsRefused());
  reports_.AnsweredWithAccessToken(partner, NoAnswer{});
  EXPECT_TRUE(IsRefused());
  reports_.AnsweredWithAccessToken(partner, AccessToken{});
  EXPECT_FALSE(IsRefused());
  const std::string text = metrics_.Text({});
  EXPECT_THAT(text, HasSubstr("{endpoint=\"access_token\",outcome=\"refused\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{endpoint=\"access_token\",outcome=\"no_answer\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{endpoint=\"access_token\",outcome=\"ok\"} 1\n"));
}

TEST_F(LoginReportsTest, AWrongSubscriptionKeyIsNoMatterOfLoginsThatNeedNone) {
  reports_.AnsweredWithAccessToken(Unit(ClientAuthentication::kClientSecretBasic), refusal_);
  EXPECT_FALSE(IsRefused());
}

TEST_F(LoginReportsTest, EveryWayToFailHasItsClass) {
  EXPECT_EQ(OutcomeOf(std::nullopt), RequestOutcome::kOk);
  EXPECT_EQ(OutcomeOf(ProviderError{400, "slow_down", "", std::nullopt}), RequestOutcome::kPending);
  EXPECT_EQ(OutcomeOf(ProviderError{400, "old_app", "", std::nullopt}), RequestOutcome::kRefused);
  EXPECT_EQ(OutcomeOf(ProviderError{429, "", "", std::nullopt}), RequestOutcome::kRateLimited);
  EXPECT_EQ(OutcomeOf(InvalidAnswer{}), RequestOutcome::kInvalid);
  EXPECT_EQ(OutcomeOf(NoAnswer{.http_status = 503}), RequestOutcome::kServerError);
  EXPECT_EQ(OutcomeOf(NoAnswer{}), RequestOutcome::kNoAnswer);
}

TEST_F(LoginReportsTest, WithNobodyToTellNothingHappens) {
  const LoginReports reports;
  reports.Began(Login{});
  reports.Ended(Login{});
  reports.Answered(reports.StandingOf(Login{}), Woken{});
  reports.AnsweredWithAccessToken(SalesUnit{}, refusal_);
}

}  // namespace
}  // namespace cibad
