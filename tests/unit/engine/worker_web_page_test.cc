// A worker's logins that finish on a web page.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/unit/engine/worker_fixture.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WebPageWorkerTest : public WorkerTest {
 protected:
  WebPageWorkerTest() {
    Login login = NewTestLogin();
    login.request.Edit().web_page = WebPage{"https://shop.example/back", "state-0001"};
    store_.logins[kId] = login;
    worker_->Begin(std::move(login));
  }

  void Acknowledge() {
    http_.Answer(kBackchannel, Ok(kAcknowledgement));
    Commit();
  }

  // What CompleteLogin is refused with; OK: it was taken up.
  absl::Status Complete(const std::string& query) {
    completing_ = std::make_shared<NotingWatcher>();
    worker_->Complete(kTill, kId, *ReadCallbackQuery(query), completing_);
    return completing_->refused;
  }

  std::shared_ptr<NotingWatcher> completing_;
};

constexpr char kGoodQuery[] = "code=code-1&state=state-0001";

TEST_F(WebPageWorkerTest, ExchangesTheCodeOnlyWhenThatIsDurable) {
  Acknowledge();
  EXPECT_TRUE(Complete(kGoodQuery).ok());
  EXPECT_EQ(http_.CountOpen(kToken), 0);
  Commit();
  ASSERT_EQ(http_.CountOpen(kToken), 1);
  EXPECT_TRUE(Durable().code_may_be_used);
  EXPECT_THAT(http_.exchanges.back().request.body, HasSubstr("code=code-1"));
}

TEST_F(WebPageWorkerTest, TellsWhoeverCompletesItOfTheEnd) {
  Acknowledge();
  EXPECT_TRUE(Complete(kGoodQuery).ok());
  Commit();
  http_.Answer(kToken, Refused(400, "invalid_grant"));
  Commit();
  EXPECT_THAT(completing_->States(), ElementsAre(LoginState::kFailed));
  EXPECT_EQ(completing_->told.back().failure->provider_code, "invalid_grant");
}

TEST_F(WebPageWorkerTest, AnErrorInTheCallbackIsTheEnd) {
  Acknowledge();
  EXPECT_TRUE(Complete("error=access_denied&state=state-0001").ok());
  Commit();
  EXPECT_THAT(completing_->States(), ElementsAre(LoginState::kDenied));
  EXPECT_EQ(http_.CountOpen(kToken), 0);
}

TEST_F(WebPageWorkerTest, AWrongStateIsRefusedAndTheLoginGoesOn) {
  Acknowledge();
  for (const char* query :
       {"code=code-1", "code=code-1&state=state-0002", "error=access_denied&state=state-0002"}) {
    EXPECT_EQ(Complete(query).code(), absl::StatusCode::kInvalidArgument) << query;
  }
  EXPECT_TRUE(store_.waiting.empty());
  EXPECT_TRUE(Complete(kGoodQuery).ok());
}

TEST_F(WebPageWorkerTest, ASecondCodeIsRefusedWhileOneIsExchanged) {
  Acknowledge();
  EXPECT_TRUE(Complete(kGoodQuery).ok());
  EXPECT_EQ(Complete(kGoodQuery).code(), absl::StatusCode::kAborted) << "being written";
  Commit();
  EXPECT_EQ(Complete(kGoodQuery).code(), absl::StatusCode::kAborted) << "being exchanged";
  http_.Answer(kToken, Ok(kTokens));
  Commit();
  EXPECT_EQ(Complete(kGoodQuery).code(), absl::StatusCode::kAborted) << "being proven";
  EXPECT_EQ(http_.CountOpen(kToken), 0);
}

TEST_F(WebPageWorkerTest, ComesAgainBeforeTheCustomerIsAskedAndWhileItIsWritten) {
  EXPECT_EQ(Complete(kGoodQuery).code(), absl::StatusCode::kUnavailable);
  Acknowledge();
  worker_->Cancel(kTill, kId, [](const absl::StatusOr<Login>&) {});
  EXPECT_EQ(Complete(kGoodQuery).code(), absl::StatusCode::kUnavailable);
}

TEST_F(WebPageWorkerTest, AnEndedLoginIsRefusedByTheNameOfItsState) {
  Acknowledge();
  worker_->Cancel(kTill, kId, [](const absl::StatusOr<Login>&) {});
  Commit();
  const absl::Status status = Complete(kGoodQuery);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("CANCELLED"));
  EXPECT_TRUE(completing_->told.empty());
}

TEST_F(WebPageWorkerTest, IsNeverPolled) {
  Acknowledge();
  Ring();  // at the end of the customer's time
  Commit();
  EXPECT_EQ(Durable().state, LoginState::kExpired);
  EXPECT_EQ(http_.CountOpen(kToken), 0);
}

TEST_F(WorkerTest, ALoginInTheAppTakesNoCode) {
  BeginPending();
  const auto completing = std::make_shared<NotingWatcher>();
  worker_->Complete(kTill, kId, *ReadCallbackCode("code-1"), completing);
  EXPECT_EQ(completing->refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(http_.CountOpen(kToken), 0);
}

TEST_F(WorkerTest, NoCodeIsTakenForALoginThatIsNotThere) {
  const auto completing = std::make_shared<NotingWatcher>();
  worker_->Complete(kTill, "00000000000000000000000009", *ReadCallbackCode("code-1"), completing);
  EXPECT_EQ(completing->refused.code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace cibad
