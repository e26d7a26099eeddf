// The sales units of the config: `[[sales_unit]]`, one for each.

#ifndef CIBAD_SERVER_OPS_SALES_UNIT_CONFIG_H_
#define CIBAD_SERVER_OPS_SALES_UNIT_CONFIG_H_

#include <toml++/toml.h>

#include <vector>

#include "server/ops/config_reader.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// Reads them with the files that they name. What is wrong is the reader's to tell.
std::vector<SalesUnit> ReadSalesUnits(ConfigReader& reader, const toml::table& root);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_SALES_UNIT_CONFIG_H_
