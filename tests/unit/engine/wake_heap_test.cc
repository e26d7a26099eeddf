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
  EXPECT_EQ(heap.First(), &slot);
  EXPECT_EQ(heap.FirstTime(), At(1));
}

TEST(WakeHeap, NeverIsTheSameAsNotAtAll) {
  WakeHeap heap;
  WakeSlot slot;
  heap.Set(slot, At(1));
  heap.Set(slot, absl::InfiniteFuture());
  EXPECT_EQ(heap.First(), nullptr);
  EXPECT_EQ(heap.FirstTime(), absl::InfiniteFuture());
  heap.Remove(slot);
  EXPECT_EQ(heap.size(), 0U);
}

TEST(WakeHeap, AgreesWithAPlainSearchThroughRandomChanges) {
  std::mt19937 random(20261122);
  WakeHeap heap;
  std::array<WakeSlot, 64> slots;
  std::array<absl::Time, 64> times;
  times.fill(absl::InfiniteFuture());
  for (int i = 0; i < 20'000; ++i) {
    const size_t one = random() % slots.size();
    if (random() % 4 == 0) {
      heap.Remove(slots[one]);
      times[one] = absl::InfiniteFuture();
    } else {
      times[one] = At(random() % 1000);
      heap.Set(slots[one], times[one]);
    }
    const absl::Time earliest = *std::min_element(times.begin(), times.end());
    ASSERT_EQ(heap.FirstTime(), earliest);
    ASSERT_EQ(heap.First() == nullptr, earliest == absl::InfiniteFuture());
    if (heap.First() != nullptr) {
      ASSERT_EQ(times[static_cast<size_t>(heap.First() - slots.data())], earliest);
    }
  }
}

}  // namespace
}  // namespace cibad
