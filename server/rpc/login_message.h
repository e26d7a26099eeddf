// A login as the API shows it.

#ifndef CIBAD_SERVER_RPC_LOGIN_MESSAGE_H_
#define CIBAD_SERVER_RPC_LOGIN_MESSAGE_H_

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"
#include "server/login/login.h"

namespace cibad {

// What its own till may see of the login: all but the phone number, customer token, `state`,
// tokens and auth_req_id. The profile is in it where the login is completed. The login's own times
// are moved by `shift`, the WallClockShift() of the moment, so that a till can count down to them.
v1::Login ToMessage(const Login& login, absl::Duration shift);

// The same into an empty message.
void SetLogin(v1::Login& message, const Login& login, absl::Duration shift);

// The same without the profile, for lists.
v1::Login ToMessageWithoutProfile(const Login& login, absl::Duration shift);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_LOGIN_MESSAGE_H_
