// PENDING: when token requests are sent. Sections are of OpenID CIBA Core 1.0; what the answers
// mean is in step_token_answer_test.cc.

#include <algorithm>
#include <string>

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

TEST(TokenRequest, Section10_1_NeverMoreOftenThanTheInterval) {
  Course course = Polling();
  for (int i = 0; i < 20; ++i) {
    const absl::Time sent = course.now();
    course.After(absl::Milliseconds(300)).AnswerTokenError("authorization_pending");
    for (int wakes = 0; wakes < 100 && !course.Sends<SendTokenRequest>(); ++wakes) {
      course.After(absl::Milliseconds(100)).Fire(Woken{});  // far more wake-ups than were asked for
    }
    EXPECT_GE(course.now() - sent, kInterval);
  }
}

TEST(TokenRequest, Section10_1_IntervalIsKeptByTheProvidersClockToo) {
  // The request is held up for 4 s on its way there, the next one is not: counted from the sending,
  // it would arrive a second after the first.
  Course course = Polling().After(absl::Seconds(4)).AnswerTokenError("authorization_pending");
  EXPECT_GE(course.Waits(), kInterval);
}

TEST(TokenRequest, Section10_1_FollowsAsSoonAsTheIntervalAllows) {
  Course course = Polling().AnswerTokenError("authorization_pending");
  EXPECT_EQ(course.Waits(), kInterval);
  course.Wake();
  EXPECT_TRUE(course.Sends<SendTokenRequest>());
}

TEST(TokenRequest, Section10_1_NeverOverlapsForOneAuthReqId) {
  Course course = Polling();
  for (int second = 0; second < 35; ++second) {
    course.After(absl::Seconds(1)).Fire(Woken{});
    EXPECT_TRUE(course.SendsNothing());
  }
}

TEST(TokenRequest, Section10_1_WaitsThirtySecondsAndMoreForAnAnswer) {
  Course course = Polling().After(absl::Seconds(34)).Fire(Woken{});
  EXPECT_EQ(course.login().state, LoginState::kPending);
  course.AnswerToken(Tokens300s());
  EXPECT_TRUE(course.Sends<CheckIdToken>());
}

// ---- Requests that went unanswered (10.1).

struct Unanswered {
  const char* name;
  Outcome<TokenAnswer> outcome;
  absl::Duration first_wait = kInterval;
};

class UnansweredTokenRequest : public testing::TestWithParam<Unanswered> {};

TEST_P(UnansweredTokenRequest, Section10_1_IsRepeatedAfterTheIntervalAtTheEarliest) {
  Course course = Polling().After(absl::Seconds(1)).AnswerToken(GetParam().outcome);
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_GE(course.Waits(), GetParam().first_wait);
  course.Wake();
  EXPECT_TRUE(course.Sends<SendTokenRequest>());
}

TEST_P(UnansweredTokenRequest, Section10_1_BacksOffExponentially) {
  Course course = Polling();
  for (const int doubled : {1, 2, 4, 8, 16, 32, 64}) {
    const absl::Duration wait = std::min(GetParam().first_wait * doubled, absl::Minutes(1));
    course.AnswerToken(GetParam().outcome);
    EXPECT_GE(course.Waits(), wait);
    EXPECT_LE(course.Waits(), wait * 5 / 4);
    course.Wake();
  }
}

TEST_P(UnansweredTokenRequest, Section10_1_IsRepeatedUntilTheLoginExpires) {
  Course course = Polling();
  const absl::Time expire_time = course.login().expire_time;
  for (int i = 0; i < 100 && !HasEnded(course.login().state); ++i) {
    course.AnswerToken(GetParam().outcome).Wake();
  }
  EXPECT_EQ(course.login().state, LoginState::kExpired);
  EXPECT_EQ(course.now(), expire_time);
}

TEST_P(UnansweredTokenRequest, Section10_1_AnAnswerEndsTheBackOff) {
  Course course = Polling();
  for (int i = 0; i < 3; ++i) course.AnswerToken(GetParam().outcome).Wake();
  course.AnswerTokenError("authorization_pending");
  EXPECT_EQ(course.Waits(), kInterval);
  course.Wake().AnswerToken(GetParam().outcome);
  EXPECT_LT(course.Waits(), 2 * kInterval) << "counted from one again";
}

TEST_P(UnansweredTokenRequest, NeedsNoWrite) {
  const Course course = Polling().AnswerToken(GetParam().outcome);
  EXPECT_EQ(course.login().revision, Polling().login().revision);
}

INSTANTIATE_TEST_SUITE_P(Every, UnansweredTokenRequest,
                         testing::Values(Unanswered{"never_left", NeverLeft()},
                                         Unanswered{"broken_off", BrokenOff(),
                                                    kInterval + kStillOnItsWay},
                                         Unanswered{"out_of_order", OutOfOrder()},
                                         Unanswered{"too_many_requests", TooManyRequests()}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(TokenRequest, Section10_1_NeverFasterThanRetryAfter) {
  const absl::Duration retry_after = absl::Seconds(130);
  const Outcome<TokenAnswer> answers[] = {
      OutOfOrder(retry_after), TooManyRequests(retry_after),
      // Answers of substance that came with the header.
      ProviderError{429, "slow_down", "", retry_after},
      ProviderError{400, "authorization_pending", "", retry_after}};
  for (const auto& answer : answers) {
    Course course = Polling().AnswerToken(answer);
    EXPECT_EQ(course.Waits(), retry_after);
    course.After(retry_after - absl::Milliseconds(1)).Fire(Woken{});
    EXPECT_TRUE(course.SendsNothing());
    course.Wake();
    EXPECT_TRUE(course.Sends<SendTokenRequest>());
  }
}

TEST(TokenRequest, Section10_1_RetryAfterNeverShortensTheInterval) {
  for (const absl::Duration retry_after :
       {absl::Seconds(1), absl::ZeroDuration(), -absl::Seconds(5)}) {
    EXPECT_GE(Polling().AnswerToken(OutOfOrder(retry_after)).Waits(), kInterval);
    EXPECT_GE(Polling().AnswerToken(ProviderError{400, "slow_down", "", retry_after}).Waits(),
              kInterval + absl::Seconds(5));
  }
}

// ---- The end of the customer's time.

TEST(TokenRequest, Section7_3_NoneAfterTheLoginExpired) {
  Course course = Asking().Acknowledge(kInterval, absl::Seconds(12));
  const absl::Time expire_time = course.login().expire_time;
  int requests = 0;
  for (int i = 0; i < 100 && !HasEnded(course.login().state); ++i) {
    course.Wake();
    if (!course.Sends<SendTokenRequest>()) continue;
    ++requests;
    EXPECT_LT(course.now(), expire_time);
    course.AnswerTokenError("authorization_pending");
  }
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(course.login().state, LoginState::kExpired);
  EXPECT_EQ(course.now(), expire_time);
}

TEST(TokenRequest, Section7_3_UnderWayWhenTheTimeIsUpIsHeardOut) {
  Course course = Asking().Acknowledge(kInterval, absl::Seconds(6)).Wake();
  course.After(absl::Seconds(3)).Fire(Woken{});
  EXPECT_EQ(course.login().state, LoginState::kPending);
  course.AnswerToken(Tokens300s());
  EXPECT_TRUE(course.Sends<CheckIdToken>()) << "the customer agreed in time";
}

TEST(TokenRequest, Section7_3_NoneFollowsTheOneThatWasHeardOut) {
  const Outcome<TokenAnswer> answers[] = {ProviderError{400, "authorization_pending", "", {}},
                                          ProviderError{400, "slow_down", "", {}}, BrokenOff(),
                                          OutOfOrder()};
  for (const auto& answer : answers) {
    Course course = Asking().Acknowledge(kInterval, absl::Seconds(6)).Wake();
    course.After(absl::Seconds(3)).AnswerToken(answer).Wake();
    EXPECT_EQ(course.login().state, LoginState::kExpired);
    EXPECT_EQ(course.login().end_time, course.login().expire_time + absl::Seconds(2));
  }
}

TEST(TokenRequest, Section7_3_IntervalLongerThanTheLoginsLifeSendsNone) {
  const Course course = Asking().Acknowledge(absl::Seconds(90), absl::Seconds(60)).Wake();
  EXPECT_EQ(course.login().state, LoginState::kExpired);
}

TEST(TokenRequest, NoneAfterTheTillCancelled) {
  Course course = Waiting().Fire(CancelRequested{});
  EXPECT_EQ(course.login().state, LoginState::kCancelled);
  course.After(kInterval).Fire(Woken{});
  EXPECT_TRUE(course.SendsNothing());
}

}  // namespace
}  // namespace cibad
