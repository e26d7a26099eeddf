// Words for what happens to a login, for the history of one that went wrong.

#ifndef CIBAD_TESTS_SIMULATION_DESCRIBE_H_
#define CIBAD_TESTS_SIMULATION_DESCRIBE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/command.h"
#include "server/login/event.h"
#include "server/login/login.h"

namespace cibad {

inline absl::string_view Describe(absl::string_view words) { return words; }
inline std::string Describe(absl::Duration duration) { return absl::FormatDuration(duration); }
std::string Describe(LoginState state);
std::string Describe(const Event& event);
std::string Describe(const Login& login);

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_DESCRIBE_H_
