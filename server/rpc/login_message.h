// A login as the API shows it.

#ifndef CIBAD_SERVER_RPC_LOGIN_MESSAGE_H_
#define CIBAD_SERVER_RPC_LOGIN_MESSAGE_H_

#include "cibad/v1/login.pb.h"
#include "server/login/login.h"

namespace cibad {

// What its own till may see of the login: all but the phone number, customer token, `state`,
// tokens and auth_req_id. The
// profile is in it where the login is completed.
v1::Login ToMessage(const Login& login);

// The same without the profile, for lists.
v1::Login ToMessageWithoutProfile(const Login& login);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_LOGIN_MESSAGE_H_
