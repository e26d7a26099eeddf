// Identifiers and tokens that nobody can guess.

#ifndef CIBAD_TESTS_SANDBOX_RANDOM_TEXT_H_
#define CIBAD_TESTS_SANDBOX_RANDOM_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cibad {

// Base64url of so many random bytes.
std::string RandomToken(size_t bytes);

// A random UUID, and one that is always the same for the same text.
std::string RandomUuid();
std::string UuidOf(absl::string_view text);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_RANDOM_TEXT_H_
