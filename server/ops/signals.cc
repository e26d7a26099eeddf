#include "server/ops/signals.h"

#include <cassert>
#include <cerrno>
#include <ctime>
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

std::optional<int> SignalWaiter::Wait(absl::Duration limit) {
  const timespec time = absl::ToTimespec(limit);
  const int signal = sigtimedwait(&awaited_, nullptr, &time);
  if (signal > 0) return signal;
  assert(errno == EAGAIN || errno == EINTR);
  return std::nullopt;
}

}  // namespace cibad
