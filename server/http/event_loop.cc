#include "server/http/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace cibad {
namespace {

constexpr int kMaxEventsPerRound = 128;
constexpr absl::Duration kLongestWait = absl::Hours(1);  // fits epoll_wait's int of milliseconds

// The result of a system call that fails only when the system is out of what every process needs.
int Require(int result, const char* call) {
  if (result < 0) {
    std::perror(call);
    std::abort();
  }
  return result;
}

}  // namespace

EventLoop::Alarm::Alarm(EventLoop& loop, std::function<void()> callback)
    : loop_(loop), callback_(std::move(callback)) {
  assert(loop_.IsOwnedByThisThread());
  loop_.alarms_.push_back(this);
}

EventLoop::Alarm::~Alarm() {
  assert(loop_.IsOwnedByThisThread());
  std::erase(loop_.alarms_, this);
}

void EventLoop::Alarm::Set(absl::Time time) {
  assert(loop_.IsOwnedByThisThread());
  time_ = time;
}

void EventLoop::Alarm::Clear() { Set(absl::InfiniteFuture()); }

EventLoop::EventLoop(Clock clock)
    : clock_(std::move(clock)),
      epoll_fd_(Require(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      mailbox_fd_(Require(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  WatchFd(mailbox_fd_, EPOLLIN, [this](uint32_t) { RunMailbox(); });
}

EventLoop::~EventLoop() {
  assert(IsOwnedByThisThread());
  assert(alarms_.empty());
  close(mailbox_fd_);
  close(epoll_fd_);
}

void EventLoop::Post(std::function<void()> closure) {
  bool was_empty = false;
  {
    const std::lock_guard<std::mutex> lock(mailbox_mutex_);
    was_empty = mailbox_.empty();
    mailbox_.push_back(std::move(closure));
  }
  if (!was_empty) return;  // whoever made it non-empty wakes the loop
  const uint64_t one = 1;
  const ssize_t written = write(mailbox_fd_, &one, sizeof one);
  assert(written == sizeof one);
  static_cast<void>(written);
}

void EventLoop::RunMailbox() {
  // The counter goes to zero before the mailbox is emptied: a closure that arrives in between wakes
  // the loop once more for nothing, the other way round it would be forgotten.
  uint64_t count = 0;
  const ssize_t size = read(mailbox_fd_, &count, sizeof count);
  assert(size == sizeof count || errno == EAGAIN);
  static_cast<void>(size);
  {
    const std::lock_guard<std::mutex> lock(mailbox_mutex_);
    letters_.swap(mailbox_);
  }
  for (std::function<void()>& closure : letters_) {
    closure();
    closure = nullptr;  // what it holds goes now, not when the last one has run
  }
  letters_.clear();
}

void EventLoop::WatchFd(int fd, uint32_t events, std::function<void(uint32_t)> callback) {
  assert(IsOwnedByThisThread());
  auto watch = std::make_unique<Watch>(Watch{fd, events, events, std::move(callback)});
  epoll_event event{};
  event.events = events;
  event.data.ptr = watch.get();
  Require(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl(EPOLL_CTL_ADD)");
  const bool is_new = watches_.emplace(fd, std::move(watch)).second;
  assert(is_new);
  static_cast<void>(is_new);
}

void EventLoop::ChangeFd(int fd, uint32_t events) {
  assert(IsOwnedByThisThread());
  const auto found = watches_.find(fd);
  assert(found != watches_.end());
  found->second->events = events;
  changed_fds_.push_back(fd);
}

void EventLoop::TellKernelOfChanges() {
  for (const int fd : changed_fds_) {
    const auto found = watches_.find(fd);
    if (found == watches_.end()) continue;  // unwatched since
    Watch& watch = *found->second;
    if (watch.events == watch.known_events) continue;  // changed back since
    watch.known_events = watch.events;
    epoll_event event{};
    event.events = watch.events;
    event.data.ptr = &watch;
    const int result = epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
    // See UnwatchFd: libcurl has closed it, and is yet to say so.
    if (result < 0 && errno != EBADF && errno != ENOENT) {
      Require(result, "epoll_ctl(EPOLL_CTL_MOD)");
    }
  }
  changed_fds_.clear();
}

void EventLoop::UnwatchFd(int fd) {
  assert(IsOwnedByThisThread());
  const auto found = watches_.find(fd);
  assert(found != watches_.end());
  const int result = epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  // A closed descriptor has left the epoll by itself, and another thread may have its number by
  // now.
  if (result < 0 && errno != EBADF && errno != ENOENT) Require(result, "epoll_ctl(EPOLL_CTL_DEL)");
  found->second->fd = -1;
  unwatched_.push_back(std::move(found->second));
  watches_.erase(found);
}

void EventLoop::Run() {
  assert(IsOwnedByThisThread());
  runner_ = std::this_thread::get_id();
  stopped_ = false;
  while (!stopped_) {
    CallDueAlarms();
    if (!stopped_) Dispatch(MillisecondsToNextAlarm());  // the stop may have come with an alarm
  }
  runner_ = std::thread::id();
}

void EventLoop::Stop() {
  Post([this] { stopped_ = true; });
}

bool EventLoop::IsOwnedByThisThread() const {
  const std::thread::id runner = runner_;
  return runner == std::thread::id() || runner == std::this_thread::get_id();
}

void EventLoop::CallDueAlarms() {
  const absl::Time now = clock_();
  if (NextAlarmTime() > now) return;
  // What has come by now comes first, so that an alarm which gives up on something never overtakes
  // it: after the process was stopped for a minute (SIGSTOP, a paused virtual machine), the answer
  // is there and its time is up. What is only to be done soon gives up on nothing.
  const bool may_give_up = std::any_of(alarms_.begin(), alarms_.end(), [now](const Alarm* alarm) {
    return alarm->time_ <= now && alarm->time_ != absl::InfinitePast();
  });
  if (may_give_up) Dispatch(/*timeout_ms=*/0);
  // The earliest first, however late the loop is. A callback may set, make or destroy others, so
  // each is looked at again; one that is set for a time that has passed rings in the next round, at
  // once.
  due_.clear();
  for (Alarm* alarm : alarms_) {
    if (alarm->time_ <= now) due_.push_back(alarm);
  }
  std::stable_sort(due_.begin(), due_.end(),
                   [](const Alarm* a, const Alarm* b) { return a->time_ < b->time_; });
  for (Alarm* alarm : due_) {
    const bool is_there = std::find(alarms_.begin(), alarms_.end(), alarm) != alarms_.end();
    if (!is_there || alarm->time_ > now) continue;
    alarm->time_ = absl::InfiniteFuture();
    alarm->callback_();
  }
}

absl::Time EventLoop::NextAlarmTime() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Alarm* alarm : alarms_) next = std::min(next, alarm->time_);
  return next;
}

int EventLoop::MillisecondsToNextAlarm() const {
  const absl::Time next = NextAlarmTime();
  if (next == absl::InfiniteFuture()) return -1;
  if (next == absl::InfinitePast()) return 0;
  const absl::Duration wait = std::min(next - clock_(), kLongestWait);
  if (wait <= absl::ZeroDuration()) return 0;
  // Rounded up: waking early would mean going round for nothing until the time has come.
  constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;
  return static_cast<int>((absl::ToInt64Nanoseconds(wait) + kNanosecondsPerMillisecond - 1) /
                          kNanosecondsPerMillisecond);
}

void EventLoop::Dispatch(int timeout_ms) {
  TellKernelOfChanges();
  std::array<epoll_event, kMaxEventsPerRound> events;
  const int count = epoll_wait(epoll_fd_, events.data(), kMaxEventsPerRound, timeout_ms);
  if (count < 0 && errno != EINTR) Require(count, "epoll_wait");
  for (int i = 0; i < count; ++i) {
    auto* watch = static_cast<Watch*>(events[i].data.ptr);
    if (watch->fd >= 0) watch->callback(events[i].events);
  }
  unwatched_.clear();
}

}  // namespace cibad
