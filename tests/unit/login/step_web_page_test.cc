// PENDING, of a login that finishes on a web page: nothing is polled for; the customer's browser
// brings a code, which is good for one exchange.

#include <string>

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

ProviderError Refusal(const std::string& code) { return {0, code, "", std::nullopt}; }

TEST(WebPage, IsNeverPolled) {
  Course course = AwaitingCode();
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_EQ(course.Waits(), kExpiresIn);
  for (const absl::Duration delay : {kInterval, absl::Seconds(60), absl::Seconds(500)}) {
    course.After(delay).Fire(Woken{});
    EXPECT_TRUE(course.SendsNothing());
    EXPECT_EQ(course.login().state, LoginState::kPending);
  }
}

TEST(WebPage, ExpiresWithoutACode) {
  EXPECT_EQ(AwaitingCode().Wake().login().state, LoginState::kExpired);
}

TEST(WebPage, ACodeIsExchangedAtOnce) {
  const Course course = Exchanging();
  EXPECT_TRUE(course.Sends<ExchangeCode>());
  EXPECT_FALSE(course.Sends<SendTokenRequest>());
  EXPECT_EQ(course.login().progress.code, "code-1");
  EXPECT_EQ(course.login().state, LoginState::kPending);
}

TEST(WebPage, ThatTheCodeMayBeUsedIsWrittenBeforeItIsSent) {
  const Course course = Exchanging();
  EXPECT_EQ(course.login().revision, AwaitingCode().login().revision + 1);
  EXPECT_TRUE(course.login().code_may_be_used);
}

TEST(WebPage, TheTokensAreKeptAndCheckedAndTheCodeForgotten) {
  const Course course = Exchanging().AnswerToken(Tokens300s());
  EXPECT_TRUE(course.Sends<CheckIdToken>());
  EXPECT_EQ(course.login().tokens->access_token, Tokens300s().access_token);
  EXPECT_EQ(course.login().progress.code, "");
  EXPECT_FALSE(course.login().code_may_be_used);
}

TEST(WebPage, CompletesWithTheCustomersProfile) {
  const Course course = Exchanging()
                            .AnswerToken(Tokens300s())
                            .Fire(IdTokenChecked{AcceptedIdToken{kSubject}})
                            .AnswerProfile(CustomerProfile());
  EXPECT_EQ(course.login().state, LoginState::kCompleted);
  EXPECT_EQ(course.login().profile->subject, kSubject);
}

TEST(WebPage, ARefusedIdTokenEndsItAndUserinfoIsNotCalled) {
  const Course course =
      Exchanging().AnswerToken(Tokens300s()).Fire(IdTokenChecked{RefusedIdToken{"auth_req_id"}});
  EXPECT_EQ(course.login().failure->reason, FailureReason::kIdTokenRefused);
  EXPECT_TRUE(course.SendsNothing());
}

TEST(WebPage, ASecondCodeChangesNothingWhileOneIsExchanged) {
  for (Course course : {Exchanging(), Exchanging().AnswerToken(NeverLeft()),
                        Exchanging().AnswerToken(Tokens300s())}) {
    const Login before = course.login();
    course.Fire(CodeReceived{"code-2"});
    EXPECT_EQ(course.login(), before);
    EXPECT_TRUE(course.SendsNothing());
    course.Fire(CodeRefused{Refusal("access_denied")});
    EXPECT_EQ(course.login(), before);
  }
}

TEST(WebPage, ACodeThatNeverLeftIsSentAgainWithBackOff) {
  Course course = Exchanging().AnswerToken(NeverLeft());
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_FALSE(course.login().code_may_be_used);
  EXPECT_GE(course.Waits(), absl::Seconds(1));
  course.Wake();
  EXPECT_TRUE(course.Sends<ExchangeCode>());
  EXPECT_EQ(course.login().progress.code, "code-1");
  course.AnswerToken(NeverLeft());
  EXPECT_GE(course.Waits(), absl::Seconds(2));
}

TEST(WebPage, ACodeThatNeverLeavesExpiresWithTheLogin) {
  Course course = Exchanging();
  for (int i = 0; i < 1000 && !HasEnded(course.login().state); ++i) {
    if (course.Sends<ExchangeCode>()) course.AnswerToken(NeverLeft());
    course.Wake();
  }
  EXPECT_EQ(course.login().state, LoginState::kExpired);
  EXPECT_GE(course.now(), AwaitingCode().now() + kExpiresIn);
}

TEST(WebPage, ACodeThatMayHaveArrivedIsNeverSentAgain) {
  const Course broken = Exchanging().AnswerToken(BrokenOff());
  EXPECT_EQ(broken.login().failure->reason, FailureReason::kInterrupted);
  const Course out_of_order = Exchanging().AnswerToken(OutOfOrder(absl::Seconds(3)));
  EXPECT_EQ(out_of_order.login().failure->reason, FailureReason::kProviderUnavailable);
  const Course nonsense = Exchanging().AnswerToken(InvalidAnswer{});
  EXPECT_EQ(nonsense.login().failure->reason, FailureReason::kProviderAnswerInvalid);
}

TEST(WebPage, AnyErrorOfTheExchangeIsTheEnd) {
  for (const char* code : {"authorization_pending", "slow_down", "no_document_lists_this"}) {
    const Course course = Exchanging().AnswerTokenError(code);
    EXPECT_EQ(course.login().failure->reason, FailureReason::kOther) << code;
    EXPECT_EQ(course.login().failure->provider_code, code);
  }
  EXPECT_EQ(Exchanging().AnswerTokenError("invalid_grant").login().failure->reason,
            FailureReason::kRequestRefused);
  EXPECT_EQ(Exchanging().AnswerTokenError("access_denied").login().state, LoginState::kDenied);
  EXPECT_EQ(Exchanging().AnswerToken(TooManyRequests()).login().failure->reason,
            FailureReason::kTooManyLogins);
}

TEST(WebPage, AnErrorInPlaceOfTheCodeIsTheEnd) {
  EXPECT_EQ(AwaitingCode().Fire(CodeRefused{Refusal("access_denied")}).login().state,
            LoginState::kDenied);
  const Course failed = AwaitingCode().Fire(CodeRefused{Refusal("wrong_challenge")});
  EXPECT_EQ(failed.login().failure->reason, FailureReason::kWrongChallenge);
  EXPECT_EQ(failed.login().failure->provider_code, "wrong_challenge");
}

TEST(WebPage, ACodeThatComesTooLateIsNotUsed) {
  const Course course = AwaitingCode().After(kExpiresIn).Fire(CodeReceived{"code-1"});
  EXPECT_EQ(course.login().state, LoginState::kExpired);
  EXPECT_TRUE(course.SendsNothing());
}

TEST(WebPage, AnExchangeUnderWayAtTheExpiryIsHeardOut) {
  Course course = AwaitingCode().After(kExpiresIn - absl::Seconds(1)).Fire(CodeReceived{"code-1"});
  course.After(absl::Seconds(20)).Fire(Woken{});
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_EQ(course.AnswerToken(Tokens300s()).Sends<CheckIdToken>(), true);
}

TEST(WebPage, WaitsOnForItsCodeAfterARestart) {
  Course course = AwaitingCode().After(absl::Seconds(60)).Fire(Recovered{});
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_EQ(course.Waits(), kExpiresIn - absl::Seconds(60));
  EXPECT_TRUE(course.Fire(CodeReceived{"code-1"}).Sends<ExchangeCode>());
}

TEST(WebPage, HasExpiredAtARestartThatComesTooLate) {
  EXPECT_EQ(AwaitingCode().After(kExpiresIn).Fire(Recovered{}).login().state, LoginState::kExpired);
}

TEST(WebPage, AnExchangeThatACrashCutOffEndsItAsInterrupted) {
  Course course = Exchanging().Fire(Recovered{});
  EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
  EXPECT_TRUE(course.SendsNothing());
}

TEST(WebPage, TakesItsCodeOnlyWhenTheCustomerHasBeenAsked) {
  Course asking = Course({}, "https://shop.example/back").Fire(Accepted{});
  const Login before = asking.login();
  asking.Fire(CodeReceived{"code-1"});
  EXPECT_EQ(asking.login(), before);
}

TEST(WebPage, ALoginInTheAppTakesNoCode) {
  for (Course course : {Waiting(), Polling(), Proving(), Fetching()}) {
    const Login before = course.login();
    course.Fire(CodeReceived{"code-1"}).Fire(CodeRefused{Refusal("access_denied")});
    EXPECT_EQ(course.login(), before);
  }
}

}  // namespace
}  // namespace cibad
