#include "server/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/hash/hash.h"
#include "server/engine/access_tokens.h"
#include "server/engine/call_status.h"
#include "server/engine/login_log.h"
#include "server/engine/provider_directory.h"
#include "server/engine/sales_unit_calls.h"
#include "server/engine/worker.h"
#include "server/http/event_loop.h"
#include "server/login/new_login.h"
#include "server/login/random.h"
#include "server/ops/log.h"
#include "server/provider/answers.h"
#include "server/provider/requests.h"

namespace cibad {
namespace {

constexpr absl::Duration kEraseInterval = absl::Seconds(30);

// Between the first polls of two logins that were taken up at start: 20,000 polls a second, which
// is what 100,000 logins at the usual interval of 5 seconds come to anyway.
constexpr absl::Duration kRecoveryPace = absl::Microseconds(50);

absl::Status CannotStore() {
  return absl::UnavailableError("logins cannot be stored now; try again in a moment");
}

int CountWorkers(int wanted) {
  return wanted > 0 ? wanted : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

// A worker with its thread and all that runs on it.
struct Engine::Lane {
  Lane(const Clock& clock, const CurlClientOptions& http_options)
      : loop(clock), http(loop, http_options) {}

  EventLoop loop;
  CurlClient http;
  // Of the first lane only.
  std::optional<ProviderDirectory> provider;
  std::optional<EventLoop::Alarm> provider_alarm;
  std::optional<AccessTokens> access_tokens;
  std::optional<EventLoop::Alarm> access_tokens_alarm;
  std::optional<WebhookCalls> webhooks;
  std::optional<EventLoop::Alarm> erase_alarm;

  std::optional<SalesUnitCalls> calls;  // that belong to no login
  std::optional<Worker> worker;
  std::optional<EventLoop::Alarm> worker_alarm;
  std::thread thread;
};

Engine::Engine(Options options, Settings settings, Store* store)
    : options_(std::move(options)),
      store_(store),
      clock_(MonotonicClock()),
      credentials_(options_.on_credentials),
      numbers_([store](const LoginRequest& request) { return store->CustomerHashesOf(request); }),
      settings_(std::make_shared<const Settings>(std::move(settings))) {
  CurlClientOptions http;
  http.ca_file = settings_->ca_file;
  http.proxy = settings_->proxy;
  http.user_agent = options_.user_agent;
  for (int i = 0; i < CountWorkers(options_.workers); ++i) {
    lanes_.push_back(std::make_unique<Lane>(clock_, http));
  }
  // Shares the life of the settings.
  const std::shared_ptr<const SalesUnits> sales_units(settings_, &settings_->sales_units);
  Lane& first = *lanes_.front();
  first.provider.emplace(
      options_.issuer,
      ProviderDirectory::Environment{
          .http = &first.http,
          .clock = clock_,
          .set_alarm = [&first](absl::Time time) { first.provider_alarm->Set(time); },
          .post = [&first](std::function<void()> closure) { first.loop.Post(std::move(closure)); },
          .metrics = options_.metrics,
      });
  first.provider->CallWhenReady(options_.on_ready);
  first.provider_alarm.emplace(first.loop, [&first] { first.provider->OnAlarm(); });
  first.access_tokens.emplace(
      options_.issuer,
      AccessTokens::Environment{
          .http = &first.http,
          .clock = clock_,
          .set_alarm = [&first](absl::Time time) { first.access_tokens_alarm->Set(time); },
          .post = [&first](std::function<void()> closure) { first.loop.Post(std::move(closure)); },
          .reports = LoginReports(options_.metrics, &credentials_),
      });
  first.access_tokens_alarm.emplace(first.loop, [&first] { first.access_tokens->OnAlarm(); });
  first.webhooks.emplace(options_.issuer, &first.http, &*first.access_tokens);
  first.erase_alarm.emplace(first.loop, [this] { EraseEnded(); });
  for (const auto& lane : lanes_) {
    lane->calls.emplace(SalesUnitCalls::Environment{
        .http = &lane->http,
        .provider = &*first.provider,
        .access_tokens = &*first.access_tokens,
        .post = [lane = lane.get()](
                    std::function<void()> closure) { lane->loop.Post(std::move(closure)); },
    });
    lane->worker.emplace(Worker::Environment{
        .http = &lane->http,
        .store = store_,
        .provider = &*first.provider,
        .access_tokens = &*first.access_tokens,
        .sales_units = sales_units,
        .clock = clock_,
        .wall_clock = WallClock(),
        .reports = LoginReports(
            options_.metrics, &credentials_,
            [this](const Login& login) {
              pending_.Remove(login.request->caller);
              numbers_.Remove(login);
              if (options_.on_end) options_.on_end(login);
            },
            options_.on_trespass),
        .set_alarm = [lane = lane.get()](absl::Time time) { lane->worker_alarm->Set(time); },
        .post = [lane = lane.get()](
                    std::function<void()> closure) { lane->loop.Post(std::move(closure)); },
    });
    lane->worker_alarm.emplace(lane->loop, [lane = lane.get()] { lane->worker->OnAlarm(); });
  }
}

Engine::~Engine() { StopThreads(); }

absl::Status Engine::Recover() {
  StartThreads();
  // The workers make room for the logins while the store is still being read.
  constexpr size_t kBatch = 256;
  std::unordered_map<Lane*, std::vector<Login>> batches;
  const auto hand_over = [](Lane* lane, std::vector<Login>& batch) {
    lane->loop.Post([lane, logins = std::exchange(batch, {})]() mutable {
      for (Login& login : logins) lane->worker->Hold(std::move(login));
    });
  };
  size_t count = 0;
  absl::Status loaded = store_->LoadUnfinished([&](Login login) {
    ++count;
    pending_.Add(login.request->caller);
    numbers_.AddPending(login);
    Lane* lane = &LaneOf(login.id);
    std::vector<Login>& batch = batches[lane];
    batch.push_back(std::move(login));
    if (batch.size() == kBatch) hand_over(lane, batch);
  });
  if (loaded.ok()) loaded = TakeUpStarts();
  if (!loaded.ok()) return loaded;
  for (auto& [lane, batch] : batches) {
    hand_over(lane, batch);
    lane->loop.Post([this, lane = lane] { lane->worker->Recover(kRecoveryPace * lanes_.size()); });
  }
  if (count > 0) Log(LogLevel::kInfo, "Taking up unfinished logins", {{"count", count}});
  return absl::OkStatus();
}

absl::Status Engine::TakeUpStarts() {
  const absl::Time now = clock_();
  std::vector<KeptStart> starts;
  absl::Status loaded =
      store_->LoadStarts(now - settings()->number_limits.window, NumberGuard::kMostStarts,
                         [&](const KeptStart& start) {
                           // The clock may have been set back while the machine was down.
                           starts.push_back({start.customer, std::min(start.time, now)});
                         });
  if (loaded.ok()) numbers_.SetEarlier(std::move(starts));
  return loaded;
}

void Engine::Start() {
  StartThreads();
  Lane& first = *lanes_.front();
  first.loop.Post([&first] { first.provider->Start(); });
  first.loop.Post([this, &first] { first.access_tokens->SetSalesUnits(settings()->sales_units); });
  first.loop.Post([this] { EraseEnded(); });
}

void Engine::StartThreads() {
  for (const auto& lane : lanes_) {
    if (lane->thread.joinable()) continue;
    lane->thread = std::thread([lane = lane.get()] { lane->loop.Run(); });
  }
}

void Engine::StopThreads() {
  for (const auto& lane : lanes_) lane->loop.Stop();
  for (const auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
}

void Engine::Apply(Settings settings) {
  const auto applied = std::make_shared<const Settings>(std::move(settings));
  const std::shared_ptr<const Settings> before = this->settings();
  {
    const std::lock_guard lock(settings_mutex_);
    settings_ = applied;
  }
  Lane& first = *lanes_.front();
  first.loop.Post([&first, applied] { first.access_tokens->SetSalesUnits(applied->sales_units); });
  for (const auto& [msn, unit] : applied->sales_units) {
    const auto known = before->sales_units.find(msn);
    if (known == before->sales_units.end() || known->second != unit) credentials_.Forget(msn);
  }
  for (const auto& lane : lanes_) {
    lane->loop.Post([lane = lane.get(), applied] {
      lane->http.SetAuthoritiesAndProxy(applied->ca_file, applied->proxy);
      lane->worker->SetSalesUnits({applied, &applied->sales_units});
    });
  }
}

std::shared_ptr<const Engine::Settings> Engine::settings() const {
  const std::lock_guard lock(settings_mutex_);
  return settings_;
}

void Engine::Stop() {
  Drain();
  StopThreads();
  // Where the drain gave up, answers of the store are still on their way to the lanes.
  store_->WaitForWrites();
}

void Engine::Drain() {
  struct Drained {
    std::mutex mutex;
    std::condition_variable changed;
    size_t lanes = 0;
  };
  // Shared with the workers, which may be done only after this has given up.
  const auto drained = std::make_shared<Drained>();
  for (const auto& lane : lanes_) {
    lane->loop.Post([lane = lane.get(), drained] {
      lane->worker->Drain([drained] {
        const std::lock_guard lock(drained->mutex);
        ++drained->lanes;
        drained->changed.notify_all();
      });
    });
  }
  std::unique_lock lock(drained->mutex);
  const bool all = drained->changed.wait_for(lock, absl::ToChronoNanoseconds(options_.drain_limit),
                                             [&] { return drained->lanes == lanes_.size(); });
  if (!all)
    Log(LogLevel::kWarning, "Stopping although requests to the provider are still under way");
}

void Engine::StartLogin(const Shared<LoginRequest>& request, const StartOptions& start_options,
                        LoginDone done) {
  if (const absl::Status ready = status(); !ready.ok()) return done(ready);
  if (const absl::Status storing = store_->status(); !storing.ok()) {
    Log(LogLevel::kDebug, "A start is refused", {{"error", storing.message()}});
    return done(CannotStore());
  }
  const std::shared_ptr<const Settings> now = settings();
  ++starts_;
  const std::shared_ptr<void> counted(nullptr, [this](void*) { --starts_; });
  if (unfinished_logins() + starts_ > now->most_unfinished_logins) {
    return done(absl::ResourceExhaustedError("too many logins are pending; try again in a minute"));
  }
  const auto unit = now->sales_units.find(request->sales_unit);
  if (unit == now->sales_units.end()) {  // the config has changed since it was looked up
    return done(absl::NotFoundError("sales_unit: there is no such sales unit here"));
  }
  const std::string id = MakeLoginId(RandomBits<LoginIdBits>());
  StartUnderWay start{request, id, counted, nullptr, nullptr, nullptr};
  NumberGuard::Verdict verdict = numbers_.Admit(*request, id, now->number_limits, clock_());
  absl::Status refused = verdict.status;
  start.hold = std::move(verdict.hold);
  if (start.hold != nullptr) {  // a repetition of what is pending makes no login
    auto place = pending_.Admit(request->caller, start_options.most_of_caller);
    refused = place.status();
    if (place.ok()) start.place = *std::move(place);
  }
  if (!refused.ok()) {
    if (AnswerRepeated(*request, done)) return;
    if (start_options.replace_pending && !verdict.own_pending.empty()) {
      return Replace(verdict.own_pending, request, start_options, done);
    }
    return done(refused);
  }
  start.done = std::move(done);
  Login login = NewLogin(id, request, unit->second.handling, clock_());
  store_->Create(std::move(login),
                 [this, start = std::move(start)](absl::StatusOr<Login> stored) mutable {
                   OnCreated(std::move(start), std::move(stored));
                 });
}

bool Engine::AnswerRepeated(const LoginRequest& request, const LoginDone& done) {
  if (request.request_id.empty()) return false;
  const absl::StatusOr<Login> earlier = store_->GetByRequestId(request.caller, request.request_id);
  if (!earlier.ok()) return false;
  AnswerWith(*earlier, request, done);
  return true;
}

void Engine::AnswerWith(const Login& earlier, const LoginRequest& request, const LoginDone& done) {
  if (!AskForTheSame(*earlier.request, request)) {
    return done(absl::AlreadyExistsError(
        "request_id: it was used for a start with other contents; a new start needs a new one"));
  }
  GetLogin(request.caller, earlier.id, done);
}

void Engine::Replace(const std::string& pending, const Shared<LoginRequest>& request,
                     StartOptions start_options, const LoginDone& done) {
  start_options.replace_pending = false;  // once: another start may have come in between
  CancelLogin(request->caller, pending,
              [this, request, start_options, done](const absl::StatusOr<Login>& cancelled) {
                if (!cancelled.ok()) return done(cancelled.status());
                StartLogin(request, start_options, done);
              });
}

void Engine::OnCreated(StartUnderWay start, absl::StatusOr<Login> stored) {
  if (absl::IsDataLoss(stored.status())) {
    Log(LogLevel::kError, "A start is refused", {{"error", stored.status().message()}});
    return start.done(CannotStore());
  }
  if (!stored.ok()) return start.done(stored.status());
  if (stored->id != start.id) return AnswerWith(*stored, *start.request, start.done);
  if (start.place != nullptr) {
    start.place->Keep();
    start.hold->Keep();
  } else {  // what it seemed to repeat is gone since
    pending_.Add(stored->request->caller);
    numbers_.Add(*stored);
  }
  if (options_.on_start) options_.on_start(*stored);
  // In this order: whoever is told of the login and watches it finds it with the worker.
  Lane& lane = LaneOf(stored->id);
  lane.loop.Post([&lane, login = *stored, counted = std::move(start.counted)]() mutable {
    lane.worker->Begin(std::move(login));
  });
  start.done(std::move(stored));
}

void Engine::CheckUser(const Shared<LoginRequest>& question, UserCheckDone done) {
  if (const absl::Status ready = status(); !ready.ok()) return done(ready);
  const std::shared_ptr<const Settings> now = settings();
  const auto unit = now->sales_units.find(question->sales_unit);
  if (unit == now->sales_units.end()) {  // the config has changed since it was looked up
    return done(absl::NotFoundError("sales_unit: there is no such sales unit here"));
  }
  if (++user_checks_ > kMostUserChecks) {
    --user_checks_;
    return done(absl::ResourceExhaustedError(
        "too many phone numbers are being checked; try again in a moment"));
  }
  const auto build = [question](const ProviderMetadata& metadata, const Requester& caller) {
    return UserExistsRequest(metadata, caller, question->msisdn);
  };
  const auto finish = [this, question, done = std::move(done)](const HttpResult& result) {
    --user_checks_;
    const Outcome<UserExists> outcome = ReadUserExistsAnswer(result);
    LogUserCheck(question, outcome);
    done(AnswerOf(outcome));
  };
  Lane& lane = LaneOf(question->msisdn);
  lane.loop.Post([&lane, unit = unit->second, build, finish] {
    lane.calls->Send(unit, Proof::kSalesUnit, build, finish);
  });
}

void Engine::GetLogin(const std::string& caller, const std::string& id, LoginDone done) {
  Lane& lane = LaneOf(id);
  lane.loop.Post(
      [&lane, caller, id, done = std::move(done)] { lane.worker->Get(caller, id, done); });
}

void Engine::CancelLogin(const std::string& caller, const std::string& id, LoginDone done) {
  Lane& lane = LaneOf(id);
  lane.loop.Post(
      [&lane, caller, id, done = std::move(done)] { lane.worker->Cancel(caller, id, done); });
}

void Engine::CompleteLogin(const std::string& caller, const std::string& id, Callback callback,
                           std::shared_ptr<Watcher> watcher) {
  Lane& lane = LaneOf(id);
  lane.loop.Post([&lane, caller, id, callback = std::move(callback), watcher = std::move(watcher)] {
    lane.worker->Complete(caller, id, callback, watcher);
  });
}

void Engine::AcknowledgeLogin(const std::string& caller, const std::string& id,
                              Store::WriteDone done) {
  const absl::StatusOr<Login> stored = store_->Get(id);
  if (!stored.ok()) return done(stored.status());
  if (!IsOwn(*stored, caller)) {
    if (options_.on_trespass) options_.on_trespass(caller, "AcknowledgeLogin", *stored);
    return done(NoSuchLogin(id));
  }
  store_->Erase(id, std::move(done));
}

void Engine::Ping(const std::string& sales_unit, const std::string& auth_req_id) {
  // Whose login it is, the auth_req_id does not say: each lane looks into its own.
  for (const auto& lane : lanes_) {
    lane->loop.Post([lane = lane.get(), sales_unit, auth_req_id] {
      lane->worker->Ping(sales_unit, auth_req_id);
    });
  }
}

void Engine::WatchLogin(const std::string& caller, const std::string& id,
                        std::shared_ptr<Watcher> watcher) {
  Lane& lane = LaneOf(id);
  lane.loop.Post([&lane, caller, id, watcher = std::move(watcher)] {
    lane.worker->Watch(caller, id, watcher);
  });
}

absl::StatusOr<LoginPage> Engine::ListLogins(const ListQuery& query) { return store_->List(query); }

WebhookCalls& Engine::webhooks() { return *lanes_.front()->webhooks; }

absl::Status Engine::status() const { return lanes_.front()->provider->status(); }

Engine::Lane& Engine::LaneOf(const std::string& id) const {
  return *lanes_[absl::HashOf(id) % lanes_.size()];
}

size_t Engine::unfinished_logins() const {
  size_t count = 0;
  for (const auto& lane : lanes_) count += lane->worker->unfinished_logins();
  return count;
}

void Engine::EraseEnded() {
  const absl::Time now = clock_();
  store_->EraseEndedBefore(now - settings()->keep_ended, [](const absl::Status& status) {
    if (!status.ok())
      Log(LogLevel::kError, "Ended logins could not be erased", {{"error", status.message()}});
  });
  store_->EraseStartsBefore(now - settings()->number_limits.window, [](const absl::Status& status) {
    if (!status.ok())
      Log(LogLevel::kError, "Old starts could not be erased", {{"error", status.message()}});
  });
  lanes_.front()->erase_alarm->Set(now + kEraseInterval);
}

}  // namespace cibad
