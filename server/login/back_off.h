// How long to wait before asking again after a request went unanswered.

#ifndef CIBAD_SERVER_LOGIN_BACK_OFF_H_
#define CIBAD_SERVER_LOGIN_BACK_OFF_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cibad {

// Where there are minutes to try in.
inline constexpr absl::Duration kLongestBackOff = absl::Minutes(1);

// The wait after the `unanswered`-th unanswered request in a row (1 is the first): `base`, doubled
// each time up to `longest` (or `base`, if that is more), plus up to a quarter of it as jitter. The
// jitter is made of the login's id, so that logins spread out and yet each step stays a pure
// function.
absl::Duration BackOff(absl::Duration base, int unanswered, absl::string_view login_id,
                       absl::Duration longest = kLongestBackOff);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_BACK_OFF_H_
