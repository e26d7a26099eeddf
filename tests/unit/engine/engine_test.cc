// The engine as the daemon runs it, with all of its threads: a store on the disk, a provider on
// loopback behind TLS, and tills that call from several threads at once. What the parts do is
// tested where the parts are; the subject here is that the threads do not get into each other's
// way, so this is a test for ThreadSanitizer, too.

#include "server/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "server/ops/log.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"
#include "tests/unit/provider/signed_token.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

using nlohmann::json;
using ::testing::Each;

constexpr char kTill[] = "tills";
constexpr char kMsn[] = "123456";
constexpr char kClientId[] = "client";
constexpr char kSubject[] = "c06c4afe-d9e1-4c5d-939a-177d752a0944";

// A provider with one decision for all of its customers. Thread-safe.
class FakeProvider {
 public:
  FakeProvider()
      : server_(authority_.Issue("DNS:localhost"), [this](TlsConnection& connection) {
          while (const auto request = connection.ReadRequest()) connection.Write(Answer(*request));
        }) {
    const std::lock_guard lock(mutex_);
    issuer_ = server_.Url("/");
  }

  std::string issuer() const { return server_.Url("/"); }
  const std::string& ca_file() const { return authority_.file(); }

  // Whether discovery is answered.
  void SetUp(bool is_up) {
    const std::lock_guard lock(mutex_);
    is_up_ = is_up;
  }
  // From now on every customer says yes; before, none answers.
  void ApproveAll() {
    const std::lock_guard lock(mutex_);
    customers_approve_ = true;
  }
  int backchannel_requests() const {
    const std::lock_guard lock(mutex_);
    return backchannel_requests_;
  }

 private:
  std::string Answer(const std::string& request) {
    const std::vector<std::string> line = absl::StrSplit(request, absl::MaxSplits(' ', 2));
    const std::lock_guard lock(mutex_);
    if (absl::StartsWith(line[1], "/.well-known/")) return Discovery();
    if (line[1] == "/jwks") return Json(200, {{"keys", {key_.PublicJwk()}}});
    if (line[1] == "/backchannel") return Acknowledge();
    if (line[1] == "/token") return Token(request.substr(request.rfind("auth_req_id=") + 12));
    if (line[1] == "/userinfo") return Json(200, {{"sub", kSubject}, {"name", "Ada"}});
    return Json(404, {{"error", "not_found"}});
  }

  std::string Discovery() const {
    if (!is_up_) return Json(503, json::object());
    return Json(200, {{"issuer", issuer_},
                      {"token_endpoint", issuer_ + "token"},
                      {"userinfo_endpoint", issuer_ + "userinfo"},
                      {"jwks_uri", issuer_ + "jwks"},
                      {"backchannel_authentication_endpoint", issuer_ + "backchannel"}});
  }

  std::string Acknowledge() {
    const std::string id = absl::StrCat("request-", ++backchannel_requests_);
    return Json(200, {{"auth_req_id", id}, {"expires_in", 600}, {"interval", 1}});
  }

  std::string Token(const std::string& auth_req_id) {
    if (!customers_approve_) return Json(400, {{"error", "authorization_pending"}});
    if (!given_.insert(auth_req_id).second) return Json(400, {{"error", "invalid_grant"}});
    const int64_t now = absl::ToUnixSeconds(absl::Now());
    const json claims = {{"iss", issuer_}, {"aud", kClientId},  {"sub", kSubject},
                         {"iat", now},     {"exp", now + 3600}, {"auth_req_id", auth_req_id}};
    return Json(200, {{"access_token", "access"},
                      {"token_type", "Bearer"},
                      {"expires_in", 300},
                      {"id_token", key_.Sign({{"alg", "ES256"}, {"kid", "1"}}, claims.dump())}});
  }

  static std::string Json(int status, const json& body) {
    return Http1Answer(status, body.dump(), "Content-Type: application/json\r\n");
  }

  const TestAuthority authority_;
  const SigningKey key_ = SigningKey::Ec("1");
  mutable std::mutex mutex_;  // guards what follows
  std::string issuer_;
  bool is_up_ = true;
  bool customers_approve_ = false;
  int backchannel_requests_ = 0;
  std::set<std::string> given_;  // tokens are given once for an auth_req_id
  TlsServer server_;             // last: its threads use the others
};

// Waits for what a login comes to.
class WaitingWatcher : public Watcher {
 public:
  void OnLogin(const Login& login) override {
    const std::lock_guard lock(mutex_);
    EXPECT_FALSE(HasEnded(state_)) << "a login ends once";
    state_ = login.state;
    changed_.notify_all();
  }
  void OnRefused(const absl::Status& status) override { ADD_FAILURE() << status; }

  // The login's state as soon as it is this one or a later one.
  LoginState WaitFor(LoginState state) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(40), [&] { return state_ >= state; }))
        << "it never came to that";
    return state_;
  }
  LoginState WaitForEnd() { return WaitFor(LoginState::kCompleted); }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  LoginState state_ = LoginState::kStarting;  // guarded by mutex_
};

// Of a customer of its own each time.
LoginRequest ARequest() {
  static std::atomic<int> customers = 91'000'000;
  LoginRequest request;
  request.caller = kTill;
  request.sales_unit = kMsn;
  request.msisdn = "47" + std::to_string(++customers);
  request.scope = "openid name";
  return request;
}

// A call of the engine's, waited for. `begin` gets the function to be called at its end.
template <typename Answer, typename Begin>
Answer WaitFor(Begin begin) {
  const auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answer = promise->get_future();
  begin([promise](const Answer& given) { promise->set_value(given); });
  return answer.get();
}

absl::StatusOr<Login> Start(Engine& engine, const LoginRequest& request) {
  return WaitFor<absl::StatusOr<Login>>(
      [&](const auto& done) { engine.StartLogin(request, {.most_of_caller = 1000}, done); });
}
absl::StatusOr<Login> Get(Engine& engine, const std::string& id) {
  return WaitFor<absl::StatusOr<Login>>(
      [&](const auto& done) { engine.GetLogin(kTill, id, done); });
}
absl::StatusOr<Login> Cancel(Engine& engine, const std::string& id) {
  return WaitFor<absl::StatusOr<Login>>(
      [&](const auto& done) { engine.CancelLogin(kTill, id, done); });
}
absl::Status Acknowledge(Engine& engine, const std::string& id) {
  return WaitFor<absl::Status>([&](const auto& done) { engine.AcknowledgeLogin(kTill, id, done); });
}
std::shared_ptr<WaitingWatcher> Watch(Engine& engine, const std::string& id) {
  auto watcher = std::make_shared<WaitingWatcher>();
  engine.WatchLogin(kTill, id, watcher);
  return watcher;
}

// Runs the function with 0, 1, … on as many threads at once.
template <typename Function>
void OnThreads(int count, Function function) {
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (int i = 0; i < count; ++i) threads.emplace_back(function, i);
  for (std::thread& thread : threads) thread.join();
}

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    SetLogLevel(LogLevel::kError);
    store_ = OpenStore(folder_.File("store.db"));
  }
  ~EngineTest() override { StopEngine(); }

  Engine::Settings Settings() const {
    Engine::Settings settings;
    settings.sales_units[kMsn] = {
        .msn = kMsn, .client_id = kClientId, .client_secret = Secret("secret")};
    settings.ca_file = provider_.ca_file();
    settings.number_limits = number_limits_;
    return settings;
  }

  // Starts an engine that takes up what the store has; does not wait for the provider.
  void StartEngine() {
    ready_ = std::make_shared<std::promise<void>>();
    engine_ = std::make_unique<Engine>(
        Engine::Options{.issuer = provider_.issuer(),
                        .workers = 3,
                        .on_ready = [ready = ready_] { ready->set_value(); }},
        Settings(), store_.get());
    const absl::Status recovered = engine_->Recover();
    ASSERT_TRUE(recovered.ok()) << recovered;
    engine_->Start();
  }
  void StartReadyEngine() {
    ASSERT_NO_FATAL_FAILURE(StartEngine());
    ready_->get_future().wait();
  }
  void StopEngine() {
    if (engine_ != nullptr) engine_->Stop();
    engine_.reset();
  }

  TemporaryFolder folder_;
  FakeProvider provider_;
  NumberGuard::Limits number_limits_;
  std::unique_ptr<Store> store_;
  std::shared_ptr<std::promise<void>> ready_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, UntilTheProviderIsKnownAStartIsRefusedAndSaysWhy) {
  provider_.SetUp(false);
  ASSERT_NO_FATAL_FAILURE(StartEngine());
  const absl::Status refused = Start(*engine_, ARequest()).status();
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_TRUE(absl::StrContains(refused.message(), provider_.issuer())) << refused;
  provider_.SetUp(true);
  ready_->get_future().wait();  // it asks again by itself
  EXPECT_TRUE(engine_->status().ok()) << engine_->status();
  EXPECT_TRUE(Start(*engine_, ARequest()).ok());
}

TEST_F(EngineTest, ALoginGoesFromItsStartToItsProfile) {
  provider_.ApproveAll();
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  const absl::StatusOr<Login> started = Start(*engine_, ARequest());
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(Watch(*engine_, started->id)->WaitForEnd(), LoginState::kCompleted);
  const absl::StatusOr<Login> ended = Get(*engine_, started->id);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->profile->subject, kSubject);
  EXPECT_TRUE(Acknowledge(*engine_, started->id).ok());
  EXPECT_TRUE(absl::IsNotFound(Get(*engine_, started->id).status()));
}

TEST_F(EngineTest, TillsOnManyThreadsAndReloadsDoNotGetIntoEachOthersWay) {
  constexpr int kTills = 4;
  constexpr int kLoginsOfEach = 6;
  provider_.ApproveAll();
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  std::atomic<bool> tills_are_at_work = true;
  std::thread operator_thread([&] {
    while (tills_are_at_work) {
      engine_->Apply(Settings());
      EXPECT_TRUE(engine_->status().ok());
      EXPECT_TRUE(engine_->ListLogins({}).ok());
    }
  });
  OnThreads(kTills, [&](int) {
    std::vector<std::pair<std::string, std::shared_ptr<WaitingWatcher>>> logins;
    for (int i = 0; i < kLoginsOfEach; ++i) {
      const absl::StatusOr<Login> login = Start(*engine_, ARequest());
      ASSERT_TRUE(login.ok()) << login.status();
      logins.emplace_back(login->id, Watch(*engine_, login->id));
    }
    const absl::StatusOr<Login> cancelled = Cancel(*engine_, logins[0].first);
    EXPECT_TRUE(cancelled.ok()) << cancelled.status();
    for (const auto& [id, watcher] : logins) {
      const LoginState end = watcher->WaitForEnd();
      EXPECT_EQ(end, id == cancelled->id ? cancelled->state : LoginState::kCompleted);
      EXPECT_EQ(Get(*engine_, id)->state, end);
      EXPECT_TRUE(Acknowledge(*engine_, id).ok());
    }
  });
  tills_are_at_work = false;
  operator_thread.join();
  StopEngine();
  EXPECT_EQ(provider_.backchannel_requests(), kTills * kLoginsOfEach);
  EXPECT_TRUE(store_->List({.caller = kTill})->logins.empty());
}

TEST_F(EngineTest, WhatIsUnfinishedWhenItStopsGoesOnInTheNext) {
  constexpr int kTills = 4;
  constexpr int kLoginsOfEach = 5;
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  std::mutex mutex;
  std::vector<std::string> ids;
  OnThreads(kTills, [&](int) {
    for (int i = 0; i < kLoginsOfEach; ++i) {
      const absl::StatusOr<Login> login = Start(*engine_, ARequest());
      ASSERT_TRUE(login.ok()) << login.status();
      EXPECT_EQ(Watch(*engine_, login->id)->WaitFor(LoginState::kPending), LoginState::kPending);
      const std::lock_guard lock(mutex);
      ids.push_back(login->id);
    }
  });
  // Tills that are still watching when the engine stops.
  std::vector<std::shared_ptr<WaitingWatcher>> watchers;
  watchers.reserve(ids.size());
  for (const std::string& id : ids) watchers.push_back(Watch(*engine_, id));
  StopEngine();
  EXPECT_EQ(LoadUnfinished(*store_)->size(), ids.size());

  provider_.ApproveAll();
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  OnThreads(kTills, [&](int till) {
    for (size_t i = till; i < ids.size(); i += kTills) {
      EXPECT_EQ(Watch(*engine_, ids[i])->WaitForEnd(), LoginState::kCompleted);
    }
  });
  EXPECT_EQ(provider_.backchannel_requests(), kTills * kLoginsOfEach);
}

TEST_F(EngineTest, OneRequestIdOnManyThreadsIsOneLoginAndOnePush) {
  constexpr int kTills = 8;
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  std::vector<std::string> ids(kTills);
  LoginRequest request = ARequest();
  request.request_id = "receipt-17";
  OnThreads(kTills, [&](int till) {
    const absl::StatusOr<Login> login = Start(*engine_, request);
    ASSERT_TRUE(login.ok()) << login.status();
    ids[till] = login->id;
    Watch(*engine_, login->id)->WaitFor(LoginState::kPending);
  });
  EXPECT_THAT(ids, Each(ids[0]));
  StopEngine();
  EXPECT_EQ(provider_.backchannel_requests(), 1);
}

TEST_F(EngineTest, ACustomerIsAskedNoMoreOftenForARestart) {
  number_limits_.starts = 3;
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  const LoginRequest request = ARequest();
  // One that has ended and is erased, and one that is pending.
  const absl::StatusOr<Login> erased = Start(*engine_, request);
  ASSERT_TRUE(erased.ok()) << erased.status();
  ASSERT_TRUE(Cancel(*engine_, erased->id).ok());
  ASSERT_TRUE(Acknowledge(*engine_, erased->id).ok());
  const absl::StatusOr<Login> pending = Start(*engine_, request);
  ASSERT_TRUE(pending.ok()) << pending.status();
  StopEngine();
  store_.reset();
  store_ = OpenStore(folder_.File("store.db"));
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  ASSERT_TRUE(Cancel(*engine_, pending->id).ok());
  const absl::StatusOr<Login> third = Start(*engine_, request);
  ASSERT_TRUE(third.ok()) << third.status();
  ASSERT_TRUE(Cancel(*engine_, third->id).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Start(*engine_, request).status()));
  EXPECT_TRUE(Start(*engine_, ARequest()).ok()) << "another customer";
}

TEST_F(EngineTest, ThatACustomerWasAskedIsErasedOnceItNoLongerCounts) {
  const auto count_starts = [this] {
    int count = 0;
    EXPECT_TRUE(
        store_->LoadStarts(absl::InfinitePast(), 1000, [&](const KeptStart&) { ++count; }).ok());
    return count;
  };
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  ASSERT_TRUE(Start(*engine_, ARequest()).ok());
  StopEngine();
  EXPECT_EQ(count_starts(), 1);
  number_limits_.window = absl::ZeroDuration();
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());  // it looks at its start, and now and then
  StopEngine();
  EXPECT_EQ(count_starts(), 0);
}

TEST_F(EngineTest, WhatIsAppliedHoldsFromTheNextStart) {
  ASSERT_NO_FATAL_FAILURE(StartReadyEngine());
  EXPECT_TRUE(Start(*engine_, ARequest()).ok());
  Engine::Settings full = Settings();
  full.most_unfinished_logins = 0;
  engine_->Apply(full);
  EXPECT_TRUE(absl::IsResourceExhausted(Start(*engine_, ARequest()).status()));
  Engine::Settings closed = Settings();
  closed.sales_units.clear();
  engine_->Apply(closed);
  EXPECT_TRUE(absl::IsNotFound(Start(*engine_, ARequest()).status()));
  engine_->Apply(Settings());
  EXPECT_TRUE(Start(*engine_, ARequest()).ok());
}

}  // namespace
}  // namespace cibad
