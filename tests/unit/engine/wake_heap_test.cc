#include "server/engine/wake_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

namespace cibad {
namespace {

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

TEST(WakeHeap, GivesTheEarliestFirst) {
  WakeHeap heap;
  std::array<WakeSlot, 3> slots;
  heap.Set(slots[0], At(30));
  heap.Set(slots[1], At(10));
  heap.Set(slots[2], At(20));
  EXPECT_EQ(heap.First(), &slots[1]);
  heap.Remove(slots[1]);
  EXPECT_EQ(heap.First(), &slots[2]);
}

TEST(WakeHeap, KeepsOnePlaceForEachSlotHoweverOftenItIsSet) {
  WakeHeap heap;
  WakeSlot slot;
  for (int i = 0; i < 100; ++i) heap.Set(slot, At(100 - i));
  EXPECT_EQ(heap.size(), 1U);
  EXPECT_EQ(heap.First()->wake_time, At(1));
}

TEST(WakeHeap, NeverIsTheSameAsNotAtAll) {
  WakeHeap heap;
  WakeSlot slot;
  heap.Set(slot, At(1));
  heap.Set(slot, absl::InfiniteFuture());
  EXPECT_EQ(heap.First(), nullptr);
  heap.Remove(slot);
  EXPECT_EQ(heap.size(), 0U);
}

TEST(WakeHeap, AgreesWithAPlainSearchThroughRandomChanges) {
  std::mt19937 random(20261122);
  WakeHeap heap;
  std::array<WakeSlot, 64> slots;
  for (int i = 0; i < 20'000; ++i) {
    WakeSlot& slot = slots[random() % slots.size()];
    if (random() % 4 == 0) {
      heap.Remove(slot);
    } else {
      heap.Set(slot, At(random() % 1000));
    }
    const auto earliest = std::min_element(
        slots.begin(), slots.end(),
        [](const WakeSlot& a, const WakeSlot& b) { return a.wake_time < b.wake_time; });
    const bool is_empty = earliest->wake_time == absl::InfiniteFuture();
    ASSERT_EQ(heap.First() == nullptr, is_empty);
    if (!is_empty) {
      ASSERT_EQ(heap.First()->wake_time, earliest->wake_time);
    }
  }
}

}  // namespace
}  // namespace cibad
