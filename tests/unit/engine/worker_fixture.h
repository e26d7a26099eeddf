// A worker on its own: fakes for its store, its provider and the HTTP between them, a clock that
// the test moves, and a customer to log in.

#ifndef CIBAD_TESTS_UNIT_ENGINE_WORKER_FIXTURE_H_
#define CIBAD_TESTS_UNIT_ENGINE_WORKER_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/engine/worker.h"
#include "server/login/new_login.h"
#include "tests/unit/engine/fakes.h"

namespace cibad {

inline constexpr char kTill[] = "tills";
inline constexpr char kId[] = "00000000000000000000000001";
inline constexpr char kBackchannel[] = "/backchannel";
inline constexpr char kToken[] = "/token";
inline constexpr char kAcknowledgement[] =
    R"({"auth_req_id":"request-1","expires_in":600,"interval":5})";
inline constexpr char kTokens[] =
    R"({"access_token":"access","token_type":"Bearer","expires_in":300,"id_token":"not.a.token"})";

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest()
      : provider_(kIssuer, ProviderDirectory::Environment{
                               .http = &provider_http_,
                               .clock = [this] { return now_; },
                               .set_alarm = [](absl::Time) {},
                               .post = [](const std::function<void()>& closure) { closure(); },
                           }) {
    auto units = std::make_shared<SalesUnits>();
    (*units)["123456"] =
        SalesUnit{.msn = "123456", .client_id = "client", .client_secret = Secret("secret")};
    worker_.emplace(Worker::Environment{
        .http = &http_,
        .store = &store_,
        .provider = &provider_,
        .sales_units = units,
        .clock = [this] { return now_; },
        .wall_clock = [this] { return now_; },
        .reports = LoginReports(
            &metrics_, &credentials_, nullptr,
            [this](const std::string& caller, absl::string_view rpc, const Login& login) {
              EXPECT_EQ(login.id, kId);
              trespasses_.push_back(absl::StrCat(caller, " ", rpc));
            }),
        .set_alarm = [this](absl::Time time) { alarm_ = time; },
        .post = [this](std::function<void()> closure) { posted_.push_back(std::move(closure)); },
    });
    provider_.Start();
    provider_http_.Answer("/.well-known/openid-configuration", Ok(MetadataJson()));
  }

  Login NewTestLogin() {
    LoginRequest request;
    request.caller = kTill;
    request.sales_unit = "123456";
    request.msisdn = "4791234567";
    request.scope = "openid name";
    Login login = NewLogin(kId, request, handling_, now_);
    store_.logins[kId] = login;
    return login;
  }

  void RunPosted() {
    while (!posted_.empty()) {
      const std::function<void()> closure = std::move(posted_.front());
      posted_.pop_front();
      closure();
    }
  }

  void Commit() {
    store_.Commit();
    RunPosted();
  }

  // Moves the clock to the alarm.
  void Ring() {
    ASSERT_NE(alarm_, absl::InfiniteFuture());
    now_ = std::max(now_, alarm_);
    worker_->OnAlarm();
    RunPosted();
  }

  // A login whose customer has been asked.
  void BeginPending() {
    worker_->Begin(NewTestLogin());
    worker_->Watch(kTill, kId, watcher_);
    http_.Answer(kBackchannel, Ok(kAcknowledgement));
    Commit();
  }

  void SetSalesUnit(const SalesUnit& unit) {
    worker_->SetSalesUnits(std::make_shared<const SalesUnits>(SalesUnits{{unit.msn, unit}}));
  }

  Login Durable() { return *store_.Get(kId); }

  Handling handling_;  // of the test's login
  std::vector<std::string> trespasses_;
  FakeHttp http_;
  FakeHttp provider_http_;
  FakeStore store_;
  std::deque<std::function<void()>> posted_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  absl::Time alarm_ = absl::InfiniteFuture();
  Metrics metrics_;
  CredentialsWatch credentials_;
  ProviderDirectory provider_;
  std::optional<Worker> worker_;
  std::shared_ptr<NotingWatcher> watcher_ = std::make_shared<NotingWatcher>();
};

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_ENGINE_WORKER_FIXTURE_H_
