// One login in a simulated world: its till, its daemon with a store and a network, the provider and
// the customer, on a clock that jumps from one happening to the next. Everything follows from the
// seed. The daemon is the engine's rule in its simplest form: one event at a time; write, then act,
// then tell; a crash falls back to what was written.
//
// What the world assumes: a request that the network carries arrives within kLongestWay or never,
// before the daemon hears that its connection broke, and before a killed daemon is up again.

#ifndef CIBAD_TESTS_SIMULATION_WORLD_H_
#define CIBAD_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/login/command.h"
#include "server/login/event.h"
#include "server/login/login.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/simulated_provider.h"

namespace cibad {

// How one login went.
struct Story {
  Login end;              // as it is stored
  std::string violation;  // the rule that was broken; empty: none
  std::vector<std::string> history;
  int steps = 0;
  int crashes = 0;
};

class World {
 public:
  World(uint64_t seed, bool keep_history);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Runs until nothing happens any more. Call once.
  Story Run();

 private:
  struct Happening {
    absl::Time time;
    uint64_t order;  // of two at one time, the earlier made is first
    std::function<void()> what;
  };
  static bool IsLater(const Happening& one, const Happening& other);
  void At(absl::Time time, std::function<void()> what);
  absl::Duration Way();
  absl::Duration CommitTime();

  // The daemon.
  void Deliver(int life, const Event& event);
  void TakeMail();
  void Happen(const Event& event);
  void Commit(int life, const std::vector<Command>& commands);
  void Act(const std::vector<Command>& commands);
  void Do(const SendBackchannelRequest&);
  void Do(const SendTokenRequest&);
  void Do(const CheckIdToken&);
  void Do(const FetchProfile&);
  void Do(const WakeAt& wake);
  template <typename Answered, typename Take>
  void Exchange(Take take);
  template <typename Answered>
  void AnswerAt(absl::Time time, int life, Answered answered);
  bool CrashHere();
  void Crash();
  void Restart();

  // What the daemon has heard for good, and what it told.
  void Hear();
  void Tell();

  // The last judgement.
  std::string Judge() const;
  bool FitsThePlan(const Login& end) const;
  bool FailsWithReason(FailureReason reason) const;
  absl::Time Deadline() const;

  void Hold(bool kept, const std::string& rule);
  template <typename... Words>
  void Note(const Words&... words) {
    if (keeps_history_) {
      story_.history.push_back(absl::StrCat(absl::FormatDuration(now_ - start_), "  ", words...));
    }
  }

  const bool keeps_history_;
  Random random_;
  const Plan plan_;
  SimulatedProvider provider_;
  const absl::Time start_;
  absl::Time now_;
  std::vector<Happening> happenings_;  // a heap, the next one at its front
  uint64_t order_ = 0;
  Story story_;

  Login memory_;
  Login stored_;
  Login told_;
  int life_ = 0;  // of the daemon: what was begun in an earlier one is void
  bool is_up_ = true;
  bool is_writing_ = false;
  bool request_is_under_way_ = false;
  uint64_t wake_ = 0;  // the WakeAt that counts
  std::deque<Event> mailbox_;
  Event event_;  // the last that was taken from the mailbox, and when
  absl::Time event_time_;

  bool answer_was_lost_ = false;  // of a request with an effect
  bool met_trouble_ = false;      // a request was refused or lost on the way
  bool heard_nonsense_ = false;
  bool heard_denial_ = false;
  bool heard_expiry_ = false;
  bool was_cancelled_ = false;
  absl::Time expiry_runs_from_ = absl::InfiniteFuture();
  absl::Time tokens_time_ = absl::InfiniteFuture();
  absl::Time restart_time_ = absl::InfinitePast();
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_WORLD_H_
