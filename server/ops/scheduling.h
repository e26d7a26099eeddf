// How the kernel shares a processor among the daemon's threads. A login goes through several of
// them (gRPC's, the store's, a worker's), each of which wakes the next. That the one that is woken
// pushes aside the one that woke it would cost a change of threads at each step, and what the
// waker would have handed over together would be handed over one by one.

#ifndef CIBAD_SERVER_OPS_SCHEDULING_H_
#define CIBAD_SERVER_OPS_SCHEDULING_H_

#include "absl/status/status.h"

namespace cibad {

// Has this thread, and those that it starts from now on, finish what they are at before another of
// them is let on (SCHED_BATCH, sched(7)). An operator's own choice of a policy stays as it is.
// The kernel's refusal as a status: all works as well, and costs more.
absl::Status PreferBatches();

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_SCHEDULING_H_
