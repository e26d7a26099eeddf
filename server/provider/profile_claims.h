// Turns the claims of a userinfo answer into a profile, Vipps' own ways included.

#ifndef CIBAD_SERVER_PROVIDER_PROFILE_CLAIMS_H_
#define CIBAD_SERVER_PROVIDER_PROFILE_CLAIMS_H_

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "server/login/profile.h"

namespace cibad {

// INVALID_ARGUMENT, naming the claim but never its value: `sub` is missing or no `sub`, a claim
// that the profile has a field for is of another type, or the claims that it has none for are too
// many.
//
// Accepted, because Vipps or its forerunners send it: null and empty texts for "none"; "true" for
// true; an address of empty texts; `phone_number` without the `+`. At most three addresses are
// kept.
absl::StatusOr<Profile> ReadProfile(const nlohmann::json& claims);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_PROFILE_CLAIMS_H_
