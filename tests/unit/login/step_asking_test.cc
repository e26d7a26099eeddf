// STARTING: the backchannel request and what its answers mean. Sections are of OpenID CIBA
// Core 1.0.

#include <string>

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

TEST(BackchannelRequest, IsSentOnceTheLoginIsDurable) {
  const Course course = Course().Fire(Accepted{});
  EXPECT_TRUE(course.Sends<SendBackchannelRequest>());
  EXPECT_EQ(course.login().state, LoginState::kStarting);
}

TEST(BackchannelRequest, IsNotSentTwiceThoughAcceptedComesTwice) {
  Course course = Asking().Fire(Accepted{});
  EXPECT_TRUE(course.SendsNothing());
  course.Acknowledge().Fire(Accepted{});
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_EQ(course.login().state, LoginState::kPending);
}

TEST(BackchannelRequest, IsNotSentTwiceWhileItsAnswerIsAwaited) {
  Course course = Asking();
  for (int second = 0; second < 60; ++second) {
    course.After(absl::Seconds(1)).Fire(Woken{});
    EXPECT_TRUE(course.SendsNothing());
    EXPECT_EQ(course.login().state, LoginState::kStarting)
        << "given up on, the customer would be asked and nobody would poll";
  }
}

TEST(BackchannelRequest, IsNeverSentAgainOnceItMayHaveArrived) {
  const Course course = Asking().Fire(BackchannelAnswered{BrokenOff()});
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
}

TEST(BackchannelRequest, IsNotSentAgainWhenTheProviderIsOutOfOrder) {
  const Course course = Asking().Fire(BackchannelAnswered{OutOfOrder()});
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderUnavailable);
}

TEST(BackchannelRequest, IsSentAgainWhenItCertainlyNeverLeft) {
  Course course = Asking().Fire(BackchannelAnswered{NeverLeft()});
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_GE(course.Waits(), absl::Seconds(1));
  course.Wake();
  EXPECT_TRUE(course.Sends<SendBackchannelRequest>());
}

TEST(BackchannelRequest, ThatNeverLeavesIsTriedMoreRarelyButStillEveryTwoSeconds) {
  Course course = Asking();
  int tries = 1;
  for (const int seconds : {1, 2, 2, 2, 2, 2}) {
    course.Fire(BackchannelAnswered{NeverLeft()});
    EXPECT_GE(course.Waits(), absl::Seconds(seconds)) << "after " << tries << " tries";
    EXPECT_LE(course.Waits(), absl::Seconds(seconds) * 5 / 4) << "after " << tries << " tries";
    course.Wake();
    EXPECT_TRUE(course.Sends<SendBackchannelRequest>());
    ++tries;
  }
}

TEST(BackchannelRequest, ThatNeverLeavesEndsTheLoginAfterThirtySeconds) {
  Course course = Asking();
  for (int i = 0; i < 100 && !HasEnded(course.login().state); ++i) {
    course.Fire(BackchannelAnswered{NeverLeft()}).Wake();
  }
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderUnavailable);
  EXPECT_EQ(course.now(), kStartTime + absl::Seconds(30));
}

TEST(BackchannelRequest, LateAnswerStillCounts) {
  const Course course = Asking().After(absl::Seconds(34)).Acknowledge();
  EXPECT_EQ(course.login().state, LoginState::kPending);
}

// ---- Acknowledgement (7.3).

TEST(Acknowledgement, Section7_3_MakesTheLoginPending) {
  const Course course = Asking().Acknowledge();
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_EQ(course.login().auth_req_id, "auth-req-id");
  EXPECT_EQ(course.login().interval, kInterval);
  EXPECT_EQ(course.login().revision, 2) << "it must survive";
}

TEST(Acknowledgement, Section7_3_ThatLacksWhatIsRequiredEndsTheLoginAndNoTokenRequestFollows) {
  const Course course = Asking().Fire(BackchannelAnswered{InvalidAnswer{"auth_req_id is missing"}});
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderAnswerInvalid);
}

TEST(Acknowledgement, Section7_3_ExpiresInRunsFromTheMomentTheAnswerWasReceived) {
  Course course = Asking().After(absl::Seconds(20)).Acknowledge(kInterval, absl::Seconds(60));
  EXPECT_EQ(course.login().expire_time, kStartTime + absl::Seconds(80));
}

TEST(Acknowledgement, Section7_3_IntervalOfTheProviderIsKept) {
  const Course course = Asking().Acknowledge(absl::Seconds(17));
  EXPECT_EQ(course.Waits(), absl::Seconds(17));
}

TEST(Acknowledgement, Section10_1_FirstTokenRequestAlsoWaitsOneInterval) {
  Course course = Asking().After(absl::Seconds(2)).Acknowledge();
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_EQ(course.Waits(), kInterval);
  course.After(kInterval - absl::Milliseconds(1)).Fire(Woken{});
  EXPECT_TRUE(course.SendsNothing()) << "a millisecond early";
  course.After(absl::Milliseconds(1)).Fire(Woken{});
  EXPECT_TRUE(course.Sends<SendTokenRequest>());
}

TEST(Acknowledgement, IntervalOfZeroDoesNotMakeABusyLoop) {
  for (const absl::Duration interval : {absl::ZeroDuration(), absl::Milliseconds(1)}) {
    Course course = Asking().Acknowledge(interval);
    EXPECT_GE(course.Waits(), absl::Seconds(1));
    course.Wake().AnswerToken(BrokenOff());
    EXPECT_GE(course.Waits(), absl::Seconds(1));
  }
}

// ---- Authentication error (13).

class AuthenticationError : public testing::TestWithParam<const char*> {};

TEST_P(AuthenticationError, Section13_IsTerminalAndNoRequestFollows) {
  for (const int status : {400, 401, 403}) {
    Course course =
        Asking().Fire(BackchannelAnswered{ProviderError{status, GetParam(), "", std::nullopt}});
    EXPECT_TRUE(HasEnded(course.login().state));
    course.After(absl::Hours(1)).Fire(Woken{});
    EXPECT_TRUE(course.SendsNothing());
  }
}

INSTANTIATE_TEST_SUITE_P(
    EveryCode, AuthenticationError,
    testing::Values("invalid_request", "invalid_scope", "expired_login_hint_token",
                    "unknown_user_id", "unauthorized_client", "missing_user_code",
                    "invalid_user_code", "invalid_binding_message", "invalid_client",
                    "access_denied", "old_app", "invalid_user", "outdated_app_version",
                    "wrong_challenge", "unknown_reject_reason", "server_error", "slow_down",
                    "authorization_pending", "a_code_nobody_documented", ""),
    [](const auto& tested) {
      return *tested.param == '\0' ? std::string("no_code") : std::string(tested.param);
    });

TEST(BackchannelRequest, VippsTooManyLoginsEndsTheLoginAndSaysHowLongToWait) {
  const Course course = Asking().Fire(BackchannelAnswered{TooManyRequests(absl::Seconds(42))});
  EXPECT_EQ(course.login().failure->reason, FailureReason::kTooManyLogins);
  EXPECT_EQ(course.login().failure->retry_after, absl::Seconds(42));
}

}  // namespace
}  // namespace cibad
