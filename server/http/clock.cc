#include "server/http/clock.h"

#include <ctime>

#include "absl/time/clock.h"

namespace cibad {
namespace {

absl::Duration SinceBoot() {
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::DurationFromTimespec(now);
}

}  // namespace

absl::Time BootTime() {
  static const absl::Time time = absl::Now() - SinceBoot();
  return time;
}

Clock MonotonicClock() {
  return [boot_time = BootTime()] { return boot_time + SinceBoot(); };
}

Clock WallClock() {
  return [] { return absl::Now(); };
}

absl::Duration WallClockShift() { return WallClockShift(BootTime() + SinceBoot(), absl::Now()); }

absl::Duration WallClockShift(absl::Time monotonic, absl::Time wall) {
  return absl::Trunc(wall - monotonic, absl::Seconds(1));
}

}  // namespace cibad
