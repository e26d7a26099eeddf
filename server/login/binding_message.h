// The binding message: the short code that the till and the customer's app both show, so that the
// customer can tell this login from a stranger's (CIBA 7.1).

#ifndef CIBAD_SERVER_LOGIN_BINDING_MESSAGE_H_
#define CIBAD_SERVER_LOGIN_BINDING_MESSAGE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

// The message as Vipps takes it, `^[A-Z0-9-]{5,8}$`: lower case is raised. INVALID_ARGUMENT, with a
// message that begins with "binding_message", for anything else.
absl::StatusOr<std::string> NormalizeBindingMessage(absl::string_view message);

// Makes one of random bits, such as `K7P-3XM`: of characters that are not mistaken for each other
// when read aloud or from a till's display.
std::string MakeBindingMessage(uint64_t random_bits);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_BINDING_MESSAGE_H_
