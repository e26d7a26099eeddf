#include "tests/integration/till_fleet.h"

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cibad/v1/login.grpc.pb.h"

namespace cibad {
namespace {

constexpr int kConnections = 4;
// What a till leaves between two tries, and its connection, at the most, between two of its own.
constexpr absl::Duration kPause = absl::Milliseconds(100);
constexpr int kMostReconnectMs = 100;

// Without HTTP/2's own sharing, so that the connections really are several.
std::shared_ptr<grpc::Channel> Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMostReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kMostReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMostReconnectMs);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

std::string Words(const grpc::Status& status) {
  return absl::StrCat("status ", status.error_code(), ", ", status.error_message());
}

}  // namespace

// What the tills have in common, and what keeps it alive until the last call has ended.
struct TillFleet::Shared {
  std::array<std::unique_ptr<v1::LoginService::Stub>, kConnections> stubs;

  std::mutex mutex;  // guards what follows, the tills' own members included
  std::condition_variable changed;
  std::vector<std::unique_ptr<FleetTill>> tills;
  int calls = 0;  // and alarms, that are under way
  bool hangs_up = false;

  FleetCounts Counts() const;  // under the mutex
};

// One till. What its functions are called by is gRPC's threads, one call after the other, but for a
// cancel, which goes on beside the watch. No gRPC call is made under the lock.
struct TillFleet::FleetTill {
  FleetTill(Shared* all, v1::LoginService::Stub* api, v1::StartLoginRequest start,
            std::optional<absl::Duration> cancel)
      : shared(*all), stub(*api), cancel_after(cancel) {
    record.request = std::move(start);
  }

  // One call, which goes with its end.
  struct Call {
    explicit Call(FleetTill* owner) : till(*owner) { context.set_wait_for_ready(true); }
    FleetTill& till;
    grpc::ClientContext context;
    v1::Login answer;
  };

  struct WatchCall : Call, grpc::ClientReadReactor<v1::Login> {
    using Call::Call;
    void OnReadDone(bool ok) override {
      if (!ok) return;
      till.OnTold(answer);
      StartRead(&answer);
    }
    void OnDone(const grpc::Status& status) override {
      FleetTill& owner = till;
      owner.End(this);
      delete this;
      owner.OnWatchEnded(status);
      owner.Leave();
    }
    v1::WatchLoginRequest request;
  };

  // Whether a call may be made; it has to be ended with End and Leave.
  bool Enter(Call* call) {
    const std::lock_guard lock(shared.mutex);
    if (shared.hangs_up) return false;
    ++shared.calls;
    calls.push_back(call);
    return true;
  }
  void End(Call* call) {
    const std::lock_guard lock(shared.mutex);
    std::erase(calls, call);
  }
  void Leave() {
    const std::lock_guard lock(shared.mutex);
    --shared.calls;
    shared.changed.notify_all();
  }

  void StartLogin() {
    auto call = std::make_shared<Call>(this);
    if (!Enter(call.get())) return;
    stub.async()->StartLogin(&call->context, &record.request, &call->answer,
                             [this, call](const grpc::Status& status) {
                               End(call.get());
                               if (status.ok()) OnTold(call->answer);
                               if (status.ok()) {
                                 WatchLogin();
                               } else if (OnBreak("StartLogin", status)) {
                                 Again(&FleetTill::StartLogin);
                               }
                               Leave();
                             });
  }

  void WatchLogin() {
    auto* call = new WatchCall(this);
    if (!Enter(call)) {
      delete call;
      return;
    }
    call->request.set_id(id);
    stub.async()->WatchLogin(&call->context, &call->request, call);
    call->StartRead(&call->answer);
    call->StartCall();
  }

  void CancelLogin() {
    auto call = std::make_shared<Call>(this);
    if (!Enter(call.get())) return;
    auto request = std::make_shared<v1::CancelLoginRequest>();
    request->set_id(id);
    stub.async()->CancelLogin(&call->context, request.get(), &call->answer,
                              [this, call, request](const grpc::Status& status) {
                                End(call.get());
                                if (!status.ok() && OnBreak("CancelLogin", status))
                                  Again(&FleetTill::CancelLogin);
                                if (status.ok() && call->answer.state() < v1::Login::COMPLETED)
                                  Mistake("CancelLogin gave a login that has not ended");
                                Leave();
                              });
  }

  // Tries again: the first time after the daemon's last word at once, as an eager till would.
  void Again(void (FleetTill::*what)()) {
    bool is_first = false;
    {
      const std::lock_guard lock(shared.mutex);
      is_first = breaks_in_a_row == 1;
    }
    Later(is_first ? absl::ZeroDuration() : kPause, what);
  }

  // Calls the function after a while.
  void Later(absl::Duration pause, void (FleetTill::*what)()) {
    grpc::Alarm* alarm = nullptr;
    {
      const std::lock_guard lock(shared.mutex);
      if (shared.hangs_up) return;
      ++shared.calls;
      alarm = &alarms.emplace_back();
    }
    alarm->Set(absl::ToChronoTime(absl::Now() + pause), [this, what](bool) {
      (this->*what)();
      Leave();
    });
  }

  void OnTold(const v1::Login& login) {
    bool cancels = false;
    {
      const std::lock_guard lock(shared.mutex);
      const v1::Login& before = record.last;
      if (login.state() < before.state() ||
          (before.state() >= v1::Login::COMPLETED &&
           login.SerializeAsString() != before.SerializeAsString()))
        MistakeLocked(absl::StrCat("told ", v1::Login::State_Name(login.state()), " after ",
                                   v1::Login::State_Name(before.state())));
      if (!id.empty() && id != login.id())
        MistakeLocked("the start's repetition gave another login");
      id = login.id();
      breaks_in_a_row = 0;
      if (break_time.has_value()) {
        record.pauses.push_back({.begin = *break_time, .end = absl::Now()});
        break_time.reset();
      }
      cancels =
          cancel_after.has_value() && login.state() == v1::Login::PENDING && !record.is_asked();
      record.was_confirmed |= login.state() == v1::Login::CONFIRMED;
      record.last = login;
      shared.changed.notify_all();
    }
    if (cancels) Later(*cancel_after, &FleetTill::CancelLogin);
  }

  void OnWatchEnded(const grpc::Status& status) {
    bool has_ended = false;
    {
      const std::lock_guard lock(shared.mutex);
      has_ended = record.has_ended();
    }
    if (status.ok() && !has_ended) Mistake("a watch ended before its login did");
    if (!has_ended && !status.ok() && OnBreak("WatchLogin", status)) Again(&FleetTill::WatchLogin);
  }

  // Whether to try again.
  bool OnBreak(absl::string_view call, const grpc::Status& status) {
    const std::lock_guard lock(shared.mutex);
    if (shared.hangs_up) return false;
    if (!break_time.has_value()) break_time = absl::Now();
    ++record.breaks;
    ++breaks_in_a_row;
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) return true;
    // gRPC itself drops a call like that which reaches a server in the moment that it stops.
    if (status.error_code() == grpc::StatusCode::CANCELLED) {
      ++record.dropped;
      return true;
    }
    MistakeLocked(absl::StrCat(call, ": ", Words(status)));
    return false;
  }

  void Mistake(const std::string& what) {
    const std::lock_guard lock(shared.mutex);
    MistakeLocked(what);
  }
  void MistakeLocked(const std::string& what) {
    if (record.mistake.empty()) record.mistake = what;
    shared.changed.notify_all();
  }

  Shared& shared;
  v1::LoginService::Stub& stub;
  const std::optional<absl::Duration> cancel_after;
  std::vector<Call*> calls;  // under way
  TillRecord record;
  std::string id;
  int breaks_in_a_row = 0;
  std::deque<grpc::Alarm> alarms;        // of Later; under the mutex
  std::optional<absl::Time> break_time;  // while the daemon is not to be reached
};

FleetCounts TillFleet::Shared::Counts() const {
  FleetCounts counts;
  for (const auto& till : tills) {
    const TillRecord& record = till->record;
    ++counts.tills;
    counts.accepted += till->id.empty() ? 0 : 1;
    counts.asked += record.is_asked() ? 1 : 0;
    counts.ended += record.has_ended() || !record.mistake.empty() ? 1 : 0;
  }
  return counts;
}

TillFleet::TillFleet(const std::string& address) : shared_(std::make_shared<Shared>()) {
  for (auto& stub : shared_->stubs) stub = v1::LoginService::NewStub(Connect(address));
}

TillFleet::~TillFleet() {
  std::unique_lock lock(shared_->mutex);
  shared_->hangs_up = true;
  for (const auto& till : shared_->tills) {
    for (FleetTill::Call* call : till->calls) call->context.TryCancel();
  }
  shared_->changed.wait(lock, [&] { return shared_->calls == 0; });
}

void TillFleet::Start(v1::StartLoginRequest request, std::optional<absl::Duration> cancel_after) {
  FleetTill* till = nullptr;
  {
    const std::lock_guard lock(shared_->mutex);
    auto& stub = shared_->stubs[shared_->tills.size() % kConnections];
    shared_->tills.push_back(
        std::make_unique<FleetTill>(shared_.get(), stub.get(), std::move(request), cancel_after));
    till = shared_->tills.back().get();
  }
  till->StartLogin();
}

void TillFleet::NoteTrouble() {
  const std::lock_guard lock(shared_->mutex);
  for (const auto& till : shared_->tills) {
    if (!till->record.is_asked()) till->record.was_starting_in_trouble = true;
  }
}

bool TillFleet::WaitUntil(const std::function<bool(const FleetCounts&)>& condition,
                          absl::Duration limit) {
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_for(lock, absl::ToChronoNanoseconds(limit),
                                   [&] { return condition(shared_->Counts()); });
}

FleetCounts TillFleet::Counts() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->Counts();
}

std::vector<TillRecord> TillFleet::Records() const {
  const std::lock_guard lock(shared_->mutex);
  std::vector<TillRecord> records;
  for (const auto& till : shared_->tills) records.push_back(till->record);
  return records;
}

}  // namespace cibad
