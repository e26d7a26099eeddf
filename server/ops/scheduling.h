// How the kernel shares a processor among the daemon's threads. A login goes through several of
// them (gRPC's, the store's, a worker's), each of which wakes the next. That the one that is woken
// pushes aside the one that woke it would cost a change of threads at each step, and what the
// waker would have handed over together would be handed over one by one. And the one that all the
// others wait for should not wait for them.

#ifndef CIBAD_SERVER_OPS_SCHEDULING_H_
#define CIBAD_SERVER_OPS_SCHEDULING_H_

#include "absl/status/status.h"

namespace cibad {

// Has this thread, and those that it starts from now on, finish what they are at before another of
// them is let on (SCHED_BATCH, sched(7)). An operator's own choice of a policy stays as it is.
// The kernel's refusal as a status: all works as well, and costs more.
absl::Status PreferBatches();

// While it lives, what this thread starts goes before the daemon's other threads where both could
// run: its nice value is lower by kLead, twice the share of a processor that is fought over. For
// the store's thread, because each step of every login waits for its commits.
class AheadOfOthers {
 public:
  static constexpr int kLead = 3;

  AheadOfOthers();
  ~AheadOfOthers();
  AheadOfOthers(const AheadOfOthers&) = delete;
  AheadOfOthers& operator=(const AheadOfOthers&) = delete;

  // The kernel's refusal (a nice value below zero is the operator's to allow, RLIMIT_NICE): all
  // works as well, and is answered later under load.
  const absl::Status& status() const { return status_; }

 private:
  const int nice_;  // of the thread, before
  absl::Status status_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_SCHEDULING_H_
