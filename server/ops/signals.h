// The signals that end or wake the daemon, as something that main waits for, instead of handlers in
// which next to nothing is allowed.

#ifndef CIBAD_SERVER_OPS_SIGNALS_H_
#define CIBAD_SERVER_OPS_SIGNALS_H_

#include <csignal>
#include <optional>

#include "absl/time/time.h"

namespace cibad {

// Holds back SIGTERM, SIGINT and SIGHUP from the calling thread and every thread that it starts
// afterwards, and ignores SIGPIPE and SIGXFSZ: a peer that goes away and a file that may not grow
// are errors of a write, not the end of the process. So it is the first thing that main makes,
// before any thread. Undone when it is destroyed, but for the ignored ones.
class SignalWaiter {
 public:
  SignalWaiter();
  ~SignalWaiter();
  SignalWaiter(const SignalWaiter&) = delete;
  SignalWaiter& operator=(const SignalWaiter&) = delete;

  // Waits for the next of the three, also one that came before the call, and gives its number.
  // Nothing: none came within the limit, or the process had been stopped and went on.
  std::optional<int> Wait(absl::Duration limit);

 private:
  sigset_t awaited_;
  sigset_t previous_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_SIGNALS_H_
