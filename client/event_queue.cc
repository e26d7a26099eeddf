#include "client/event_queue.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "absl/time/clock.h"

namespace cibad {
namespace {

// Counts while the machine sleeps and does not feel when somebody sets the clock.
absl::Duration SinceBoot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::DurationFromTimespec(now);
}

sigset_t SignalsToTake() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}) {
    // What the parent ignores (nohup, a shell's background job) stays ignored; a blocked signal
    // would not.
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    sigaddset(&set, number);
  }
  return set;
}

}  // namespace

EventQueue::EventQueue() : boot_time_(absl::Now() - SinceBoot()) {
  const sigset_t set = SignalsToTake();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  posted_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (signals_ < 0 || posted_ < 0) {
    std::perror("cibactl: cannot make a descriptor for signals and events");
    std::abort();
  }
}

EventQueue::~EventQueue() {
  close(signals_);
  close(posted_);
}

void EventQueue::Post(Event event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  events_.push_back(std::move(event));
  eventfd_write(posted_, 1);
}

absl::Time EventQueue::Now() { return boot_time_ + SinceBoot(); }

Event EventQueue::Next(absl::Time until) {
  for (;;) {
    Event event;
    if (TakeSignal(&event) || TakePosted(&event)) return event;
    const absl::Duration left = until - Now();
    if (left <= absl::ZeroDuration()) return TimeCame{};
    std::array<pollfd, 2> descriptors{{{signals_, POLLIN, 0}, {posted_, POLLIN, 0}}};
    // Where there is no time to wait for, waking once a minute costs nothing.
    const timespec timeout = absl::ToTimespec(std::min(left, absl::Minutes(1)));
    ppoll(descriptors.data(), descriptors.size(), &timeout, nullptr);
  }
}

void EventQueue::StopUntilContinued() { kill(getpid(), SIGSTOP); }

bool EventQueue::TakePosted(Event* event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (events_.empty()) {
    eventfd_t count = 0;
    eventfd_read(posted_, &count);
    return false;
  }
  *event = std::move(events_.front());
  events_.pop_front();
  return true;
}

bool EventQueue::TakeSignal(Event* event) {
  signalfd_siginfo info{};
  if (read(signals_, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) return false;
  *event = SignalCame{static_cast<int>(info.ssi_signo)};
  return true;
}

}  // namespace cibad
