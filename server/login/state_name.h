// The names of states and reasons, as the API spells them: for logs and messages.

#ifndef CIBAD_SERVER_LOGIN_STATE_NAME_H_
#define CIBAD_SERVER_LOGIN_STATE_NAME_H_

#include "absl/strings/string_view.h"
#include "server/login/login.h"

namespace cibad {

// "PENDING"
absl::string_view NameOf(LoginState state);

// "INVALID_USER"; empty for kNone.
absl::string_view NameOf(FailureReason reason);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_STATE_NAME_H_
