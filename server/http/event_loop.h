// One thread's event loop: it waits for sockets, for points in time and for work that other threads
// hand over, all in one epoll_wait, and runs what is due on the thread that called Run. A worker of
// the daemon is one such loop; what it owns (its HTTP client, its logins) is touched by that thread
// alone and needs no locks. With nothing to do the loop sleeps in the kernel and costs nothing.

#ifndef CIBAD_SERVER_HTTP_EVENT_LOOP_H_
#define CIBAD_SERVER_HTTP_EVENT_LOOP_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/time/time.h"
#include "server/http/clock.h"

namespace cibad {

// Only Post and Stop may be called from any thread. Everything else belongs to the thread that is
// in Run; before Run and after it, to whoever has the loop.
class EventLoop {
 public:
  // One point in time at which the loop calls back. Meant to be few (a loop looks at each of its
  // alarms in every round): whoever has many things to wake for keeps its own queue and one Alarm
  // for the earliest.
  class Alarm {
   public:
    // The loop must outlive the alarm.
    Alarm(EventLoop& loop, std::function<void()> callback);
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // Calls back once at `time` by the loop's clock, never before it and up to a millisecond after
    // it (epoll counts in whole milliseconds, and what is due within one is done in one waking); a
    // time in the past means as soon as the loop comes round. Replaces what was set before. The
    // callback may set the alarm anew, but must not destroy it.
    void Set(absl::Time time);
    void Clear();

   private:
    friend class EventLoop;
    EventLoop& loop_;
    const std::function<void()> callback_;
    absl::Time time_ = absl::InfiniteFuture();
  };

  // Takes the two file descriptors that it needs; ends the process when the system has none left,
  // since nothing can run without.
  explicit EventLoop(Clock clock);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs the closure on the loop. Closures run in the order in which they were posted, never inside
  // Post. Those that the loop has not come to when Run returns wait for the next Run. The queue has
  // no bound of its own: who posts must bound what is under way.
  void Post(std::function<void()> closure);

  // Calls back with the events (EPOLLIN, EPOLLOUT...; EPOLLERR and EPOLLHUP always) as long as they
  // last. Any callback may watch and unwatch any descriptor, its own included.
  void WatchFd(int fd, uint32_t events, std::function<void(uint32_t)> callback);
  // Waits for other events of a descriptor that is being watched. The kernel is told when the loop
  // waits next: libcurl changes its mind about a connection twice for each request.
  void ChangeFd(int fd, uint32_t events);
  // Nothing is called back for it from now on, also not what the kernel has reported already. The
  // descriptor may be closed already: libcurl 7.88 says so late when it gives up connecting.
  void UnwatchFd(int fd);

  // Works until Stop.
  void Run();
  // Makes Run return, after what was posted before.
  void Stop();

  absl::Time Now() const { return clock_(); }

 private:
  struct Watch {
    int fd;                 // -1 once it is unwatched
    uint32_t events;        // to wait for
    uint32_t known_events;  // that the kernel waits for
    std::function<void(uint32_t)> callback;
  };

  bool IsOwnedByThisThread() const;
  void RunMailbox();
  void CallDueAlarms();
  // Waits at most so long, -1 without end, and calls back for what is ready.
  void Dispatch(int timeout_ms);
  void TellKernelOfChanges();
  absl::Time NextAlarmTime() const;
  int MillisecondsToNextAlarm() const;

  const Clock clock_;
  const int epoll_fd_;
  const int mailbox_fd_;  // an eventfd, readable when the mailbox is not empty
  std::atomic<std::thread::id> runner_;
  bool stopped_ = false;

  std::unordered_map<int, std::unique_ptr<Watch>> watches_;
  std::vector<int> changed_fds_;  // since the kernel was told
  std::vector<std::unique_ptr<Watch>>
      unwatched_;  // kept until the round is over: the kernel may have named them
  std::vector<Alarm*> alarms_;
  std::vector<Alarm*> due_;  // of the round under way; kept for its memory

  std::mutex mailbox_mutex_;
  std::vector<std::function<void()>> mailbox_;  // guarded by mailbox_mutex_
  std::vector<std::function<void()>> letters_;  // being run; kept for its capacity
};

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_EVENT_LOOP_H_
