// The callers of the config: `[[caller]]`, one for each kind of them.

#ifndef CIBAD_SERVER_OPS_CALLER_CONFIG_H_
#define CIBAD_SERVER_OPS_CALLER_CONFIG_H_

#include <toml++/toml.h>

#include <string>
#include <vector>

#include "server/ops/caller_policy.h"
#include "server/ops/config.h"
#include "server/ops/config_reader.h"

namespace cibad {

// Reads them; of `config` they need what is read before, the addresses and the sales units. What is
// wrong is the reader's to tell.
CallerPolicies ReadCallers(ConfigReader& reader, const toml::table& root, const Config& config);

// The callers to go on with at a reload. Addresses stay as they are until a restart, so one that
// `loaded` no longer listens on goes on telling its caller, if that is still there.
CallerPolicies CallersAfterReload(const Config& running, const Config& loaded);

// The RPCs of LoginService that a caller can be allowed.
const std::vector<std::string>& CallableRpcs();

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CALLER_CONFIG_H_
