// How a login begins: its value before anything has happened, and its id.

#ifndef CIBAD_SERVER_LOGIN_NEW_LOGIN_H_
#define CIBAD_SERVER_LOGIN_NEW_LOGIN_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/login.h"

namespace cibad {

using LoginIdBits = std::array<uint8_t, 16>;

// Spells 128 random bits as an id: 26 characters of Crockford's base32 in lower case, which survive
// being read aloud, typed in, and put into URLs and file names. They must not be guessable: whoever
// knows an id can watch the login.
std::string MakeLoginId(const LoginIdBits& random_bits);

// Whether `id` has the form that MakeLoginId gives.
bool IsLoginId(absl::string_view id);

// The login that a start makes: STARTING, revision 1, to be written before the first Step.
Login NewLogin(std::string id, Shared<LoginRequest> request, const Handling& handling,
               absl::Time now);

// Whether two starts ask for the same: all fields are equal, but for a binding message that the
// daemon made.
bool AskForTheSame(const LoginRequest& one, const LoginRequest& other);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_NEW_LOGIN_H_
