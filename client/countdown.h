// The countdown: how much of the customer's time is left, as a bar and in minutes and seconds.

#ifndef CIBAD_CLIENT_COUNTDOWN_H_
#define CIBAD_CLIENT_COUNTDOWN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/style.h"
#include "client/time_left.h"

namespace cibad {

// "9:12"; whole seconds, rounded up, so that 0:00 means that the time is up.
std::string FormatTimeLeft(absl::Duration left);

// One line that never wraps: bar, time left, and `hint` where there is room. Green, yellow from the
// last third, red from the last tenth on.
std::string RenderCountdown(const TimeLeft& time, absl::string_view hint, const Look& look);

// How long until RenderCountdown gives something else.
absl::Duration UntilNextChange(const TimeLeft& time);

}  // namespace cibad

#endif  // CIBAD_CLIENT_COUNTDOWN_H_
