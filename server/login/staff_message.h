// What staff can tell the customer: one plain sentence for every state and every reason of failure.

#ifndef CIBAD_SERVER_LOGIN_STAFF_MESSAGE_H_
#define CIBAD_SERVER_LOGIN_STAFF_MESSAGE_H_

#include <string>

#include "server/login/login.h"

namespace cibad {

// The sentence for the login as it stands, in the language of its start. It holds no personal data.
std::string StaffMessage(const Login& login);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_STAFF_MESSAGE_H_
