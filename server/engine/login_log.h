// What the operator's log says of a login: its id, its masked phone number and what became of it.
// Never a token, an auth_req_id, a claim, or the till's reference, which may name a person.

#ifndef CIBAD_SERVER_ENGINE_LOGIN_LOG_H_
#define CIBAD_SERVER_ENGINE_LOGIN_LOG_H_

#include "absl/status/status.h"
#include "server/login/event.h"
#include "server/login/login.h"
#include "server/login/shared.h"

namespace cibad {

// The login has a new state.
void LogState(const Login& login);

// If the event is an answer other than the one that was hoped for: what the provider, or the
// network, said.
void LogTrouble(const Login& login, const Event& event);

// The same of the question whether this phone number can log in, which belongs to no login.
void LogUserCheck(const Shared<LoginRequest>& question, const Outcome<UserExists>& outcome);

// The login's next revision could not be stored; it stays as it was until it can.
void LogWriteFailed(const Login& login, const absl::Status& status);

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_LOGIN_LOG_H_
