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
// true; an address of empty texts; `phone_number` without the `+`; `timeOfConsent` in several
// forms; links under several names, or as URLs alone. What has no field is kept with the claims
// that have none, inside of address and consents too, and so are addresses beyond the third.
absl::StatusOr<Profile> ReadProfile(const nlohmann::json& claims);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_PROFILE_CLAIMS_H_
