#include "server/ops/config_keys.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "server/ops/config.h"
#include "server/ops/config_checks.h"

namespace cibad {
namespace {

struct Key {
  absl::string_view section;
  absl::string_view name;
};
constexpr std::array<Key, 48> kKeys = {{{"listen", "grpc"},
                                        {"listen", "metrics"},
                                        {"listen", "webhook"},
                                        {"tls", "certificate_file"},
                                        {"tls", "key_file"},
                                        {"tls", "client_ca_file"},
                                        {"provider", "issuer"},
                                        {"provider", "ca_file"},
                                        {"provider", "proxy"},
                                        {"sales_unit", "msn"},
                                        {"sales_unit", "client_id"},
                                        {"sales_unit", "client_secret_file"},
                                        {"sales_unit", "auth_method"},
                                        {"sales_unit", "subscription_key_file"},
                                        {"sales_unit", "default"},
                                        {"sales_unit", "default_region"},
                                        {"sales_unit", "default_scopes"},
                                        {"sales_unit", "check_user"},
                                        {"sales_unit", "system_name"},
                                        {"sales_unit", "system_version"},
                                        {"sales_unit", "plugin_name"},
                                        {"sales_unit", "plugin_version"},
                                        {"sales_unit", "webhook_url"},
                                        {"sales_unit", "webhook_secret_files"},
                                        {"sales_unit", "ping_fallback_seconds"},
                                        {"caller", "name"},
                                        {"caller", "listeners"},
                                        {"caller", "certificates"},
                                        {"caller", "token_sha256"},
                                        {"caller", "rpcs"},
                                        {"caller", "sales_units"},
                                        {"caller", "default_sales_unit"},
                                        {"caller", "scopes"},
                                        {"caller", "redirect_uris"},
                                        {"caller", "starts_per_minute"},
                                        {"caller", "pending_logins"},
                                        {"store", "path"},
                                        {"store", "key_file"},
                                        {"store", "old_key_files"},
                                        {"store", "keep_ended_minutes"},
                                        {"log", "level"},
                                        {"engine", "workers"},
                                        {"limits", "pending_logins"},
                                        {"limits", "watch_streams"},
                                        {"limits", "connections"},
                                        {"limits", "starts_per_number"},
                                        {"limits", "starts_per_number_minutes"},
                                        {"audit", "file"}}};

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

bool IsSection(absl::string_view name) {
  return std::any_of(kKeys.begin(), kKeys.end(),
                     [&](const Key& key) { return key.section == name; });
}

// What to say of a key that does not exist: a near one of its section, or the section where it does
// exist.
std::string UnknownKey(absl::string_view section, absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "client_secret")) {
    return "secrets are not written into the config; put it into a file and name that with "
           "client_secret_file";
  }
  if (absl::EqualsIgnoreCase(name, "subscription_key")) {
    return "secrets are not written into the config; put it into a file and name that with "
           "subscription_key_file";
  }
  std::vector<std::string> candidates;
  for (const Key& key : kKeys) {
    if (key.section == section) candidates.emplace_back(key.name);
    if (section.empty()) candidates.emplace_back(key.section);
  }
  const std::string nearest = NearestWord(name, candidates);
  if (!nearest.empty()) return absl::StrCat("unknown key; did you mean ", nearest, "?");
  for (const Key& key : kKeys) {
    if (key.name == name)
      return absl::StrCat("unknown key here; it belongs to [", key.section, "]");
  }
  return "unknown key; remove it";
}

// A key from the file, fit for a message.
std::string Shown(absl::string_view key) {
  const bool is_plain = std::all_of(key.begin(), key.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-';
  });
  constexpr size_t kMaxBytes = 64;
  return is_plain && !key.empty() && key.size() <= kMaxBytes ? std::string(key) : Quoted(key);
}

void CheckKeysOf(ConfigReader& reader, absl::string_view section, const toml::table& table) {
  for (const auto& [key, node] : table) {
    const absl::string_view name = View(key.str());
    const bool known =
        std::any_of(kKeys.begin(), kKeys.end(), [&, &name = name](const Key& candidate) {
          return candidate.section == section && candidate.name == name;
        });
    if (known) continue;
    reader.Fail(static_cast<int>(key.source().begin.line), absl::StrCat(section, ".", Shown(name)),
                UnknownKey(section, name));
  }
}

// A section that may be there several times.
void CheckRepeated(ConfigReader& reader, absl::string_view name, const toml::node& node, int line) {
  const toml::array* sections = node.as_array();
  if (sections == nullptr || (!sections->empty() && !sections->is_homogeneous<toml::table>())) {
    reader.Fail(line, name,
                absl::StrCat("must be written [[", name, "]], with two brackets, once for each ",
                             absl::StrReplaceAll(name, {{"_", " "}})));
    return;
  }
  for (const toml::node& section : *sections) CheckKeysOf(reader, name, *section.as_table());
}

}  // namespace

void CheckKeys(ConfigReader& reader, const toml::table& root) {
  for (const auto& [key, node] : root) {
    const absl::string_view name = View(key.str());
    const int line = static_cast<int>(key.source().begin.line);
    if (!IsSection(name)) {
      reader.Fail(line, Shown(name), UnknownKey("", name));
    } else if (IsRepeated(name)) {
      CheckRepeated(reader, name, node, line);
    } else if (const toml::table* section = node.as_table(); section != nullptr) {
      CheckKeysOf(reader, name, *section);
    } else {
      reader.Fail(line, name,
                  absl::StrCat("must be a section, written [", name, "] once, not ", TypeOf(node)));
    }
  }
}

std::vector<std::string> ConfigKeys() {
  std::vector<std::string> keys;
  keys.reserve(kKeys.size());
  for (const Key& key : kKeys) keys.push_back(absl::StrCat(key.section, ".", key.name));
  return keys;
}

}  // namespace cibad
