// One worker: it owns some of the logins and drives them all on one thread. It feeds events to Step
// (login/step.h) and carries out the commands that come back, by one rule: write, then act, then
// tell. What it needs from outside (HTTP, store, time, its thread) comes through interfaces, so the
// whole of it runs in tests and in the simulation as it runs in the daemon.

#ifndef CIBAD_SERVER_ENGINE_WORKER_H_
#define CIBAD_SERVER_ENGINE_WORKER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/engine/access_tokens.h"
#include "server/engine/login_reports.h"
#include "server/engine/provider_directory.h"
#include "server/engine/sales_unit_calls.h"
#include "server/engine/wake_heap.h"
#include "server/engine/watcher.h"
#include "server/http/clock.h"
#include "server/http/http_client.h"
#include "server/login/step.h"
#include "server/provider/callback_query.h"
#include "server/provider/sales_unit.h"
#include "server/store/store.h"

namespace cibad {

class Worker {
 public:
  struct Environment {
    HttpClient* http = nullptr;
    Store* store = nullptr;
    ProviderDirectory* provider = nullptr;
    AccessTokens* access_tokens = nullptr;
    std::shared_ptr<const SalesUnits> sales_units;
    Clock clock;       // for intervals and deadlines
    Clock wall_clock;  // for what the provider's clock wrote: `exp`, `iat`
    LoginReports reports;
    // Has OnAlarm called at this time, on the worker's thread; replaces the time set before.
    std::function<void(absl::Time)> set_alarm;
    // Runs a closure on the worker's thread, later, in order. From any thread.
    std::function<void(std::function<void()>)> post;
  };
  using LoginDone = std::function<void(absl::StatusOr<Login>)>;

  // More watchers of one login are refused: it has one till.
  static constexpr size_t kMostWatchers = 16;

  explicit Worker(Environment environment)
      : environment_(std::move(environment)),
        calls_({.http = environment_.http,
                .provider = environment_.provider,
                .access_tokens = environment_.access_tokens,
                .post = environment_.post}) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // All of these are called on the worker's thread.

  // Takes over a login that has just been made durable, and asks the customer.
  void Begin(Login login);

  // Takes over an unfinished login that the store still had at start; nothing happens to it until
  // Recover.
  void Hold(Login login);

  // Goes on with the logins that are held, in the order of their coming; see Recovered. The first
  // polls are `pace` apart.
  void Recover(absl::Duration pace);

  // Ends a login for its till; `done` gets it as it then is. One that has ended before is given
  // unchanged. NOT_FOUND. UNAVAILABLE: it is durable, and Begin is about to be called for it (the
  // watcher of such a login is refused with that, too); or its end cannot be stored now, and it may
  // end yet.
  void Cancel(const std::string& caller, const std::string& id, LoginDone done);

  // Goes on with what the customer's browser brought for a login that finishes on a web page;
  // `watcher` is told of the login from then on. It is refused, and the login stays as it is:
  // NOT_FOUND; FAILED_PRECONDITION: it finishes in the app, or has ended; ABORTED: a code of it is
  // being exchanged; UNAVAILABLE: the customer has not been asked yet, or the login is just being
  // written; INVALID_ARGUMENT: the `state` is not that of the login.
  void Complete(const std::string& caller, const std::string& id, const Callback& callback,
                const std::shared_ptr<Watcher>& watcher);

  // Gives the login as it is. NOT_FOUND.
  void Get(const std::string& caller, const std::string& id, const LoginDone& done);

  // Takes up a proven ping (10.2), where it concerns a login of this worker's that waits for one.
  void Ping(const std::string& sales_unit, const std::string& auth_req_id);

  // Has `watcher` told of the login from now on.
  void Watch(const std::string& caller, const std::string& id,
             const std::shared_ptr<Watcher>& watcher);

  // The credentials from now on. A login that is under way goes on as the client that it was
  // started by: it gets its sales unit's new secret, but keeps the old credentials where its sales
  // unit is gone or has become another client, to which its `auth_req_id` means nothing.
  void SetSalesUnits(std::shared_ptr<const SalesUnits> sales_units);

  // A time that was set with set_alarm has come.
  void OnAlarm();

  // Begins no more requests, and calls `done` when those under way, and all writes, have ended.
  // What remains is recovered at the next start.
  void Drain(std::function<void()> done);

  // From any thread.
  size_t unfinished_logins() const { return unfinished_logins_.load(std::memory_order_relaxed); }

 private:
  // An unfinished login and what hangs on it.
  struct Entry : WakeSlot {
    Login login;                                        // as it is durable, acted on and told
    std::shared_ptr<const SalesUnits> sales_units;      // that its credentials are in
    CredentialsWatch::Standing* credentials = nullptr;  // what its sales unit's answers tell
    std::unique_ptr<Transition> written;                // the next, while it is being written
    bool write_failed = false;                          // and is to be tried again
    bool trouble_is_known = false;   // that it could not be written is in the log
    std::vector<Event> waiting;      // what came meanwhile: at most an answer, a ping and a cancel
    std::optional<size_t> ping_key;  // under which pingable_ has it
    std::vector<std::weak_ptr<Watcher>> watchers;
    std::vector<LoginDone> cancels;  // who waits for the login's end
  };

  // Entries are found by their login's id, which they hold anyway.
  struct IdOf {
    using is_transparent = void;
    static absl::string_view Of(absl::string_view id) { return id; }
    static absl::string_view Of(const std::unique_ptr<Entry>& entry) { return entry->login.id; }
  };
  struct HashOfId : IdOf {
    size_t operator()(const auto& one) const { return absl::HashOf(Of(one)); }
  };
  struct SameId : IdOf {
    bool operator()(const auto& one, const auto& other) const { return Of(one) == Of(other); }
  };

  absl::Status CanComplete(const std::string& caller, const std::string& id,
                           const Callback& callback);
  Entry* Find(const std::string& id);
  // Null: the worker has no such login of the caller's.
  Entry* FindOwn(const std::string& caller, const std::string& id);
  // From the store, for that RPC. NOT_FOUND, in the same words, where it is another caller's; that
  // is reported.
  absl::StatusOr<Login> GetStored(const std::string& caller, const std::string& id,
                                  absl::string_view rpc);
  Entry& Insert(Login login);

  // The rule: Handle decides, Write makes durable, Apply acts and tells.
  void Handle(Entry& entry, const Event& event);
  Transition Decide(const Entry& entry, const Event& event);
  void Write(Entry& entry);
  void OnWritten(const std::string& id, const absl::Status& status);
  void OnWriteFailed(Entry& entry, const absl::Status& status);
  void Apply(Entry& entry, Transition transition);
  void Tell(Entry& entry);
  void Forget(Entry& entry);

  // Has pings find the login, once it has an auth_req_id and waits for them.
  void MakePingable(Entry& entry);

  void Perform(Entry& entry, const Command& command);
  void Do(Entry& entry, const CheckUser& command);
  void Do(Entry& entry, const SendBackchannelRequest& command);
  void Do(Entry& entry, const SendTokenRequest& command);
  void Do(Entry& entry, const ExchangeCode& command);
  void Do(Entry& entry, const CheckIdToken& command);
  void Do(Entry& entry, const FetchProfile& command);
  void Do(Entry& entry, const WakeAt& command);

  using BuildRequest = HttpRequest (*)(const ProviderMetadata&, const Requester&, const Login&);
  using ReadResult = Event (*)(const HttpResult&);
  // Sends the provider a request for the login; what `read` makes of the result comes back to it as
  // an event.
  void Ask(const Entry& entry, Proof proof, BuildRequest build, ReadResult read);
  // Null: the config had no such sales unit when the login began.
  static const SalesUnit* UnitOf(const Entry& entry);

  // What is to be said of the ID token that the login has in hand. Nothing: its key is not among
  // those that are known now.
  std::optional<IdTokenOutcome> CheckIdTokenOf(const Entry& entry, const Login& login) const;
  void RefetchKeys(const std::string& id);
  void OnKeys(const std::string& id, const absl::Status& status);

  // Has the event come to the login later, as if from outside.
  void PostEvent(const std::string& id, Event event);
  void OnEvent(const std::string& id, const Event& event);

  void SetAlarm();
  void CheckDrained();

  Environment environment_;
  SalesUnitCalls calls_;
  absl::flat_hash_set<std::unique_ptr<Entry>, HashOfId, SameId> entries_;
  // By a hash of sales unit and auth_req_id. Where two are alike the later one is found, and the
  // other has its fallback.
  std::unordered_map<size_t, Entry*> pingable_;
  std::atomic<size_t> unfinished_logins_ = 0;  // the size of entries_
  std::vector<std::string> held_;              // ids
  WakeHeap wakes_;
  absl::Time alarm_time_ = absl::InfiniteFuture();
  size_t requests_in_flight_ = 0;
  size_t writes_in_flight_ = 0;
  std::function<void()> drained_;  // set: draining
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_WORKER_H_
