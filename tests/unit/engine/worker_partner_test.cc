// A worker's logins of a sales unit with partner keys: what they do with the access token, and
// while there is none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/engine/worker.h"
#include "server/login/new_login.h"
#include "tests/unit/engine/fakes.h"
#include "tests/unit/http/header_lines.h"

namespace cibad {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kLoginId[] = "00000000000000000000000001";
constexpr char kTokenPath[] = "/token";
constexpr char kBackchannelPath[] = "/backchannel";
constexpr char kAccessTokenPath[] = "/accesstoken/get";

class WorkerPartnerTest : public ::testing::Test {
 protected:
  WorkerPartnerTest()
      : provider_(kIssuer, {.http = &token_http_,
                            .clock = [this] { return now_; },
                            .set_alarm = [](absl::Time) {},
                            .post = [](const std::function<void()>& closure) { closure(); }}),
        tokens_(kIssuer, {.http = &token_http_,
                          .clock = [this] { return now_; },
                          .set_alarm = [](absl::Time) {},
                          .post = [](const std::function<void()>& closure) { closure(); }}) {
    SalesUnit unit;
    unit.msn = "123456";
    unit.client_id = "partner";
    unit.client_secret = Secret("secret");
    unit.authentication = ClientAuthentication::kPartnerKeys;
    unit.subscription_key = Secret("subscription");
    auto units = std::make_shared<SalesUnits>(SalesUnits{{unit.msn, unit}});
    worker_.emplace(Worker::Environment{
        .http = &http_,
        .store = &store_,
        .provider = &provider_,
        .access_tokens = &tokens_,
        .sales_units = units,
        .clock = [this] { return now_; },
        .wall_clock = [this] { return now_; },
        .set_alarm = [this](absl::Time time) { alarm_ = time; },
        .post = [this](std::function<void()> closure) { posted_.push_back(std::move(closure)); },
    });
    provider_.Start();
    token_http_.Answer("/.well-known/openid-configuration", Ok(MetadataJson()));
    tokens_.SetSalesUnits(*units);
    tokens_.OnAlarm();
  }

  void GiveToken(const std::string& text) {
    token_http_.Answer(kAccessTokenPath,
                       Ok(absl::StrCat(R"({"expires_in":"3600","access_token":")", text, R"("})")));
  }

  void Begin() {
    LoginRequest request;
    request.sales_unit = "123456";
    request.msisdn = "4791234567";
    request.scope = "openid";
    const Login login = NewLogin(kLoginId, request, {}, now_);
    store_.logins[kLoginId] = login;
    worker_->Begin(login);
    Settle();
  }

  // Lets everything happen that needs no time and no answer.
  void Settle() {
    do {
      store_.Commit();
      for (const auto& closure : std::exchange(posted_, {})) closure();
    } while (!posted_.empty() || !store_.waiting.empty());
  }

  // Moves the clock to the alarm.
  void Ring() {
    ASSERT_NE(alarm_, absl::InfiniteFuture());
    now_ = std::max(now_, alarm_);
    worker_->OnAlarm();
    Settle();
  }

  Login Durable() { return *store_.Get(kLoginId); }

  FakeHttp http_;
  FakeHttp token_http_;
  FakeStore store_;
  std::deque<std::function<void()>> posted_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  absl::Time alarm_ = absl::InfiniteFuture();
  ProviderDirectory provider_;
  AccessTokens tokens_;
  std::optional<Worker> worker_;
};

TEST_F(WorkerPartnerTest, AStartWaitsForTheTokenAndIsThenSent) {
  Begin();
  EXPECT_EQ(http_.CountOpen(kBackchannelPath), 0);
  EXPECT_EQ(Durable().state, LoginState::kStarting);
  GiveToken("api-token");
  Ring();
  ASSERT_EQ(http_.CountOpen(kBackchannelPath), 1);
  EXPECT_THAT(Lines(http_.exchanges.back().request.headers),
              testing::AllOf(Contains("Authorization: Bearer api-token"),
                             Contains("Ocp-Apim-Subscription-Key: subscription"),
                             Not(Contains(StartsWith("Authorization: Basic")))));
}

TEST_F(WorkerPartnerTest, WithoutATokenForTooLongItFailsAsIfTheProviderWereAway) {
  Begin();
  while (!HasEnded(Durable().state)) {
    ASSERT_LT(now_, Durable().create_time + absl::Minutes(2));
    Ring();
  }
  EXPECT_EQ(Durable().failure->reason, FailureReason::kProviderUnavailable);
  EXPECT_EQ(http_.CountOpen(kBackchannelPath), 0);
}

TEST_F(WorkerPartnerTest, RefusedKeysFailALoginAtOnce) {
  token_http_.Answer(kAccessTokenPath, Refused(401, "unauthorized_client"));
  Begin();
  EXPECT_EQ(Durable().failure->reason, FailureReason::kCredentialsRefused);
  EXPECT_EQ(http_.CountOpen(kBackchannelPath), 0);
}

TEST_F(WorkerPartnerTest, ARefusedTokenFailsItsLoginAndIsReplacedForTheNext) {
  GiveToken("revoked");
  Begin();
  http_.Answer(kBackchannelPath, Refused(401, ""));
  Settle();
  EXPECT_EQ(Durable().failure->reason, FailureReason::kCredentialsRefused);
  now_ += AccessTokens::kLeastAge;
  tokens_.OnAlarm();
  GiveToken("new");
  Begin();
  ASSERT_EQ(http_.CountOpen(kBackchannelPath), 1);
  EXPECT_THAT(Lines(http_.exchanges.back().request.headers), Contains("Authorization: Bearer new"));
}

TEST_F(WorkerPartnerTest, APollWithoutATokenIsNoEndAndLosesNothing) {
  GiveToken("one");
  Begin();
  http_.Answer(kBackchannelPath, Ok(R"({"auth_req_id":"r","expires_in":9000,"interval":5})"));
  Settle();
  now_ += absl::Hours(1);  // the token has ended, and the next one is not there
  Ring();
  EXPECT_EQ(http_.CountOpen(kTokenPath), 0);
  EXPECT_EQ(Durable().state, LoginState::kPending);
  tokens_.OnAlarm();
  GiveToken("two");
  Ring();
  ASSERT_EQ(http_.CountOpen(kTokenPath), 1);
  EXPECT_THAT(Lines(http_.exchanges.back().request.headers), Contains("Authorization: Bearer two"));
}

TEST_F(WorkerPartnerTest, DrainingWaitsForWhatWasNotSentToo) {
  bool drained = false;
  LoginRequest request;
  request.sales_unit = "123456";
  worker_->Begin(NewLogin(kLoginId, request, {}, now_));
  worker_->Drain([&] { drained = true; });
  EXPECT_FALSE(drained);
  Settle();
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace cibad
