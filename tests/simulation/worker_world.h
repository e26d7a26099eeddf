// A world around the real worker (server/engine/worker.h): many logins at once, their tills and
// customers, the provider's HTTP endpoints, the network, the store, and a daemon that dies and
// comes back, on a clock that jumps from one happening to the next. All follows from the seed.
//
// The daemon is the real Worker and ProviderDirectory; what the engine does around them (threads,
// the order of a start) is played here. A crash strikes between two calls into the worker, or
// within one: then nothing that the worker does after that point is seen by anyone.
//
// What the world assumes: a request that the network carries arrives within 0.9 seconds, or as
// long after its connection broke, or never.

#ifndef CIBAD_TESTS_SIMULATION_WORKER_WORLD_H_
#define CIBAD_TESTS_SIMULATION_WORKER_WORLD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/engine/access_tokens.h"
#include "server/engine/provider_directory.h"
#include "server/engine/worker.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/describe.h"
#include "tests/simulation/http_provider.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/prepared_tokens.h"
#include "tests/simulation/random.h"
#include "tests/simulation/simulated_store.h"

namespace cibad {

// What is to happen to a world as a whole; what happens to each login is its Plan.
struct WorldPlan {
  bool is_calm = false;  // nothing is in the way of what customers decide
  int crashes = 0;       // percent of moments of one kind (WorkerCrash)
  std::vector<absl::Duration> crash_times;
  std::vector<absl::Duration> drain_times;  // SIGTERM, and started again
  int disk_errors = 0;                      // percent of commits that fail
  int refused_writes = 0;                   // percent, at once
  Spell disk_is_full;
  Spell network_is_down;

  bool HasDiskTrouble() const {
    return disk_errors > 0 || refused_writes > 0 || disk_is_full.length > absl::ZeroDuration();
  }
};

enum class WorkerCrash {
  kWhileAsking,         // a request is about to leave, or has just left
  kWhileWriting,        // a write is about to wait, or has just begun to
  kAfterWriting,        // it is on the disk, and the worker does not know
  kWhileTelling,        // a till is about to hear, or just did
  kWhileBeingAnswered,  // the provider has made up its mind
  kAnywhere,
};
inline constexpr size_t kWorkerCrashes = static_cast<size_t>(WorkerCrash::kAnywhere) + 1;

// How one world went.
struct WorkerStory {
  std::string violation;  // "invariant: what it promises"; empty: none
  std::vector<std::string> history;
  std::array<int, static_cast<size_t>(LoginState::kFailed) + 1> ends{};
  std::array<int, kWorkerCrashes> crashes{};
  int lives = 0;
  int drains = 0;
  int failed_writes = 0;
  int refused_writes = 0;
  int cancels = 0;  // that were answered
  int watches = 0;
  int gets = 0;
};

class WorkerWorld {
 public:
  WorkerWorld(uint64_t seed, bool keep_history);
  ~WorkerWorld();
  WorkerWorld(const WorkerWorld&) = delete;
  WorkerWorld& operator=(const WorkerWorld&) = delete;

  // Runs until every till has heard of an end. Call once.
  WorkerStory Run();

 private:
  // A request on its way.
  struct Exchange {
    Target target;
    std::function<void(HttpResult)> done;
    absl::Time hang_up;
    int life = 0;
    bool is_over = false;  // `done` was called, or its daemon died
  };
  class Http;       // the worker's and the directory's client
  class TillWatch;  // an open WatchLogin
  struct Till;      // one login from outside
  struct Daemon;    // one life

  absl::Time now() const { return agenda_.now(); }
  absl::Duration age() const { return now() - BeginOfWorlds(); }
  absl::Duration Way();
  // Whether there is a daemon that is not about to be dead.
  bool IsUp() const { return daemon_ != nullptr && !is_dying_; }
  // Has this life of the daemon do something at `time`.
  void DaemonAt(absl::Time time, std::function<void()> what);
  // Calls `on_alarm` at `time`, unless the alarm is set anew before.
  void Ring(absl::Time time, uint64_t& alarm, const std::function<void()>& on_alarm);
  bool Hold(bool kept, const Invariant& invariant, absl::string_view detail = "");
  bool AllHaveHeard() const;
  void JudgeAll();

  // How the daemon lives and dies.
  void Boot();
  void CrashHere(WorkerCrash point);
  void Die(WorkerCrash point);
  void Drain();
  void StopDraining();
  void GoDown(absl::Duration down_time);

  // Its disk.
  void OnWaiting();
  void CommitGroup();
  void RetryDisk();
  bool DiskFails();
  bool Refuses(const Login& login);
  void OnCommit(const Login* before, const Login& after);

  // Its network.
  void Send(const HttpRequest& request, std::function<void(HttpResult)> done);
  void CheckIsWritten(const Target& target);
  void Travel(const std::shared_ptr<Exchange>& exchange, absl::Duration timeout, int trouble);
  void ArriveAt(absl::Time time, const std::shared_ptr<Exchange>& exchange, int trouble);
  void AnswerAt(absl::Time time, const std::shared_ptr<Exchange>& exchange, HttpResult result);

  // Its tills.
  void StartLogin(Till& till);
  void OnStarted(Till& till, const std::string& id, absl::StatusOr<Login> stored);
  void PlanCalls(Till& till);
  void WatchLogin(Till& till, size_t place, int round);
  void WatchAgain(Till& till, size_t place, absl::Duration wait);
  void HangUp(Till& till, size_t place);
  void LoseDaemon(Till& till);
  void GetLogin(Till& till);
  void CancelLogin(Till& till);
  void OnTold(Till& till, const Login& login);
  void OnRefused(Till& till, size_t place, const absl::Status& status);

  void JudgeEnd(const Till& till, const Login& end);
  bool MayHaveFailed(const Till& till, const Login& end);

  // Adds a line to the history. What it costs to make one is paid only where it is kept.
  template <typename... Things>
  void Note(const Things&... things) {
    if (!keeps_history_) return;
    std::string line = absl::FormatDuration(age()) + " ";
    (absl::StrAppend(&line, " ", Describe(things)), ...);
    story_.history.push_back(std::move(line));
  }

  const bool keeps_history_;
  Random random_;
  const WorldPlan plan_;
  Agenda agenda_;
  HttpProvider provider_;
  SimulatedDisk disk_;
  WorkerStory story_;
  std::vector<std::unique_ptr<Till>> tills_;

  std::unique_ptr<Daemon> daemon_;  // null: it is down
  int life_ = 0;
  bool is_dying_ = false;  // what it still does is seen by nobody
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_WORKER_WORLD_H_
