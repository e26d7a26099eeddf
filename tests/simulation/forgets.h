// What may never be taken back of a login that is written.

#ifndef CIBAD_TESTS_SIMULATION_FORGETS_H_
#define CIBAD_TESTS_SIMULATION_FORGETS_H_

#include "server/login/login.h"

namespace cibad {

// Whether `after` takes back something of `before`, which is written, unfinished and to be relied
// on.
inline bool Forgets(const Login& before, const Login& after) {
  if (HasEnded(after.state)) return false;  // an end forgets on purpose
  if (after.interval < before.interval) return true;
  if (before.state == LoginState::kStarting) return false;
  if (after.auth_req_id != before.auth_req_id || after.expire_time != before.expire_time) {
    return true;
  }
  if (!before.tokens) return false;
  return !after.tokens || after.tokens->access_token != before.tokens->access_token ||
         after.tokens->expire_time != before.tokens->expire_time ||
         (!before.subject.empty() && after.subject != before.subject);
}

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_FORGETS_H_
