// What a worker's world (worker_world.h) is made of inside: its daemon, its tills, and the small
// questions that its parts ask.

#ifndef CIBAD_TESTS_SIMULATION_WORKER_WORLD_PARTS_H_
#define CIBAD_TESTS_SIMULATION_WORKER_WORLD_PARTS_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/worker_world.h"

namespace cibad {

inline constexpr std::array kWorkerCrashNames = {"while asking",         "while writing",
                                                 "after writing",        "while telling",
                                                 "while being answered", "at any time"};
static_assert(kWorkerCrashNames.size() == kWorkerCrashes);

// More than one screen may look at a login.
inline constexpr size_t kWatchesOfATill = 2;

class WorkerWorld::Http : public HttpClient {
 public:
  explicit Http(WorkerWorld& world) : world_(world) {}
  void Send(HttpRequest request, std::function<void(HttpResult)> done) override {
    world_.Send(request, std::move(done));
  }

 private:
  WorkerWorld& world_;
};

class WorkerWorld::TillWatch : public Watcher {
 public:
  TillWatch(WorkerWorld& world, Till& till, size_t place)
      : world_(world), till_(till), place_(place) {}
  void OnLogin(const Login& login) override;
  void OnRefused(const absl::Status& status) override;

  bool was_answered = false;
  std::vector<LoginState> heard;

 private:
  WorkerWorld& world_;
  Till& till_;
  const size_t place_;
};

struct WorkerWorld::Till {
  explicit Till(int customer) : index(customer) {}

  const int index;  // of its customer, too
  int starts = 0;
  bool start_is_under_way = false;
  bool has_id = false;
  std::string id;
  Login told;  // the latest, from whichever call; once it has an id

  struct Place {
    std::shared_ptr<TillWatch> watch;  // open
    bool is_wanted = false;
    int round = 0;  // of trying: an earlier one is void
  };
  std::array<Place, kWatchesOfATill> places;
  std::vector<LoginState> heard;  // by the first watch that was opened

  bool has_cancelled = false;  // the daemon has heard so
  int cancels_under_way = 0;

  // What went wrong around it.
  bool died_while_starting = false;
  bool push_broke_off = false;
  bool push_met_outage = false;
  bool push_never_left = false;
  std::optional<absl::Time> tokens_expire_time;  // once they are written
};

struct WorkerWorld::Daemon {
  explicit Daemon(WorkerWorld& world);

  SimulatedStore store;
  Http http;
  ProviderDirectory directory;
  AccessTokens access_tokens;  // that the sales unit here does without
  Worker worker;
  size_t requests = 0;  // of the worker's, under way
  bool commit_is_due = false;
  bool drains = false;
  bool is_drained = false;
  uint64_t worker_alarm = 0;  // the one that counts
  uint64_t directory_alarm = 0;
};

// The till whose login it is.
int TillOf(const Login& login);

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_WORKER_WORLD_PARTS_H_
