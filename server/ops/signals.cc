#include "server/ops/signals.h"

#include <cassert>
#include <cerrno>
#include <initializer_list>

namespace cibad {

SignalWaiter::SignalWaiter() : awaited_(), previous_() {
  sigemptyset(&awaited_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&awaited_, signal);
  const int error = pthread_sigmask(SIG_BLOCK, &awaited_, &previous_);
  assert(error == 0);  // it fails only for a first argument that is none
  static_cast<void>(error);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

SignalWaiter::~SignalWaiter() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }

int SignalWaiter::Wait() {
  int signal = 0;
  // A stopped and continued process may see EINTR.
  while ((signal = sigwaitinfo(&awaited_, nullptr)) < 0) assert(errno == EINTR);
  return signal;
}

}  // namespace cibad
