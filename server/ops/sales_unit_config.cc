#include "server/ops/sales_unit_config.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/login/scope.h"
#include "server/ops/config_checks.h"
#include "server/ops/protected_file.h"
#include "server/ops/webhook_config.h"

namespace cibad {
namespace {

constexpr size_t kMaxSalesUnits = 1000;
constexpr size_t kMaxScopes = 32;  // as of a start

const std::map<std::string, ClientAuthentication>& AuthMethods() {
  static const auto& methods = *new std::map<std::string, ClientAuthentication>{
      {"client_secret_basic", ClientAuthentication::kClientSecretBasic},
      {"client_secret_post", ClientAuthentication::kClientSecretPost},
      {"partner_keys", ClientAuthentication::kPartnerKeys}};
  return methods;
}

const std::vector<std::string>& Regions() {
  static const auto& regions = *new std::vector<std::string>{"NO", "DK", "FI", "SE", "FO", "AX"};
  return regions;
}

// The secret in the file that `key` names; empty where something is wrong.
Secret ReadSecretOf(ConfigSection& section, absl::string_view key, const std::string& file,
                    absl::StatusOr<Secret> (*read)(const std::string&)) {
  if (!section.ok()) return {};
  absl::StatusOr<Secret> secret = read(section.Path(file));
  section.Check(key, secret.status());
  return secret.ok() ? *std::move(secret) : Secret();
}

void ReadCredentials(ConfigSection& section, SalesUnit& unit) {
  unit.client_id = section.RequiredText("client_id");
  section.Check("client_id", CheckClientId(unit.client_id));
  unit.client_secret = ReadSecretOf(section, "client_secret_file",
                                    section.RequiredText("client_secret_file"), ReadClientSecret);
  if (section.Has("auth_method")) {
    const auto method = AuthMethods().find(section.Text("auth_method"));
    if (method == AuthMethods().end()) {
      section.Fail("auth_method",
                   R"(must be "client_secret_basic", "client_secret_post" or "partner_keys")");
    } else {
      unit.authentication = method->second;
    }
  }
  if (!section.Has("subscription_key_file")) {
    if (unit.authentication == ClientAuthentication::kPartnerKeys)
      section.Missing("subscription_key_file");
    return;
  }
  unit.subscription_key = ReadSecretOf(section, "subscription_key_file",
                                       section.Text("subscription_key_file"), ReadSubscriptionKey);
  // With a subscription key it is sent as a header, not encoded.
  if (section.ok() && absl::StrContains(unit.client_secret.Reveal(), ' '))
    section.Fail("client_secret_file",
                 "the client secret has a space in it, with which no access token can be had");
}

std::string ReadRegion(ConfigSection& section, const std::string& fallback) {
  if (!section.Has("default_region")) return fallback;
  std::string region = section.Text("default_region");
  if (std::find(Regions().begin(), Regions().end(), region) == Regions().end()) {
    section.Fail("default_region",
                 absl::StrCat("must be one of \"", absl::StrJoin(Regions(), "\", \""), "\""));
  }
  return region;
}

std::vector<std::string> ReadScopes(ConfigSection& section) {
  if (!section.Has("default_scopes")) return {};
  std::vector<std::string> scopes;
  for (const auto& element :
       section.Texts("default_scopes", kMaxScopes, R"(["name", "phoneNumber"])")) {
    scopes.push_back(element.text);
  }
  if (!section.ok()) return {};
  absl::StatusOr<std::vector<std::string>> normalized = NormalizeScopes(scopes);
  if (normalized.ok()) return *std::move(normalized);
  section.Fail("default_scopes", absl::StripPrefix(normalized.status().message(), "scopes: "));
  return {};
}

SystemHeaders ReadSystemHeaders(ConfigSection& section) {
  const auto read = [&section](absl::string_view key) {
    std::string value = section.Text(key);
    section.Check(key, CheckSystemHeader(value));
    return value;
  };
  return {read("system_name"), read("system_version"), read("plugin_name"), read("plugin_version")};
}

SalesUnit ReadSalesUnit(ConfigSection& section) {
  SalesUnit unit;
  unit.msn = section.RequiredText("msn");
  section.Check("msn", CheckMsn(unit.msn));
  ReadCredentials(section, unit);
  unit.is_default = section.Boolean("default", false);
  unit.default_region = ReadRegion(section, unit.default_region);
  unit.default_scopes = ReadScopes(section);
  unit.handling.check_user = section.Boolean("check_user", false);
  unit.system_headers = ReadSystemHeaders(section);
  ReadWebhook(section, unit);
  return unit;
}

// Notes what each sales unit has to have for itself, and in which line it was seen.
class Uniqueness {
 public:
  void Check(ConfigSection& section, const SalesUnit& unit) {
    const int line = section.LineOfKey("msn");
    const auto [earlier, is_new] = line_of_msn_.emplace(unit.msn, line);
    if (!is_new) {
      section.Fail("msn", absl::StrCat(Quoted(unit.msn), " is configured already, in line ",
                                       earlier->second, "; each sales unit is written once"));
    }
    if (unit.webhook.has_value()) CheckWebhook(section, *unit.webhook);
    if (!unit.is_default) return;
    if (line_of_default_ > 0) {
      section.Fail("default", absl::StrCat("another sales unit is the default already, in line ",
                                           line_of_default_, "; only one can be"));
    }
    line_of_default_ = section.LineOfKey("default");
  }

 private:
  void CheckWebhook(ConfigSection& section, const WebhookEndpoint& webhook) {
    const int line = section.LineOfKey("webhook_url");
    const auto [earlier, is_new] = line_of_webhook_.emplace(webhook.path, line);
    if (is_new) return;
    section.Fail("webhook_url",
                 absl::StrCat("has the path of the one in line ", earlier->second,
                              "; the path tells whose ping it is, so each needs its own"));
  }

  std::map<std::string, int> line_of_msn_;
  std::map<std::string, int> line_of_webhook_;  // by path
  int line_of_default_ = 0;
};

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
  Uniqueness uniqueness;
  for (const toml::node& element : *array) {
    ConfigSection section(reader, "sales_unit", element.as_table());
    units.push_back(ReadSalesUnit(section));
    uniqueness.Check(section, units.back());
    if (!reader.status().ok()) break;
  }
  if (units.size() == 1) units.front().is_default = true;
  return units;
}

}  // namespace cibad
