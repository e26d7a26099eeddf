// What the sandbox tells of itself under /sandbox/, as JSON.

#ifndef CIBAD_TESTS_SANDBOX_REPORT_H_
#define CIBAD_TESTS_SANDBOX_REPORT_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "tests/sandbox/provider_state.h"

namespace cibad {

// What the endpoints count beside the logins.
struct EndpointCounts {
  // What each endpoint was told last by a sales unit's Vipps-System headers: "name version, plugin
  // version".
  std::map<std::string, std::string> systems;
  int64_t discovery_requests = 0;
  int64_t jwks_requests = 0;
  int64_t access_tokens_given = 0;
  int64_t user_exists_requests = 0;
  int64_t most_connections = 0;  // at one time
};

// {"total":0,"early_polls":0,…}
std::string ViolationsJson(const ProviderState& state);

// {"logins":3,"waiting":1,…}
std::string TotalsJson(const ProviderState& state, const EndpointCounts& counts);

// {"logins":[…],"violations":{…},"totals":{…},"backchannel_requests_by_phone":{…}}
std::string LoginsJson(const ProviderState& state, const EndpointCounts& counts, absl::Time now);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_REPORT_H_
