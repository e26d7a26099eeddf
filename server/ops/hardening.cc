#include "server/ops/hardening.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>

namespace cibad {

absl::Status HideMemory() {
  // Not dumpable: no core, not even into a pipe, for which the limit does not count; and /proc/PID
  // belongs to root.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return absl::ErrnoToStatus(errno,
                               "cannot keep this process out of core files (PR_SET_DUMPABLE)");
  }
  constexpr rlimit kNone = {0, 0};
  if (setrlimit(RLIMIT_CORE, &kNone) != 0) {
    return absl::ErrnoToStatus(errno, "cannot limit core files to nothing (RLIMIT_CORE)");
  }
  return absl::OkStatus();
}

}  // namespace cibad
