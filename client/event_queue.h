// The events of the real program: gRPC's threads post, signals arrive on a signalfd, and the main
// thread takes one after the other.

#ifndef CIBAD_CLIENT_EVENT_QUEUE_H_
#define CIBAD_CLIENT_EVENT_QUEUE_H_

#include <deque>
#include <mutex>

#include "absl/time/time.h"
#include "client/event.h"

namespace cibad {

class EventQueue : public EventSource {
 public:
  // Blocks the signals that it takes (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH; not
  // those that the parent had ignored, as nohup does). Has to be made before any other thread
  // starts, gRPC's included: a thread that does not block a signal would be killed by it. Ends the
  // process where the kernel gives no descriptors.
  EventQueue();
  ~EventQueue() override;
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;

  // Adds an event. Thread-safe.
  void Post(Event event);

  absl::Time Now() override;
  Event Next(absl::Time until) override;
  void StopUntilContinued() override;

 private:
  bool TakePosted(Event* event);
  bool TakeSignal(Event* event);

  const absl::Time boot_time_;
  int signals_ = -1;  // signalfd
  int posted_ = -1;   // eventfd, readable while events_ may hold something
  std::mutex mutex_;
  std::deque<Event> events_;  // bounded by the calls under way and the states that a login can take
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_EVENT_QUEUE_H_
