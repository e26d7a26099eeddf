// What a login is busy with between its states: finer than what tills are told, and never stored,
// because the login's value says it.

#ifndef CIBAD_SERVER_LOGIN_PHASE_H_
#define CIBAD_SERVER_LOGIN_PHASE_H_

#include "server/login/command.h"
#include "server/login/login.h"

namespace cibad {

// What an unfinished login is busy with; each has one request that it repeats until it is answered.
enum class Phase {
  kChecking,  // STARTING: whether the customer has an account, where that is to be asked first
  kAsking,    // STARTING: the backchannel request
  kPolling,   // PENDING: token requests
  kAwaiting,  // PENDING, on a web page: nothing until the browser brings its code, then the
              // exchange
  kProving,   // PENDING with tokens in hand: the ID token's check. Not CONFIRMED yet: a till must
              // not take an unchecked token for a customer
  kFetching,  // CONFIRMED: the profile
};

// Of a login that has not ended.
Phase PhaseOf(const Login& login);

// The phase's request.
Command RequestOf(Phase phase);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_PHASE_H_
