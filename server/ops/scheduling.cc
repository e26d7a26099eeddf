#include "server/ops/scheduling.h"

#include <sched.h>

#include <cerrno>

namespace cibad {

absl::Status PreferBatches() {
  constexpr int kThisThread = 0;
  if (sched_getscheduler(kThisThread) != SCHED_OTHER) return absl::OkStatus();
  constexpr sched_param kNoPriority = {0};
  if (sched_setscheduler(kThisThread, SCHED_BATCH, &kNoPriority) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "cannot have the daemon's threads take turns (SCHED_BATCH)");
}

}  // namespace cibad
