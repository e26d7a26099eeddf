// What the config says of a sales unit's pings.

#ifndef CIBAD_SERVER_OPS_WEBHOOK_CONFIG_H_
#define CIBAD_SERVER_OPS_WEBHOOK_CONFIG_H_

#include "server/ops/config_reader.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// Reads webhook_url, webhook_secret_files and ping_fallback_seconds; without the first, the sales
// unit has no pings, and the others are a mistake.
void ReadWebhook(ConfigSection& section, SalesUnit& unit);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_WEBHOOK_CONFIG_H_
