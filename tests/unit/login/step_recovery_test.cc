// The daemon started again. What the store gives back is the last revision that was written; the
// progress is gone with the process.

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

TEST(Recovery, AStartWhosePushMayHaveLeftIsInterrupted) {
  for (Course course : {Course(), Asking(), Asking().Fire(BackchannelAnswered{NeverLeft()})}) {
    course.Fire(Recovered{});
    EXPECT_EQ(course.login().state, LoginState::kFailed);
    EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
  }
}

TEST(Recovery, Section10_1_PollingGoesOnAWholeIntervalLater) {
  for (Course course : {Waiting(), Polling(), Polling().AnswerToken(OutOfOrder())}) {
    course.After(absl::Seconds(2)).Fire(Recovered{});
    EXPECT_TRUE(course.SendsNothing());
    EXPECT_EQ(course.Waits(), kStillOnItsWay + kInterval);
    course.After(kStillOnItsWay + kInterval - absl::Milliseconds(1)).Fire(Woken{});
    EXPECT_TRUE(course.SendsNothing());
    course.Wake();
    EXPECT_TRUE(course.Sends<SendTokenRequest>());
  }
}

TEST(Recovery, TheFirstPollsOfManyLoginsAreStaggered) {
  Course course = Polling().Fire(Recovered{absl::Seconds(2)});
  EXPECT_EQ(course.Waits(), kStillOnItsWay + kInterval + absl::Seconds(2));
}

TEST(Recovery, Section11_PollingGoesOnWithTheIntervalThatWasLearned) {
  Course course = Polling().AnswerTokenError("slow_down").Fire(Recovered{});
  EXPECT_EQ(course.Waits(), kStillOnItsWay + kInterval + absl::Seconds(5));
}

TEST(Recovery, Section10_1_WhatRetryAfterAskedForHoldsAfterARestart) {
  const absl::Duration retry_after = absl::Seconds(70);
  for (Course course :
       {Polling().AnswerToken(OutOfOrder(retry_after)),
        Polling().AnswerToken(TooManyRequests(retry_after)),
        Polling().AnswerToken(ProviderError{400, "authorization_pending", "", retry_after}),
        Polling().AnswerToken(ProviderError{400, "slow_down", "", retry_after}),
        Proving().Fire(IdTokenChecked{OutOfOrder(retry_after)}),
        Fetching().AnswerProfile(OutOfOrder(retry_after)),
        Fetching().AnswerProfile(TooManyRequests(retry_after))}) {
    course.After(absl::Seconds(10)).Fire(Recovered{});
    EXPECT_TRUE(course.SendsNothing());
    EXPECT_EQ(course.Waits(), retry_after - absl::Seconds(10));
    course.Wake();
    EXPECT_FALSE(course.SendsNothing());
  }
}

TEST(Recovery, AClockThatWasSetBackMakesRetryAfterNoLonger) {
  Course course = Polling().AnswerToken(OutOfOrder(absl::Seconds(70)));
  course.After(-absl::Hours(1)).Fire(Recovered{});
  EXPECT_EQ(course.Waits(), absl::Seconds(70));
}

TEST(Recovery, WhatTheTokenEndpointAskedForDoesNotHoldForUserinfo) {
  Course course = Polling().AnswerToken(OutOfOrder(absl::Seconds(70))).Wake();
  course.AnswerToken(Tokens300s());
  course.Fire(Recovered{});
  EXPECT_TRUE(course.Sends<CheckIdToken>());
}

TEST(Recovery, Section7_3_ALoginWhoseTimeIsUpExpiresAtOnce) {
  const Course course = Waiting().After(kExpiresIn).Fire(Recovered{});
  EXPECT_EQ(course.login().state, LoginState::kExpired);
}

TEST(Recovery, Section7_3_ALoginExpiresAtItsTimeThoughTheIntervalIsLonger) {
  Course course = Waiting().After(kExpiresIn - absl::Seconds(1)).Fire(Recovered{}).Wake();
  EXPECT_EQ(course.login().state, LoginState::kExpired);
  EXPECT_EQ(course.login().end_time, course.login().expire_time);
}

TEST(Recovery, Section10_1_1_TokensInHandAreCheckedAndNotAskedForAgain) {
  const Course course = Proving().After(absl::Seconds(2)).Fire(Recovered{});
  EXPECT_TRUE(course.Sends<CheckIdToken>());
  EXPECT_EQ(course.login().tokens, Proving().login().tokens);
}

TEST(Recovery, TheProfileIsFetchedWithTheTokenInHand) {
  Course course = Fetching().After(absl::Seconds(2)).Fire(Recovered{});
  EXPECT_TRUE(course.Sends<FetchProfile>());
  course.AnswerProfile(CustomerProfile());
  EXPECT_EQ(course.login().state, LoginState::kCompleted);
}

TEST(Recovery, TokensThatDiedMeanwhileAreNotUsedAndTheLoginIsInterrupted) {
  for (Course course : {Proving(), Fetching()}) {
    course.After(absl::Seconds(300)).Fire(Recovered{});
    EXPECT_EQ(course.login().state, LoginState::kFailed);
    EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
  }
}

TEST(Recovery, ChangesNoLoginThatGoesOnSoNothingHasToBeWritten) {
  for (Course course : {Waiting(), Proving(), Fetching()}) {
    const int64_t revision = course.login().revision;
    course.Fire(Recovered{});
    EXPECT_EQ(course.login().revision, revision);
  }
}

TEST(Recovery, SurvivesOneCrashAfterAnother) {
  Course course = Polling();
  for (int i = 0; i < 50; ++i) course.After(absl::Seconds(1)).Fire(Recovered{});
  EXPECT_EQ(course.login().state, LoginState::kPending);
  course.Wake();
  EXPECT_TRUE(course.Sends<SendTokenRequest>());
}

}  // namespace
}  // namespace cibad
