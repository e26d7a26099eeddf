// The one clock of the daemon. Everything that needs the time is given a Clock, so that tests and
// the simulation decide what time it is.

#ifndef CIBAD_SERVER_HTTP_CLOCK_H_
#define CIBAD_SERVER_HTTP_CLOCK_H_

#include <functional>

#include "absl/time/time.h"

namespace cibad {

using Clock = std::function<absl::Time()>;

// When the machine booted, by the wall clock as it was when the process first asked; the same ever
// after.
absl::Time BootTime();

// BootTime, moved on by the machine's monotonic clock (CLOCK_BOOTTIME, which counts while the
// machine sleeps). Intervals and deadlines measured with it do not feel when somebody sets the
// clock. Thread-safe.
Clock MonotonicClock();

// The wall clock as it is now, for what is compared with other machines' clocks: `exp` and `iat`.
Clock WallClock();

// By how much somebody has set the wall clock since the process first asked for BootTime: what a
// time of MonotonicClock's is to be moved by before it is shown to another machine, which compares
// it with its own clock. Whole seconds, so that a clock which is merely kept in step moves nothing.
absl::Duration WallClockShift();

// The same, of the two clocks' times at one moment.
absl::Duration WallClockShift(absl::Time monotonic, absl::Time wall);

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_CLOCK_H_
