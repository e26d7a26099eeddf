// Pings: what they change about when token requests are sent. Sections are of OpenID CIBA Core 1.0.

#include <string>

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

constexpr absl::Duration kFallback = absl::Seconds(30);

Course Pingable() { return Course({.ping_fallback = kFallback}); }
Course PingablePolling() { return Pingable().Fire(Accepted{}).Acknowledge().Wake(); }
// The first poll was answered `authorization_pending` this instant.
Course Relaxed() { return PingablePolling().AnswerTokenError("authorization_pending"); }

TEST(Ping, Section10_2_TheFirstPollComesAfterTheIntervalAllTheSame) {
  EXPECT_EQ(Pingable().Fire(Accepted{}).Acknowledge().Waits(), kInterval);
}

TEST(Ping, Section10_2_PollsWaitForItAndComeByThemselvesAtTheFallback) {
  Course course = Relaxed();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(course.Waits(), kFallback);
    course.Wake();
    EXPECT_TRUE(course.Sends<SendTokenRequest>());
    course.AnswerTokenError("authorization_pending");
  }
  course.Wake().AnswerToken(Tokens300s());
  EXPECT_TRUE(course.Sends<CheckIdToken>());
}

TEST(Ping, Section10_2_FallbackIsNeverShorterThanTheInterval) {
  Course course = Pingable().Fire(Accepted{}).Acknowledge(absl::Seconds(45)).Wake();
  EXPECT_EQ(course.AnswerTokenError("authorization_pending").Waits(), absl::Seconds(45));
}

TEST(Ping, Section10_2_PermitsOnePollAtOnce) {
  Course course = Relaxed().After(kInterval).Fire(Pinged{});
  EXPECT_TRUE(course.Sends<SendTokenRequest>());
  EXPECT_EQ(course.AnswerTokenError("authorization_pending").Waits(), kFallback) << "one, no more";
}

TEST(Ping, Section10_2_InsideTheIntervalThePollComesAtItsEnd) {
  Course course = Relaxed().After(absl::Seconds(2)).Fire(Pinged{});
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_EQ(course.Waits(), kInterval - absl::Seconds(2));
  course.Fire(Pinged{}).Fire(Woken{});
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_TRUE(course.Wake().Sends<SendTokenRequest>());
}

TEST(Ping, Section10_2_BeforeTheFirstPollChangesNothing) {
  Course course = Pingable().Fire(Accepted{}).Acknowledge().After(absl::Seconds(1)).Fire(Pinged{});
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_EQ(course.Waits(), kInterval - absl::Seconds(1));
}

TEST(Ping, Section10_2_WhileAPollIsUnderWayPermitsTheNextOne) {
  Course course = PingablePolling().Fire(Pinged{});
  EXPECT_TRUE(course.SendsNothing()) << "10.1: never two at once";
  EXPECT_EQ(course.AnswerTokenError("authorization_pending").Waits(), kInterval);
  EXPECT_EQ(course.Wake().AnswerTokenError("authorization_pending").Waits(), kFallback);
}

TEST(Ping, Section10_2_WhileAPollIsUnderWayOutlivesSlowDown) {
  Course course = PingablePolling().Fire(Pinged{}).AnswerTokenError("slow_down");
  EXPECT_EQ(course.Waits(), kInterval + absl::Seconds(5));
}

TEST(Ping, Section10_1_NeverPollsBeforeSlowDownsIntervalRetryAfterOrBackOffIsOver) {
  const absl::Duration retry_after = absl::Seconds(130);
  const Outcome<TokenAnswer> answers[] = {
      ProviderError{400, "slow_down", "", {}},
      OutOfOrder(),
      BrokenOff(),
      OutOfOrder(retry_after),
      TooManyRequests(retry_after),
      ProviderError{400, "authorization_pending", "", retry_after}};
  for (const auto& answer : answers) {
    Course plain = Polling().AnswerToken(answer);
    Course course = PingablePolling().AnswerToken(answer);
    course.After(absl::Milliseconds(1)).Fire(Pinged{});
    EXPECT_TRUE(course.SendsNothing());
    EXPECT_EQ(course.Waits(), plain.Waits() - absl::Milliseconds(1));
    EXPECT_TRUE(course.Wake().Sends<SendTokenRequest>());
  }
}

TEST(Ping, Section10_2_RepeatedHundredTimesMakesOnePollAnInterval) {
  Course course = Relaxed();
  int polls = 0;
  for (int tenth = 0; tenth < 300; ++tenth) {
    course.After(absl::Milliseconds(100)).Fire(Pinged{});
    if (!course.Sends<SendTokenRequest>()) continue;
    ++polls;
    course.AnswerTokenError("authorization_pending");
  }
  EXPECT_EQ(polls, 6);
}

TEST(Ping, Section10_2_IsNeverTheOutcome) {
  Course course = Relaxed().After(kInterval).Fire(Pinged{});
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_EQ(course.login().revision, Relaxed().login().revision) << "nothing to write";
  course.AnswerTokenError("access_denied");
  EXPECT_EQ(course.login().state, LoginState::kDenied);
}

TEST(Ping, Section7_3_WhatWasDecidedJustBeforeTheEndIsPolledForWithoutIt) {
  Course course = Pingable().Fire(Accepted{}).Acknowledge(kInterval, absl::Seconds(60));
  const absl::Time expire_time = course.login().expire_time;
  absl::Time last_poll;
  for (int i = 0; i < 20 && !HasEnded(course.login().state); ++i) {
    course.Wake();
    if (!course.Sends<SendTokenRequest>()) continue;
    last_poll = course.now();
    course.AnswerTokenError("authorization_pending");
  }
  EXPECT_EQ(last_poll, expire_time - kInterval);
  EXPECT_EQ(course.now(), expire_time);
}

TEST(Ping, Section7_3_AfterTheLoginExpiredSendsNothing) {
  Course course = Relaxed().After(kExpiresIn).Fire(Pinged{});
  EXPECT_EQ(course.login().state, LoginState::kExpired);
}

TEST(Ping, ChangesNothingForWhoDoesNotWaitForIt) {
  const Handling handling = {.ping_fallback = kFallback};
  for (Course course :
       {Polling(), Polling().AnswerTokenError("authorization_pending"), Asking(),
        PingablePolling().AnswerToken(Tokens300s()), Fetching(),
        Fetching().AnswerProfile(CustomerProfile()), Pingable(), Pingable().Fire(Accepted{}),
        Course(handling, "https://shop.example/").Fire(Accepted{}).Acknowledge()}) {
    const Login before = course.login();
    course.After(kInterval).Fire(Pinged{});
    EXPECT_EQ(course.login(), before);
    EXPECT_TRUE(course.SendsNothing());
  }
}

TEST(Ping, Section10_2_AfterARestartTheFallbackGoesOn) {
  Course course = Relaxed().Fire(Recovered{});
  EXPECT_EQ(course.Waits(), kStillOnItsWay + kInterval);
  course.After(absl::Seconds(1)).Fire(Pinged{});
  EXPECT_TRUE(course.SendsNothing()) << "10.1: what was under way may still arrive";
  EXPECT_TRUE(course.Wake().Sends<SendTokenRequest>());
  EXPECT_EQ(course.AnswerTokenError("authorization_pending").Waits(), kFallback);
}

}  // namespace
}  // namespace cibad
