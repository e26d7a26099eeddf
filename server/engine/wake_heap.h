// When which login wants to be woken: a binary heap that knows where each of its members is, so
// that a login which changes its mind moves within the heap and never leaves a dead entry behind.
// 100,000 pending logins are 100,000 times and pointers here, and no timer objects. The times lie
// in the heap itself, since looking each up in its login would fetch some thirty of them from
// memory for every poll.

#ifndef CIBAD_SERVER_ENGINE_WAKE_HEAP_H_
#define CIBAD_SERVER_ENGINE_WAKE_HEAP_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/time/time.h"

namespace cibad {

// The place of one member; it must not move or die while it is in a heap.
struct WakeSlot {
  static constexpr size_t kNowhere = std::numeric_limits<size_t>::max();

  size_t position = kNowhere;  // in the heap
};

class WakeHeap {
 public:
  // Has the slot come up at `time`, whether it was in the heap or not. InfiniteFuture takes it out.
  void Set(WakeSlot& slot, absl::Time time);

  // Takes the slot out, if it is in.
  void Remove(WakeSlot& slot);

  // The slot whose time is first; null when there is none.
  WakeSlot* First() const { return members_.empty() ? nullptr : members_.front().slot; }

  // Its time; InfiniteFuture when there is none.
  absl::Time FirstTime() const {
    return members_.empty() ? absl::InfiniteFuture() : members_.front().time;
  }

  size_t size() const { return members_.size(); }

 private:
  struct Member {
    absl::Time time;
    WakeSlot* slot;
  };

  void Place(const Member& member, size_t position);
  void SiftUp(size_t position);
  void SiftDown(size_t position);

  std::vector<Member> members_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_WAKE_HEAP_H_
