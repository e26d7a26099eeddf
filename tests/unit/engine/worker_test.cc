#include "server/engine/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/login/new_login.h"
#include "tests/unit/engine/worker_fixture.h"
#include "tests/unit/http/header_lines.h"

namespace cibad {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST_F(WorkerTest, AsksTheCustomerOnce) {
  worker_->Begin(NewTestLogin());
  EXPECT_EQ(http_.CountOpen(kBackchannel), 1);
  http_.Answer(kBackchannel, Broken(/*may_have_arrived=*/true));
  Commit();
  EXPECT_EQ(http_.CountOpen(kBackchannel), 0);
  EXPECT_EQ(Durable().failure->reason, FailureReason::kInterrupted);
}

TEST_F(WorkerTest, TellsOnlyWhatIsDurable) {
  worker_->Begin(NewTestLogin());
  worker_->Watch(kTill, kId, watcher_);
  EXPECT_THAT(watcher_->States(), ElementsAre(LoginState::kStarting));
  http_.Answer(kBackchannel, Ok(kAcknowledgement));
  EXPECT_THAT(watcher_->States(), ElementsAre(LoginState::kStarting))
      << "PENDING is not yet written";
  EXPECT_EQ(Durable().state, LoginState::kStarting);
  Commit();
  EXPECT_THAT(watcher_->States(), ElementsAre(LoginState::kStarting, LoginState::kPending));
  EXPECT_EQ(Durable().auth_req_id, "request-1");
}

TEST_F(WorkerTest, ActsOnTokensOnlyWhenTheyAreDurable) {
  BeginPending();
  Ring();
  http_.Answer(kToken, Ok(kTokens));
  EXPECT_FALSE(Durable().tokens.has_value());
  EXPECT_EQ(provider_http_.CountOpen("/jwks"), 0);
  Commit();
  EXPECT_EQ(Durable().tokens->access_token, "access");
  EXPECT_EQ(Durable().state, LoginState::kPending) << "an unchecked token is no customer";
}

TEST_F(WorkerTest, GoesOnWithChangedCredentials) {
  BeginPending();
  SetSalesUnit({.msn = "123456", .client_id = "client", .client_secret = Secret("new")});
  Ring();
  ASSERT_EQ(http_.CountOpen(kToken), 1);
  EXPECT_THAT(Lines(http_.exchanges.back().request.headers),
              Contains("Authorization: Basic " + absl::Base64Escape("client:new")));
}

TEST_F(WorkerTest, LoginsOfASalesUnitThatIsTakenOutEndWithItsCredentials) {
  BeginPending();
  SetSalesUnit({.msn = "654321", .client_id = "other", .client_secret = Secret("x")});
  Ring();
  ASSERT_EQ(http_.CountOpen(kToken), 1);
  EXPECT_THAT(Lines(http_.exchanges.back().request.headers),
              Contains("Authorization: Basic " + absl::Base64Escape("client:secret")));
}

TEST_F(WorkerTest, LoginsGoOnAsTheClientThatTheyWereStartedBy) {
  BeginPending();
  SetSalesUnit({.msn = "123456", .client_id = "another", .client_secret = Secret("x")});
  Ring();
  ASSERT_EQ(http_.CountOpen(kToken), 1);
  EXPECT_THAT(Lines(http_.exchanges.back().request.headers),
              Contains("Authorization: Basic " + absl::Base64Escape("client:secret")));
}

TEST_F(WorkerTest, ACancelThatCannotBeStoredIsAnsweredAndHappensWhenItCan) {
  BeginPending();
  std::vector<absl::Status> answers;
  const auto cancel = [&] {
    worker_->Cancel(kTill, kId,
                    [&](const absl::StatusOr<Login>& login) { answers.push_back(login.status()); });
  };
  for (int i = 0; i < 3; ++i) cancel();
  EXPECT_THAT(answers, IsEmpty()) << "its end is being written";
  store_.Fail();
  RunPosted();
  EXPECT_THAT(answers, SizeIs(3));
  for (int i = 0; i < 3; ++i) cancel();
  EXPECT_THAT(answers, SizeIs(6)) << "the disk is known to fail";
  Ring();
  cancel();
  store_.Fail();
  RunPosted();
  EXPECT_THAT(answers, SizeIs(7));
  for (const absl::Status& answer : answers)
    EXPECT_EQ(answer.code(), absl::StatusCode::kUnavailable);
  Ring();
  Commit();
  EXPECT_EQ(Durable().state, LoginState::kCancelled);
  EXPECT_THAT(watcher_->States(),
              ElementsAre(LoginState::kStarting, LoginState::kPending, LoginState::kCancelled));
}

TEST_F(WorkerTest, PollsThatChangeNothingAreNotWritten) {
  BeginPending();
  for (int i = 0; i < 10; ++i) {
    Ring();
    http_.Answer(kToken, Refused(400, "authorization_pending"));
  }
  EXPECT_TRUE(store_.waiting.empty());
}

TEST_F(WorkerTest, PollsAtTheIntervalAndOneAtATime) {
  BeginPending();
  const absl::Time acknowledged = now_;
  Ring();
  EXPECT_EQ(now_ - acknowledged, absl::Seconds(5));
  EXPECT_EQ(http_.CountOpen(kToken), 1);
  now_ += absl::Seconds(30);
  worker_->OnAlarm();
  EXPECT_EQ(http_.CountOpen(kToken), 1) << "the first is still under way";
  http_.Answer(kToken, Refused(400, "authorization_pending"));
  const absl::Time answered = now_;
  Ring();
  EXPECT_EQ(now_ - answered, absl::Seconds(5));
}

TEST_F(WorkerTest, AFailedWriteIsTriedAgainAndNothingIsToldMeanwhile) {
  worker_->Begin(NewTestLogin());
  worker_->Watch(kTill, kId, watcher_);
  http_.Answer(kBackchannel, Ok(kAcknowledgement));
  for (int i = 0; i < 3; ++i) {
    store_.Fail();
    RunPosted();
    EXPECT_THAT(watcher_->States(), ElementsAre(LoginState::kStarting));
    Ring();
  }
  Commit();
  EXPECT_THAT(watcher_->States(), ElementsAre(LoginState::kStarting, LoginState::kPending));
}

TEST_F(WorkerTest, ACancelThatComesDuringAWriteIsNotLost) {
  worker_->Begin(NewTestLogin());
  http_.Answer(kBackchannel, Ok(kAcknowledgement));
  std::optional<LoginState> cancelled;
  worker_->Cancel(kTill, kId,
                  [&](const absl::StatusOr<Login>& login) { cancelled = login->state; });
  Commit();
  EXPECT_EQ(cancelled, std::nullopt) << "the cancel itself is not yet written";
  Commit();
  EXPECT_EQ(cancelled, LoginState::kCancelled);
  EXPECT_EQ(Durable().state, LoginState::kCancelled);
}

TEST_F(WorkerTest, AnAnswerAfterTheEndChangesNothing) {
  BeginPending();
  Ring();
  worker_->Cancel(kTill, kId, [](const absl::StatusOr<Login>&) {});
  Commit();
  http_.Answer(kToken, Ok(kTokens));
  Commit();
  EXPECT_EQ(Durable().state, LoginState::kCancelled);
  EXPECT_EQ(worker_->unfinished_logins(), 0U);
}

TEST_F(WorkerTest, CancellingWhatHasEndedGivesItUnchanged) {
  BeginPending();
  Ring();
  http_.Answer(kToken, Refused(403, "access_denied"));
  Commit();
  std::optional<LoginState> given;
  worker_->Cancel(kTill, kId, [&](const absl::StatusOr<Login>& login) { given = login->state; });
  EXPECT_EQ(given, LoginState::kDenied);
}

TEST_F(WorkerTest, WatchingWhatHasEndedTellsItsEnd) {
  BeginPending();
  Ring();
  http_.Answer(kToken, Refused(403, "access_denied"));
  Commit();
  const auto late = std::make_shared<NotingWatcher>();
  worker_->Watch(kTill, kId, late);
  EXPECT_THAT(late->States(), ElementsAre(LoginState::kDenied));
}

TEST_F(WorkerTest, WatchingWhatNeverWasIsRefused) {
  worker_->Watch(kTill, kId, watcher_);
  EXPECT_EQ(watcher_->refused.code(), absl::StatusCode::kNotFound);
}

// Whoever lists logins can see one before its worker does.
TEST_F(WorkerTest, WhoAsksForAnothersLoginIsReportedAndForOneThatIsNotThereIsNot) {
  BeginPending();
  const auto done = [](const absl::StatusOr<Login>& login) {
    EXPECT_EQ(login.status(), NoSuchLogin(kId));
  };
  const auto other = std::make_shared<NotingWatcher>();
  worker_->Get("other", kId, done);
  worker_->Cancel("other", kId, done);
  worker_->Watch("other", kId, other);
  worker_->Complete("other", kId, {}, other);
  EXPECT_THAT(trespasses_, ElementsAre("other GetLogin", "other CancelLogin", "other WatchLogin",
                                       "other CompleteLogin"));
  EXPECT_EQ(other->refused, NoSuchLogin(kId));
  constexpr char kNobodys[] = "00000000000000000000000002";
  worker_->Get("other", kNobodys, [](const absl::StatusOr<Login>&) {});
  worker_->Get(kTill, kId, [](const absl::StatusOr<Login>& login) { EXPECT_TRUE(login.ok()); });
  worker_->Cancel(kTill, kId, [](const absl::StatusOr<Login>&) {});
  Commit();  // from now on it is the store's
  worker_->Get(kTill, kId, [](const absl::StatusOr<Login>& login) { EXPECT_TRUE(login.ok()); });
  EXPECT_THAT(trespasses_, SizeIs(4));
}

TEST_F(WorkerTest, ALoginThatIsNotYetHereIsToBeAskedForAgain) {
  const Login login = NewTestLogin();
  worker_->Watch(kTill, kId, watcher_);
  EXPECT_EQ(watcher_->refused.code(), absl::StatusCode::kUnavailable);
  absl::Status cancelled;
  worker_->Cancel(kTill, kId,
                  [&](const absl::StatusOr<Login>& given) { cancelled = given.status(); });
  EXPECT_EQ(cancelled.code(), absl::StatusCode::kUnavailable);

  worker_->Begin(login);
  const auto again = std::make_shared<NotingWatcher>();
  worker_->Watch(kTill, kId, again);
  EXPECT_THAT(again->States(), ElementsAre(LoginState::kStarting));
}

TEST_F(WorkerTest, WatchersOfOneLoginAreBoundedAndTheGoneAreForgotten) {
  worker_->Begin(NewTestLogin());
  for (int i = 0; i < 100; ++i) worker_->Watch(kTill, kId, std::make_shared<NotingWatcher>());
  std::vector<std::shared_ptr<NotingWatcher>> open;
  for (size_t i = 0; i < Worker::kMostWatchers; ++i) {
    open.push_back(std::make_shared<NotingWatcher>());
    worker_->Watch(kTill, kId, open.back());
    ASSERT_TRUE(open.back()->refused.ok()) << i;
  }
  worker_->Watch(kTill, kId, watcher_);
  EXPECT_EQ(watcher_->refused.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(WorkerTest, AnUnknownKeyIsLookedForOnceBeforeTheTokenIsRefused) {
  provider_.OnAlarm();
  provider_http_.Answer("/jwks",
                        Ok(KeysJson()));  // the keys are known, and this token's is not one
  BeginPending();
  Ring();
  http_.Answer(kToken, Ok(R"({"access_token":"access","token_type":"Bearer","id_token":")"
                          // {"alg":"RS256","kid":"new"} . {}
                          "eyJhbGciOiJSUzI1NiIsImtpZCI6Im5ldyJ9.e30.AAAA\"}"));
  Commit();
  EXPECT_FALSE(HasEnded(Durable().state)) << "a newer set may have the key";
  now_ += ProviderDirectory::kLeastKeyAge;
  provider_.OnAlarm();
  ASSERT_EQ(provider_http_.CountOpen("/jwks"), 1);
  provider_http_.Answer("/jwks", Ok(KeysJson()));
  RunPosted();
  Commit();
  EXPECT_EQ(provider_http_.CountOpen("/jwks"), 0);
  EXPECT_EQ(Durable().failure->reason, FailureReason::kIdTokenRefused);
  EXPECT_EQ(http_.CountOpen("/userinfo"), 0) << "a refused token is used for nothing";
}

// Each write is a wait for the disk.
TEST_F(WorkerTest, WhatTheIdTokenIsWorthIsWrittenWithTheTokensWhereItsKeyIsKnown) {
  provider_.OnAlarm();
  provider_http_.Answer("/jwks", Ok(KeysJson()));
  BeginPending();
  Ring();
  http_.Answer(kToken, Ok(kTokens));
  EXPECT_THAT(store_.waiting, SizeIs(1));
  EXPECT_EQ(watcher_->States().back(), LoginState::kPending) << "nothing is told before";
  Commit();
  EXPECT_EQ(Durable().failure->reason, FailureReason::kIdTokenRefused);
  EXPECT_EQ(watcher_->States().back(), LoginState::kFailed);
}

TEST_F(WorkerTest, KeysThatCannotBeHadAreAskedForAgain) {
  BeginPending();
  Ring();
  http_.Answer(kToken, Ok(kTokens));
  Commit();
  provider_.OnAlarm();
  provider_http_.Answer("/jwks", Broken(true));
  RunPosted();
  Commit();
  EXPECT_FALSE(HasEnded(Durable().state));
  const absl::Time failed = now_;
  Ring();
  EXPECT_LT(now_ - failed, absl::Seconds(2)) << "it is the login that asks again, not its deadline";
  now_ += ProviderDirectory::kLeastKeyAge;
  provider_.OnAlarm();
  provider_http_.Answer("/jwks", Ok(KeysJson()));
  RunPosted();
  Commit();
  EXPECT_EQ(Durable().failure->reason, FailureReason::kIdTokenRefused)
      << "the login waited for the keys, and had its token checked with them";
}

TEST_F(WorkerTest, ARecoveredLoginWaitsAWholeIntervalBeforeItPolls) {
  Login login = NewTestLogin();
  login.state = LoginState::kPending;
  login.auth_req_id = "request-1";
  login.interval = absl::Seconds(15);
  login.expire_time = now_ + absl::Seconds(600);
  const absl::Time recovered = now_;
  worker_->Hold(login);
  worker_->Recover(absl::ZeroDuration());
  EXPECT_EQ(http_.CountOpen(kToken), 0);
  Ring();
  EXPECT_EQ(now_ - recovered, absl::Seconds(15 + 1));  // one that was sent may still be on its way
  EXPECT_EQ(http_.CountOpen(kToken), 1);
}

TEST_F(WorkerTest, ARecoveredStartIsNotSentAgain) {
  worker_->Hold(NewTestLogin());
  worker_->Recover(absl::ZeroDuration());
  Commit();
  EXPECT_EQ(http_.CountOpen(kBackchannel), 0);
  EXPECT_EQ(Durable().failure->reason, FailureReason::kInterrupted);
}

TEST_F(WorkerTest, CountsEachLoginOnceAndEveryAnswer) {
  BeginPending();
  Ring();
  http_.Answer(kToken, Refused(400, "authorization_pending"));
  Ring();
  http_.Answer(kToken, Refused(403, "access_denied"));
  store_.Fail();
  RunPosted();
  EXPECT_THAT(metrics_.Text({}), Not(HasSubstr("cibad_logins_ended_total{")))
      << "the end is not durable";
  Ring();
  Commit();
  const std::string text = metrics_.Text({});
  for (const char* line :
       {"cibad_logins_started_total{sales_unit=\"123456\"} 1\n",
        "cibad_logins_ended_total{reason=\"\",sales_unit=\"123456\",state=\"DENIED\"} 1\n",
        "{endpoint=\"backchannel\",outcome=\"ok\"} 1\n",
        "{endpoint=\"token\",outcome=\"pending\"} 1\n",
        "{endpoint=\"token\",outcome=\"refused\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST_F(WorkerTest, AnAnswerThatComesTooLateForItsLoginStillTellsOfTheCredentials) {
  BeginPending();
  Ring();
  worker_->Cancel(kTill, kId, [](const absl::StatusOr<Login>&) {});
  Commit();
  EXPECT_FALSE(credentials_.Find("123456")->is_refused);
  http_.Answer(kToken, Refused(401, "invalid_client"));
  EXPECT_TRUE(credentials_.Find("123456")->is_refused);
  EXPECT_THAT(metrics_.Text({}), HasSubstr("{endpoint=\"token\",outcome=\"refused\"} 1\n"));
}

TEST_F(WorkerTest, DrainingWaitsForWhatIsUnderWayAndBeginsNothing) {
  BeginPending();
  Ring();
  bool drained = false;
  worker_->Drain([&drained] { drained = true; });
  EXPECT_FALSE(drained) << "a token request is under way";
  http_.Answer(kToken, Refused(400, "authorization_pending"));
  EXPECT_TRUE(drained);
  now_ += absl::Minutes(1);
  worker_->OnAlarm();
  EXPECT_EQ(http_.CountOpen(kToken), 0);
}

TEST_F(WorkerTest, ASalesUnitThatLeftTheConfigEndsInAClearFailure) {
  Login login = NewTestLogin();
  login.request.Edit().sales_unit = "999999";
  worker_->Begin(login);
  RunPosted();
  while (worker_->unfinished_logins() > 0) {
    ASSERT_LT(now_, login.create_time + absl::Minutes(2));
    Ring();
    Commit();
  }
  EXPECT_EQ(Durable().failure->reason, FailureReason::kProviderUnavailable);
}

// However many polls are due, a request that is not one has few of them before it.
TEST_F(WorkerTest, WakesFewLoginsBetweenTheAnswers) {
  constexpr size_t kLogins = 500;
  for (size_t i = 0; i < kLogins; ++i) {
    Login login = NewTestLogin();
    login.id = absl::StrFormat("%026d", i);
    login.state = LoginState::kPending;
    login.auth_req_id = absl::StrCat("request-", i);
    login.interval = absl::Seconds(5);
    worker_->Hold(login);
  }
  worker_->Recover(absl::ZeroDuration());
  now_ += absl::Seconds(10);
  worker_->OnAlarm();
  EXPECT_GE(http_.exchanges.size(), 8U);  // they share what a round costs
  EXPECT_LE(http_.exchanges.size(), 32U);
  EXPECT_LE(alarm_, now_) << "the others are as due";
  while (alarm_ <= now_) worker_->OnAlarm();
  EXPECT_EQ(http_.exchanges.size(), kLogins);
}

TEST_F(WorkerTest, AsksFirstWhetherThereIsAUserWhereTheSalesUnitWantsIt) {
  Login login = NewTestLogin();
  login.handling.check_user = true;
  worker_->Begin(login);
  EXPECT_EQ(http_.CountOpen(kBackchannel), 0);
  http_.Answer("/user-exists", Ok(R"({"exists":true})"));
  EXPECT_EQ(http_.CountOpen(kBackchannel), 1);
}

TEST_F(WorkerTest, AsksNobodyWhereThereIsNoUser) {
  Login login = NewTestLogin();
  login.handling.check_user = true;
  worker_->Begin(login);
  http_.Answer("/user-exists", Ok(R"({"exists":false})"));
  Commit();
  EXPECT_EQ(http_.CountOpen(kBackchannel), 0);
  EXPECT_EQ(Durable().failure->reason, FailureReason::kInvalidUser);
}

}  // namespace
}  // namespace cibad
