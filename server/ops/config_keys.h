// Which keys the config may have, in the order of the documentation, and what to say of one that it
// may not have.

#ifndef CIBAD_SERVER_OPS_CONFIG_KEYS_H_
#define CIBAD_SERVER_OPS_CONFIG_KEYS_H_

#include <toml++/toml.h>

#include "server/ops/config_reader.h"

namespace cibad {

// That there is nothing in the file but known keys in sections of the right kind.
void CheckKeys(ConfigReader& reader, const toml::table& root);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CONFIG_KEYS_H_
