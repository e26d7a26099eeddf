#include "server/engine/wake_heap.h"

#include <cassert>

namespace cibad {

void WakeHeap::Set(WakeSlot& slot, absl::Time time) {
  if (time == absl::InfiniteFuture()) return Remove(slot);
  if (slot.position == WakeSlot::kNowhere) {
    members_.push_back({});
    slot.position = members_.size() - 1;
  }
  Place({time, &slot}, slot.position);
  SiftUp(slot.position);
  SiftDown(slot.position);
}

void WakeHeap::Remove(WakeSlot& slot) {
  if (slot.position == WakeSlot::kNowhere) return;
  assert(members_[slot.position].slot == &slot);
  const size_t hole = slot.position;
  const Member last = members_.back();
  members_.pop_back();
  slot.position = WakeSlot::kNowhere;
  if (last.slot == &slot) return;
  Place(last, hole);
  SiftUp(hole);
  SiftDown(last.slot->position);
}

void WakeHeap::Place(const Member& member, size_t position) {
  members_[position] = member;
  member.slot->position = position;
}

void WakeHeap::SiftUp(size_t position) {
  const Member member = members_[position];
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (members_[parent].time <= member.time) break;
    Place(members_[parent], position);
    position = parent;
  }
  Place(member, position);
}

void WakeHeap::SiftDown(size_t position) {
  const Member member = members_[position];
  while (true) {
    size_t child = 2 * position + 1;
    if (child >= members_.size()) break;
    if (child + 1 < members_.size() && members_[child + 1].time < members_[child].time) ++child;
    if (member.time <= members_[child].time) break;
    Place(members_[child], position);
    position = child;
  }
  Place(member, position);
}

}  // namespace cibad
