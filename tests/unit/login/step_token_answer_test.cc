// PENDING: what the answer to a token request means. Sections are of OpenID CIBA Core 1.0.

#include <string>

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

// ---- Token error (11).

TEST(TokenError, Section11_AuthorizationPendingGoesOn) {
  Course course = Polling().AnswerTokenError("authorization_pending");
  EXPECT_EQ(course.login().state, LoginState::kPending);
  course.Wake();
  EXPECT_TRUE(course.Sends<SendTokenRequest>());
}

TEST(TokenError, AuthorizationPendingNeedsNoWrite) {
  const Course course = Polling().AnswerTokenError("authorization_pending");
  EXPECT_EQ(course.login().revision, Polling().login().revision);
}

TEST(TokenError, Section11_SlowDownGoesOnFiveSecondsSlower) {
  Course course = Polling().AnswerTokenError("slow_down");
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_GE(course.Waits(), kInterval + absl::Seconds(5));
  course.Wake();
  EXPECT_TRUE(course.Sends<SendTokenRequest>());
}

TEST(TokenError, Section11_SlowDownHoldsForAllLaterRequests) {
  Course course = Polling().AnswerTokenError("slow_down").Wake();
  for (int i = 0; i < 5; ++i) {
    course.AnswerTokenError("authorization_pending");
    EXPECT_GE(course.Waits(), kInterval + absl::Seconds(5));
    course.Wake();
  }
  course.AnswerToken(BrokenOff());
  EXPECT_GE(course.Waits(), kInterval + absl::Seconds(5)) << "the back-off starts from it too";
}

TEST(TokenError, Section11_EachSlowDownAddsFiveSeconds) {
  Course course = Polling();
  for (int times = 1; times <= 4; ++times) {
    course.AnswerTokenError("slow_down");
    EXPECT_GE(course.Waits(), kInterval + times * absl::Seconds(5));
    course.Wake();
  }
}

TEST(TokenError, Section11_SlowDownSurvivesACrash) {
  Course course = Polling();
  const int64_t revision = course.login().revision;
  course.AnswerTokenError("slow_down");
  EXPECT_EQ(course.login().revision, revision + 1);
}

TEST(TokenError, Section11_ExpiredTokenExpiresTheLogin) {
  EXPECT_EQ(Polling().AnswerTokenError("expired_token").login().state, LoginState::kExpired);
}

TEST(TokenError, Section11_AccessDeniedMeansTheCustomerSaidNo) {
  EXPECT_EQ(Polling().AnswerTokenError("access_denied").login().state, LoginState::kDenied);
}

class TerminalTokenError : public testing::TestWithParam<const char*> {};

TEST_P(TerminalTokenError, Section11_IsOverAndNoFurtherRequestFollows) {
  Course course = Polling().AnswerTokenError(GetParam());
  EXPECT_TRUE(HasEnded(course.login().state));
  course.After(absl::Hours(1)).Fire(Woken{});
  EXPECT_TRUE(course.SendsNothing());
}

TEST_P(TerminalTokenError, ShowsTheProvidersCodeWhereItFailsTheLogin) {
  const Course course = Polling().AnswerTokenError(GetParam());
  if (course.login().state != LoginState::kFailed) return;
  EXPECT_EQ(course.login().failure->provider_code, GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    EveryCode, TerminalTokenError,
    testing::Values("expired_token", "access_denied", "invalid_grant", "invalid_request",
                    "unauthorized_client", "invalid_client", "unsupported_grant_type", "old_app",
                    "invalid_user", "outdated_app_version", "wrong_challenge",
                    "unknown_reject_reason", "server_error", "a_code_nobody_documented", ""),
    [](const auto& tested) {
      return *tested.param == '\0' ? std::string("no_code") : std::string(tested.param);
    });

TEST(TokenError, TooManyRequestsIsNotTheEndHere) {
  Course course = Polling().AnswerToken(TooManyRequests(absl::Seconds(20)));
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_GE(course.Waits(), absl::Seconds(20));
}

TEST(TokenError, AnswerThatCannotBeUnderstoodIsTheEnd) {
  const Course course = Polling().AnswerToken(InvalidAnswer{"not JSON"});
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderAnswerInvalid);
}

// ---- A grant that is gone because an answer was lost.

TEST(InvalidGrant, AfterALostAnswerMeansThatTheLoginWasInterrupted) {
  Course course = Polling().AnswerToken(BrokenOff()).Wake().AnswerTokenError("invalid_grant");
  EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
}

TEST(InvalidGrant, AfterACrashMeansThatTheLoginWasInterrupted) {
  Course course = Polling().Fire(Recovered{}).Wake().AnswerTokenError("invalid_grant");
  EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
}

TEST(InvalidGrant, WithNoAnswerLostIsTheProvidersRefusal) {
  EXPECT_EQ(Polling().AnswerTokenError("invalid_grant").login().failure->reason,
            FailureReason::kRequestRefused);
  Course course = Polling().AnswerToken(NeverLeft()).Wake().AnswerTokenError("invalid_grant");
  EXPECT_EQ(course.login().failure->reason, FailureReason::kRequestRefused);
}

TEST(InvalidGrant, AfterAPendingIsTheProvidersRefusalWhateverWasLostBefore) {
  // The customer had not decided by then, so the answer that was lost held no tokens.
  Course course = Polling().AnswerToken(BrokenOff()).Wake();
  course.AnswerTokenError("authorization_pending").Wake().AnswerTokenError("invalid_grant");
  EXPECT_EQ(course.login().failure->reason, FailureReason::kRequestRefused);
}

// ---- Token success (10.1.1).

TEST(TokenSuccess, Section10_1_1_IsKeptAndNeverAskedForTwice) {
  Course course = Polling();
  const int64_t revision = course.login().revision;
  course.AnswerToken(Tokens300s());
  EXPECT_EQ(course.login().revision, revision + 1) << "the provider gives tokens once";
  ASSERT_TRUE(course.login().tokens.has_value());
  EXPECT_EQ(course.login().tokens->access_token, "access-token");
  EXPECT_EQ(course.login().tokens->id_token, "id-token");
  for (int second = 0; second < 60; ++second) {
    course.After(absl::Seconds(1)).Fire(Woken{});
    EXPECT_FALSE(course.Sends<SendTokenRequest>());
  }
}

TEST(TokenSuccess, Section10_1_1_WithoutExpiresInIsValid) {
  Course course = Polling().AnswerToken(TokenAnswer{"access-token", "id-token", std::nullopt});
  EXPECT_TRUE(course.Sends<CheckIdToken>());
  EXPECT_EQ(course.login().tokens->expire_time, course.now() + absl::Minutes(5));
}

TEST(TokenSuccess, Section10_1_1_ExpiresInRunsFromTheMomentTheAnswerWasReceived) {
  Course course = Polling().After(absl::Seconds(3));
  course.AnswerToken(TokenAnswer{"access-token", "id-token", absl::Seconds(100)});
  EXPECT_EQ(course.login().tokens->expire_time, course.now() + absl::Seconds(100));
}

TEST(TokenSuccess, Core3_1_3_7_IsNoLoginBeforeTheIdTokenIsChecked) {
  const Course course = Polling().AnswerToken(Tokens300s());
  EXPECT_TRUE(course.Sends<CheckIdToken>());
  EXPECT_FALSE(course.Sends<FetchProfile>());
  EXPECT_EQ(course.login().state, LoginState::kPending);
}

TEST(TokenSuccess, StillCountsWhenTheCustomersTimeRunsOutMeanwhile) {
  Course course = Asking().Acknowledge(kInterval, absl::Seconds(6)).Wake();
  course.AnswerToken(Tokens300s()).After(absl::Seconds(10)).Fire(Woken{});
  EXPECT_EQ(course.login().state, LoginState::kPending);
  course.Fire(IdTokenChecked{AcceptedIdToken{kSubject}});
  EXPECT_EQ(course.login().state, LoginState::kConfirmed);
}

}  // namespace
}  // namespace cibad
