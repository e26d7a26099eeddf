// What every step of every login keeps to, whatever happened before. The unit tests check it after
// each event that they fire, the simulation after each of its millions.

#ifndef CIBAD_TESTS_UNIT_LOGIN_TRANSITION_PROMISES_H_
#define CIBAD_TESTS_UNIT_LOGIN_TRANSITION_PROMISES_H_

#include <string>

#include "absl/time/time.h"
#include "server/login/login.h"
#include "server/login/step.h"

namespace cibad {

// The promise that `transition`, made of `before` at `now`, breaks; empty where it keeps them all.
std::string BrokenPromise(const Login& before, const Transition& transition, absl::Time now);

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_LOGIN_TRANSITION_PROMISES_H_
