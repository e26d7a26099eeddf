// The people behind the phone numbers: invented, and the same every time for the same number.

#ifndef CIBAD_TESTS_SANDBOX_CUSTOMER_H_
#define CIBAD_TESTS_SANDBOX_CUSTOMER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/behaviour.h"

namespace cibad {

// The customer's `sub` towards this client: stable per phone number and client.
std::string SubjectOf(absl::string_view msisdn, absl::string_view client_id);

// The userinfo answer: `sub`, `sid`, and the claims of the scopes that were asked for, as JSON.
std::string UserinfoJson(absl::string_view msisdn, absl::string_view client_id,
                         const std::vector<std::string>& scopes, ProfileKind kind,
                         absl::Time consent_time);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_CUSTOMER_H_
