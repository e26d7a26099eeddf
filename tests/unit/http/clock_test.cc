#include "server/http/clock.h"

#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace cibad {
namespace {

TEST(ClockTest, MonotonicClockNeverGoesBack) {
  const Clock clock = MonotonicClock();
  absl::Time last = clock();
  for (int i = 0; i < 100'000; ++i) {
    const absl::Time now = clock();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(ClockTest, MonotonicClockMovesAndStartsAtTheWallClock) {
  const absl::Time before = absl::Now();
  const Clock clock = MonotonicClock();
  const absl::Time start = clock();
  EXPECT_GE(start, before - absl::Milliseconds(1));
  EXPECT_LE(start, absl::Now() + absl::Milliseconds(1));
  while (clock() == start) {
  }
  EXPECT_GT(clock(), start);
}

TEST(ClockTest, CopiesOfAMonotonicClockAgree) {
  const Clock clock = MonotonicClock();
  const Clock copy = clock;
  const absl::Time first = clock();
  const absl::Time second = copy();
  const absl::Time third = clock();
  EXPECT_LE(first, second);
  EXPECT_LE(second, third);
}

TEST(ClockTest, AllMonotonicClocksOfAProcessAgree) {
  const absl::Time boot = BootTime();
  const Clock one = MonotonicClock();
  const Clock other = MonotonicClock();
  const absl::Time first = one();
  const absl::Time second = other();
  EXPECT_LE(first, second);
  EXPECT_LE(second, one());
  EXPECT_EQ(BootTime(), boot);
  EXPECT_LT(boot, first);
}

TEST(ClockTest, WallClockIsTheMachines) {
  const absl::Time before = absl::Now();
  const absl::Time now = WallClock()();
  EXPECT_GE(now, before);
  EXPECT_LE(now, absl::Now());
}

TEST(ClockTest, TheWallClocksShiftIsWhatSomebodySetItBy) {
  const absl::Time monotonic = absl::FromUnixMillis(1'700'000'000'250);
  const auto shift = [&](absl::Duration by) { return WallClockShift(monotonic, monotonic + by); };
  EXPECT_EQ(shift(absl::Hours(1)), absl::Hours(1));
  EXPECT_EQ(shift(-absl::Hours(1)), -absl::Hours(1));
  EXPECT_EQ(shift(absl::Milliseconds(2'999)), absl::Seconds(2));
  for (const int milliseconds : {-999, 0, 999}) {
    EXPECT_EQ(shift(absl::Milliseconds(milliseconds)), absl::ZeroDuration()) << "only kept in step";
  }
  EXPECT_EQ(WallClockShift(), absl::ZeroDuration()) << "nobody set it";
}

}  // namespace
}  // namespace cibad
