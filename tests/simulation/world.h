// One login in a simulated world: its till, its daemon with a store and a network, the provider and
// the customer, on a clock that jumps from one happening to the next. Everything follows from the
// seed. The daemon is the engine's rule in its simplest form: one event at a time; write, then act,
// then tell; a crash falls back to what was written.
//
// What the world assumes: a request that the network carries arrives within kLongestWay, or at most
// 0.9 seconds after the daemon heard that its connection broke, or was up again after it was
// killed, or never.

#ifndef CIBAD_TESTS_SIMULATION_WORLD_H_
#define CIBAD_TESTS_SIMULATION_WORLD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/command.h"
#include "server/login/event.h"
#include "server/login/login.h"
#include "tests/simulation/agenda.h"
#include "tests/simulation/describe.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/simulated_provider.h"

namespace cibad {

// The moments at which the daemon is killed.
enum class CrashPoint {
  kBeforeWriting,       // decided, but nothing of it is on the disk
  kWhileWriting,        // nobody knows whether it is
  kAfterWriting,        // and before acting
  kAfterActing,         // and before telling
  kWhileAsking,         // the provider has the request
  kWhileBeingAnswered,  // it has taken effect, and the answer is on its way
  kAfterFailedWriting,  // before the write is tried again
  kWhileRecovering,     // up again, and what is stored not yet taken up
  kAnywhere,            // at a time that has nothing to do with the daemon's doings
};
inline constexpr size_t kCrashPoints = static_cast<size_t>(CrashPoint::kAnywhere) + 1;

// How one login went.
struct Story {
  std::optional<Login> end;  // as it is stored; none: the start was refused
  std::string violation;     // "invariant: what it promises"; empty: none
  std::vector<std::string> history;
  int steps = 0;
  int restarts = 0;
  int failed_writes = 0;
  int stale_events = 0;  // that came when nobody waited for them
  int codes = 0;         // and errors in place of one, each as often as it was brought
  int exchanges = 0;     // of codes, that were begun
  std::array<int, kCrashPoints> crashes{};
};

class World {
 public:
  World(uint64_t seed, bool keep_history);
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Runs until nothing happens any more. Call once.
  Story Run();

 private:
  absl::Time now() const { return agenda_.now(); }
  absl::Time daemon_now() const { return now() + clock_error_; }
  absl::Duration Way();
  absl::Duration CommitTime();

  // Has the daemon do something at `time`: not if it has died by then, and later if it is stopped.
  void DaemonAt(absl::Time time, std::function<void()> what);

  // The daemon: what it does with events.
  void Start();
  void Deliver(const Event& event);
  void TakeMail();
  void Happen(const Event& event);
  void Act(const Commands& commands);
  void Tell();

  // What it writes.
  void BeginWriting();
  void Write();
  void OnWritten();
  void OnWriteFailed();
  void Keep();
  bool DiskFails();

  // What it asks for.
  void Do(const CheckUser&);
  void Do(const SendBackchannelRequest&);
  void Do(const SendTokenRequest&);
  void Do(const ExchangeCode&);
  void Do(const CheckIdToken&);
  void Do(const FetchProfile&);
  void Do(const WakeAt& wake);
  template <typename Answered, typename Arrive, typename Answer>
  void Exchange(Arrive arrive, Answer answer);
  template <typename Answered, typename Answer>
  void AwaitAnswer(Answer answer, int number, absl::Duration thinking, int life,
                   absl::Time hang_up);
  void AnswerAt(absl::Time time, Event event);
  void ComeStale(const Event& event);

  // How it dies and comes back.
  bool CrashHere(CrashPoint point);
  void Crash(CrashPoint point);
  void Terminate();
  void StopIfDrained();
  void GoDown(absl::Duration down_time);
  void Restart();

  // The till, and the web page that the customer's browser comes to.
  void AskToCancel();
  void BringCode();

  // The provider's pings.
  void SendPings();
  void Ping();
  bool IsPingHeeded() const;

  // What is known for good, and how long to wait after it.
  void Hear();
  void HearOfToken(const Outcome<TokenAnswer>& outcome);

  bool Hold(bool kept, const Invariant& invariant, absl::string_view detail = "");
  // Adds a line to the history. What it costs to make one is paid only where it is kept.
  template <typename... Things>
  void Note(const Things&... things) {
    if (!keeps_history_) return;
    std::string line = absl::FormatDuration(now() - start_) + " ";
    (absl::StrAppend(&line, " ", Describe(things)), ...);
    story_.history.push_back(std::move(line));
  }

  const bool keeps_history_;
  Random random_;
  const Plan plan_;
  Agenda agenda_;
  SimulatedProvider provider_;
  const absl::Time start_;
  Story story_;
  Record record_;

  Login memory_;
  Login stored_;
  Login told_;
  bool is_stored_ = false;  // from the start's commit on
  bool is_told_ = false;    // from the start's answer on
  int life_ = 0;            // of the daemon: what was begun in an earlier one is void
  bool is_up_ = true;
  absl::Time boot_time_ = absl::InfinitePast();  // of this life
  bool is_draining_ = false;
  absl::Duration clock_error_;  // of the daemon's clock in this life

  bool is_writing_ = false;
  bool write_has_failed_ = false;  // and is to be tried again
  bool is_heard_ = false;          // what is being written is on the disk, whatever the disk says
  absl::Time write_begin_;
  Commands commands_;  // that wait for the write

  size_t under_way_ = 0;  // the index of the event that answers the request under way; 0: none
  bool may_have_asked_ = false;  // a backchannel request left, in this life or an earlier one
  int unanswered_requests_ = 0;
  absl::Time not_before_ = absl::InfinitePast();  // may the provider be asked again
  absl::Time retry_time_ = absl::InfinitePast();  // the same by Retry-After alone
  absl::Duration clock_error_when_heard_;
  uint64_t wake_ = 0;                              // the WakeAt that counts
  absl::Time ping_time_ = absl::InfiniteFuture();  // of the first that no poll has followed yet
  absl::Time last_answer_ = absl::InfinitePast();  // that the interval is counted from
  std::deque<Event> mailbox_;
  Event event_;  // the last that was taken up, and when
  absl::Time event_time_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_WORLD_H_
