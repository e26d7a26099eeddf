// Words for what happens to a login, for the history of one that went wrong.

#ifndef CIBAD_TESTS_SIMULATION_DESCRIBE_H_
#define CIBAD_TESTS_SIMULATION_DESCRIBE_H_

#include <string>

#include "server/login/command.h"
#include "server/login/event.h"
#include "server/login/login.h"

namespace cibad {

std::string Describe(LoginState state);
std::string Describe(const Event& event);
std::string Describe(const Login& login);

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_DESCRIBE_H_
