// When which login wants to be woken: a binary heap that knows where each of its members is, so
// that a login which changes its mind moves within the heap and never leaves a dead entry behind.
// 100,000 pending logins are 100,000 pointers here, and no timer objects.

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

  absl::Time wake_time = absl::InfiniteFuture();
  size_t position = kNowhere;  // in the heap
};

class WakeHeap {
 public:
  // Has the slot come up at `time`, whether it was in the heap or not. InfiniteFuture takes it out.
  void Set(WakeSlot& slot, absl::Time time);

  // Takes the slot out, if it is in.
  void Remove(WakeSlot& slot);

  // The slot whose time is first; null when there is none.
  WakeSlot* First() const { return slots_.empty() ? nullptr : slots_.front(); }

  size_t size() const { return slots_.size(); }

 private:
  void Place(WakeSlot* slot, size_t position);
  void SiftUp(size_t position);
  void SiftDown(size_t position);

  std::vector<WakeSlot*> slots_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_WAKE_HEAP_H_
