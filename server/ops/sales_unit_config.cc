#include "server/ops/sales_unit_config.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/ops/config_checks.h"
#include "server/ops/protected_file.h"

namespace cibad {
namespace {

constexpr size_t kMaxSalesUnits = 1000;

const std::map<std::string, ClientAuthentication>& AuthMethods() {
  static const auto& methods = *new std::map<std::string, ClientAuthentication>{
      {"client_secret_basic", ClientAuthentication::kClientSecretBasic},
      {"client_secret_post", ClientAuthentication::kClientSecretPost}};
  return methods;
}

const std::vector<std::string>& Regions() {
  static const auto& regions = *new std::vector<std::string>{"NO", "DK", "FI", "SE"};
  return regions;
}

SalesUnit ReadSalesUnit(ConfigSection& section) {
  SalesUnit unit;
  unit.msn = section.RequiredText("msn");
  section.Check("msn", CheckMsn(unit.msn));
  unit.client_id = section.RequiredText("client_id");
  section.Check("client_id", CheckClientId(unit.client_id));
  const std::string secret_file = section.RequiredText("client_secret_file");
  if (section.ok()) {
    absl::StatusOr<std::string> secret = ReadClientSecret(section.Path(secret_file));
    section.Check("client_secret_file", secret.status());
    unit.client_secret = secret.ok() ? *std::move(secret) : "";
  }
  if (section.Has("auth_method")) {
    const auto method = AuthMethods().find(section.Text("auth_method"));
    if (method == AuthMethods().end()) {
      section.Fail("auth_method", "must be \"client_secret_basic\" or \"client_secret_post\"");
    } else {
      unit.authentication = method->second;
    }
  }
  if (section.Has("default_region")) {
    unit.default_region = section.Text("default_region");
    if (std::find(Regions().begin(), Regions().end(), unit.default_region) == Regions().end()) {
      section.Fail("default_region",
                   absl::StrCat("must be one of \"", absl::StrJoin(Regions(), "\", \""), "\""));
    }
  }
  return unit;
}

}  // namespace

std::vector<SalesUnit> ReadSalesUnits(ConfigReader& reader, const toml::table& root) {
  std::vector<SalesUnit> units;
  const toml::node* node = root.get("sales_unit");
  const toml::array* array = node == nullptr ? nullptr : node->as_array();
  if (array == nullptr || array->empty()) {
    reader.Fail(
        node == nullptr ? 1 : LineOf(*node), "sales_unit",
        "is missing; add a [[sales_unit]] section with msn, client_id and client_secret_file");
    return units;
  }
  if (array->size() > kMaxSalesUnits) {
    reader.Fail(LineOf(*node), "sales_unit", absl::StrCat("there are more than ", kMaxSalesUnits));
  }
  std::map<std::string, int> line_of_msn;
  for (const toml::node& element : *array) {
    ConfigSection section(reader, "sales_unit", element.as_table());
    units.push_back(ReadSalesUnit(section));
    const auto [earlier, is_new] = line_of_msn.emplace(units.back().msn, section.LineOfKey("msn"));
    if (!is_new) {
      section.Fail("msn", absl::StrCat(Quoted(units.back().msn), " is configured already, in line ",
                                       earlier->second, "; each sales unit is written once"));
    }
    if (!reader.status().ok()) break;
  }
  return units;
}

}  // namespace cibad
