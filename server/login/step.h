// The state machine of a login: what OpenID CIBA and Vipps ask of a client, in one pure function.
// It decides when the provider is asked, what its answers mean, and how a login ends; it does no
// I/O, reads no clock and starts no thread. Section numbers in step.cc are of OpenID CIBA Core 1.0.
//
// The engine keeps one rule around it: write, then act, then tell. If the revision grew, the new
// login is made durable first; then its commands are carried out; then watchers hear of it.

#ifndef CIBAD_SERVER_LOGIN_STEP_H_
#define CIBAD_SERVER_LOGIN_STEP_H_

#include "absl/time/time.h"
#include "server/login/command.h"
#include "server/login/event.h"
#include "server/login/login.h"

namespace cibad {

struct Transition {
  Login login;
  Commands commands;
};

// What `event`, at `now`, makes of `login`. An event that cannot concern the login any more (an
// answer that comes after the end, a wake-up too many) changes nothing. `now` must never run
// backwards for one login.
Transition Step(Login login, const Event& event, absl::Time now);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_STEP_H_
