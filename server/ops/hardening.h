// Keeps what the daemon holds in memory from other programs of its user, and from core files.

#ifndef CIBAD_SERVER_OPS_HARDENING_H_
#define CIBAD_SERVER_OPS_HARDENING_H_

#include "absl/status/status.h"

namespace cibad {

// From now on the process leaves no core file, whatever the machine's limits and core_pattern, and
// only root may look into its memory or trace it. To be called before the first secret is read.
// INTERNAL: the kernel refuses it, which none does that is whole.
absl::Status HideMemory();

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_HARDENING_H_
