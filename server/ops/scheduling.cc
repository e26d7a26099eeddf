#include "server/ops/scheduling.h"

#include <sched.h>
#include <sys/resource.h>

#include <cerrno>

namespace cibad {
namespace {

constexpr int kThisThread = 0;

}  // namespace

absl::Status PreferBatches() {
  if (sched_getscheduler(kThisThread) != SCHED_OTHER) return absl::OkStatus();
  constexpr sched_param kNoPriority = {0};
  if (sched_setscheduler(kThisThread, SCHED_BATCH, &kNoPriority) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, "cannot have the daemon's threads take turns (SCHED_BATCH)");
}

AheadOfOthers::AheadOfOthers() : nice_(getpriority(PRIO_PROCESS, kThisThread)) {
  if (setpriority(PRIO_PROCESS, kThisThread, nice_ - kLead) == 0) return;
  status_ = absl::ErrnoToStatus(errno, "cannot lower a thread's nice value (RLIMIT_NICE)");
}

AheadOfOthers::~AheadOfOthers() { setpriority(PRIO_PROCESS, kThisThread, nice_); }

}  // namespace cibad
