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

Clock MonotonicClock() {
  const absl::Time boot_time = absl::Now() - SinceBoot();
  return [boot_time] { return boot_time + SinceBoot(); };
}

Clock WallClock() {
  return [] { return absl::Now(); };
}

}  // namespace cibad
