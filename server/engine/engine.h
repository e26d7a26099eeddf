// The engine: a few workers, each with its own thread, event loop and HTTP client, and the
// provider's directory that they share. A login belongs to one worker, by its id, so its state is
// never shared and never locked. This class is the door that the API comes in by; its calls hand
// over and return at once.

#ifndef CIBAD_SERVER_ENGINE_ENGINE_H_
#define CIBAD_SERVER_ENGINE_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/engine/credentials_watch.h"
#include "server/engine/login_reports.h"
#include "server/engine/number_guard.h"
#include "server/engine/pending_counts.h"
#include "server/engine/watcher.h"
#include "server/engine/webhook_calls.h"
#include "server/http/clock.h"
#include "server/http/curl_client.h"
#include "server/login/login.h"
#include "server/login/outcome.h"
#include "server/ops/metrics.h"
#include "server/provider/callback_query.h"
#include "server/provider/sales_unit.h"
#include "server/store/store.h"

namespace cibad {

class Engine {
 public:
  // What may change while the engine runs.
  struct Settings {
    SalesUnits sales_units;
    std::string ca_file;  // as in CurlClientOptions
    std::string proxy;
    size_t most_unfinished_logins = 200'000;  // more are refused
    NumberGuard::Limits number_limits;
    // So that a till that reconnects still gets its result.
    absl::Duration keep_ended = absl::Minutes(15);
  };
  struct Options {
    std::string issuer;
    std::string user_agent = "cibad";
    int workers = 0;                                // 0: one for each core
    absl::Duration drain_limit = absl::Seconds(5);  // for requests under way when the engine stops
    std::function<void()> on_ready;  // discovery has succeeded; from a worker's thread
    // The provider refuses a sales unit's credentials, or no longer; from any thread.
    CredentialsWatch::OnChange on_credentials;
    // A new login is durable; from a thread of the store's.
    std::function<void(const Login&)> on_start;
    // A login's end is durable; from a worker's thread, before its watchers hear of it.
    std::function<void(const Login&)> on_end;
    // From any thread.
    LoginReports::OnTrespass on_trespass;
    Metrics* metrics = nullptr;  // must outlive the engine; null: nobody counts
  };
  // How to take a start that is no part of the login.
  struct StartOptions {
    int64_t most_of_caller = 0;  // logins of the request's caller that may be unfinished
    // Cancels the login of the caller's own that is in the way, if there is one.
    bool replace_pending = false;
  };
  // Called once, from a thread of the engine's or the store's; must be short.
  using LoginDone = std::function<void(absl::StatusOr<Login>)>;
  using UserCheckDone = std::function<void(const absl::StatusOr<UserExists>&)>;

  // More questions whether a user exists are refused while so many are under way.
  static constexpr int kMostUserChecks = 200;

  // `store` must outlive the engine.
  Engine(Options options, Settings settings, Store* store);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Takes up every unfinished login in the store. DATA_LOSS or UNAVAILABLE: the store cannot be
  // read; nothing has happened to any login then. To be called before Start, and before any other
  // call can come, so that whoever asks finds them.
  absl::Status Recover();

  // Begins to work.
  void Start();

  // Goes on with other settings, without dropping anything; may be called while the engine runs, by
  // one thread at a time.
  void Apply(Settings settings);

  // Lets what is under way finish, for a bounded time, and stops. What is unfinished waits in the
  // store. No call may come during or after this.
  void Stop();

  // Makes the login durable, gives it back, and has the customer asked. UNAVAILABLE: the provider
  // is not known yet, or the store does not take it. RESOURCE_EXHAUSTED: too many are unfinished in
  // all, or of the caller's, or the customer has been asked too often. ALREADY_EXISTS, too: a login
  // of the customer is pending at the sales unit.
  // ALREADY_EXISTS: the `request_id` was used for something else; used for the same, it gives that
  // login as it now is.
  void StartLogin(const Shared<LoginRequest>& request, const StartOptions& start_options,
                  LoginDone done);

  // Asks the provider whether somebody with this phone number can log in to the sales unit; nothing
  // else is read of the request. What it cannot say is a status of call_status.h. NOT_FOUND: no
  // such sales unit. RESOURCE_EXHAUSTED: too many such questions are under way, here or there.
  void CheckUser(const Shared<LoginRequest>& question, UserCheckDone done);

  // To the calls that follow another caller's login is one that does not exist: NOT_FOUND.

  // The login as it is now. NOT_FOUND.
  void GetLogin(const std::string& caller, const std::string& id, LoginDone done);

  // Ends the login, if it has not ended; gives it as it then is. NOT_FOUND.
  void CancelLogin(const std::string& caller, const std::string& id, LoginDone done);

  // Goes on with what the customer's browser brought, and tells `watcher` of the login until it has
  // ended; or refuses it, as Worker::Complete says.
  void CompleteLogin(const std::string& caller, const std::string& id, Callback callback,
                     std::shared_ptr<Watcher> watcher);

  // Erases an ended login. NOT_FOUND. FAILED_PRECONDITION: it has not ended.
  void AcknowledgeLogin(const std::string& caller, const std::string& id, Store::WriteDone done);

  // Takes up a ping that is proven to come from the provider, for that sales unit. Whether a login
  // waits for it is seen later; one that nobody knows changes nothing.
  void Ping(const std::string& sales_unit, const std::string& auth_req_id);

  // Tells the watcher of the login, from now on and for as long as it lives.
  void WatchLogin(const std::string& caller, const std::string& id,
                  std::shared_ptr<Watcher> watcher);

  // A page of the caller's logins. Waits for the disk. INVALID_ARGUMENT: a page token that is none.
  absl::StatusOr<LoginPage> ListLogins(const ListQuery& query);

  // The sales units' webhooks at the provider.
  WebhookCalls& webhooks();

  // OK once discovery has succeeded; before, UNAVAILABLE and why.
  absl::Status status() const;

  size_t unfinished_logins() const;

 private:
  struct Lane;
  // A start that is being made durable.
  struct StartUnderWay {
    Shared<LoginRequest> request;
    std::string id;                               // of the login that it makes
    std::shared_ptr<void> counted;                // in starts_, for as long as it lives
    std::shared_ptr<PendingCounts::Place> place;  // among its caller's; null: it is a repetition
    std::shared_ptr<NumberGuard::Hold> hold;      // likewise
    LoginDone done;
  };

  // How often which customers were asked before the restart.
  absl::Status TakeUpStarts();
  Lane& LaneOf(const std::string& id) const;
  // Gives the login of an earlier start with the request's request_id, and true, if there is one:
  // what repeats it is answered whatever the limits are.
  bool AnswerRepeated(const LoginRequest& request, const LoginDone& done);
  void AnswerWith(const Login& earlier, const LoginRequest& request, const LoginDone& done);
  // Cancels the login that is in the way of the request's start, and starts again.
  void Replace(const std::string& pending, const Shared<LoginRequest>& request,
               StartOptions start_options, const LoginDone& done);
  void OnCreated(StartUnderWay start, absl::StatusOr<Login> stored);
  std::shared_ptr<const Settings> settings() const;
  void EraseEnded();
  void StartThreads();
  void StopThreads();
  void Drain();

  const Options options_;
  Store* const store_;
  const Clock clock_;
  std::atomic<size_t> starts_ = 0;  // under way, and not yet a worker's
  CredentialsWatch credentials_;
  PendingCounts pending_;
  NumberGuard numbers_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::atomic<int> user_checks_ = 0;  // under way

  mutable std::mutex settings_mutex_;
  std::shared_ptr<const Settings> settings_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_ENGINE_H_
