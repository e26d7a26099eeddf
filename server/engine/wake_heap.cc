#include "server/engine/wake_heap.h"

#include <cassert>

namespace cibad {

void WakeHeap::Set(WakeSlot& slot, absl::Time time) {
  if (time == absl::InfiniteFuture()) return Remove(slot);
  slot.wake_time = time;
  if (slot.position == WakeSlot::kNowhere) {
    slots_.push_back(nullptr);
    Place(&slot, slots_.size() - 1);
  }
  SiftUp(slot.position);
  SiftDown(slot.position);
}

void WakeHeap::Remove(WakeSlot& slot) {
  slot.wake_time = absl::InfiniteFuture();
  if (slot.position == WakeSlot::kNowhere) return;
  assert(slots_[slot.position] == &slot);
  const size_t hole = slot.position;
  WakeSlot* last = slots_.back();
  slots_.pop_back();
  slot.position = WakeSlot::kNowhere;
  if (last == &slot) return;
  Place(last, hole);
  SiftUp(hole);
  SiftDown(last->position);
}

void WakeHeap::Place(WakeSlot* slot, size_t position) {
  slots_[position] = slot;
  slot->position = position;
}

void WakeHeap::SiftUp(size_t position) {
  WakeSlot* slot = slots_[position];
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (slots_[parent]->wake_time <= slot->wake_time) break;
    Place(slots_[parent], position);
    position = parent;
  }
  Place(slot, position);
}

void WakeHeap::SiftDown(size_t position) {
  WakeSlot* slot = slots_[position];
  while (true) {
    size_t child = 2 * position + 1;
    if (child >= slots_.size()) break;
    if (child + 1 < slots_.size() && slots_[child + 1]->wake_time < slots_[child]->wake_time)
      ++child;
    if (slot->wake_time <= slots_[child]->wake_time) break;
    Place(slots_[child], position);
    position = child;
  }
  Place(slot, position);
}

}  // namespace cibad
