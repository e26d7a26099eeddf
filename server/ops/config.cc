#include "server/ops/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "server/http/http_listener.h"
#include "server/ops/caller_config.h"
#include "server/ops/config_checks.h"
#include "server/ops/config_keys.h"
#include "server/ops/config_reader.h"
#include "server/ops/protected_file.h"
#include "server/ops/sales_unit_config.h"

namespace cibad {
namespace {

constexpr size_t kMaxConfigBytes = 1 << 20;
constexpr size_t kMaxListenAddresses = 16;

std::vector<std::string> ReadListen(ConfigSection section, bool has_tls) {
  std::vector<std::string> addresses;
  if (!section.Has("grpc")) section.Missing("grpc");
  const std::vector<ConfigSection::Element> elements =
      section.Texts("grpc", kMaxListenAddresses, "[\"unix:/run/cibad/cibad.sock\"]");
  if (section.ok() && elements.empty()) section.Fail("grpc", "is empty; name at least one address");
  for (const auto& [address, line] : elements) {
    const absl::Status status = CheckListenAddress(address, has_tls);
    if (!status.ok()) section.Fail("grpc", status.message(), line);
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) {
      section.Fail("grpc", absl::StrCat("names ", Quoted(address), " twice"), line);
    }
    addresses.push_back(address);
  }
  return addresses;
}

// The files are read and looked at, and read again by whoever uses them.
std::optional<TlsFiles> ReadTls(ConfigSection section, const toml::table& root) {
  if (root.get("tls") == nullptr) return std::nullopt;
  TlsFiles files;
  files.certificate_file = section.Path(section.RequiredText("certificate_file"));
  files.key_file = section.Path(section.RequiredText("key_file"));
  if (section.Has("client_ca_file"))
    files.client_ca_file = section.Path(section.Text("client_ca_file"));
  if (!section.ok()) return files;
  const absl::Status status = ReadTlsFiles(files, absl::Now()).status();
  if (status.ok()) return files;
  // It begins with the key at fault.
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(status.message(), absl::MaxSplits(": ", 1));
  section.Fail(parts.first, parts.second);
  return files;
}

std::string ReadMetricsAddress(ConfigSection section) {
  if (!section.Has("metrics")) return "";
  std::string address = section.Text("metrics");
  section.Check("metrics", CheckHttpAddress(address));
  return address;
}

// Where pings come to: needed where a sales unit has a webhook, and only there.
std::string ReadWebhookListen(ConfigSection section, const std::vector<SalesUnit>& units) {
  const bool is_wanted = std::any_of(
      units.begin(), units.end(), [](const SalesUnit& unit) { return unit.webhook.has_value(); });
  if (!section.Has("webhook")) {
    if (is_wanted) {
      section.Fail(
          "webhook",
          "is missing; a sales unit has a webhook_url, so add webhook = "
          "\"127.0.0.1:8480\" to [listen], the address that your proxy passes pings on to");
    }
    return "";
  }
  if (!is_wanted) section.Fail("webhook", "is for pings, and no sales unit has a webhook_url");
  std::string address = section.Text("webhook");
  section.Check("webhook", CheckHttpAddress(address));
  return address;
}

void ReadProvider(ConfigSection section, Config& config) {
  config.issuer = section.RequiredText("issuer");
  section.Check("issuer", CheckIssuer(config.issuer));
  if (section.Has("ca_file")) {
    config.ca_file = section.Path(section.Text("ca_file"));
    section.Check("ca_file", CheckCaFile(config.ca_file));
  }
  if (section.Has("proxy")) {
    config.proxy = section.Text("proxy");
    section.Check("proxy", CheckProxy(config.proxy));
  }
}

// The key in the file; absent where it is not there, or something is wrong.
std::optional<SealingKey> ReadKey(ConfigSection& section, absl::string_view name,
                                  const std::string& file, int line) {
  const absl::StatusOr<std::optional<SealingKey>> key = ReadSealingKey(file);
  if (key.ok()) return *key;
  section.Fail(name, key.status().message(), line);
  return std::nullopt;
}

StoreKeys ReadStoreKeys(ConfigSection section) {
  StoreKeys keys;
  const std::string key_file = section.RequiredText("key_file");
  const std::vector<ConfigSection::Element> old_files =
      section.Texts("old_key_files", StoreKeys::kMaxKeys - 1, "[\"/etc/cibad/store_key_2025\"]");
  if (!section.ok()) return keys;
  keys.key_file = section.Path(key_file);
  keys.key = ReadKey(section, "key_file", keys.key_file, section.LineOfKey("key_file"));
  for (const auto& [text, line] : old_files) {
    const std::string file = section.Path(text);
    const std::optional<SealingKey> key = ReadKey(section, "old_key_files", file, line);
    if (!section.ok()) break;
    if (!key.has_value()) {
      section.Fail("old_key_files",
                   absl::StrCat("there is no file ", Quoted(file),
                                "; restore it, or remove it here if nothing needs it any more"),
                   line);
    } else if (*key == keys.key ||
               std::find(keys.old_keys.begin(), keys.old_keys.end(), *key) != keys.old_keys.end()) {
      section.Fail("old_key_files",
                   absl::StrCat("the file ", Quoted(file),
                                " holds a key that another file holds as well; remove it here"),
                   line);
    } else {
      keys.old_keys.push_back(*key);
    }
  }
  return keys;
}

LogLevel ReadLogLevel(ConfigSection section) {
  if (!section.Has("level")) return LogLevel::kInfo;
  const std::optional<LogLevel> level = ParseLogLevel(section.Text("level"));
  if (!level.has_value()) section.Fail("level", R"(must be "debug", "info", "warning" or "error")");
  return level.value_or(LogLevel::kInfo);
}

// The document; where it is no TOML, the reader has failed.
toml::table Parse(ConfigReader& reader, const std::string& text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {  // it quotes a character or two at most, or a key
    std::string what =
        absl::StrCat("not valid TOML: ",
                     absl::string_view(error.description().data(), error.description().size()));
    std::replace_if(
        what.begin(), what.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); }, ' ');
    reader.Fail(static_cast<int>(error.source().begin.line), "", what);
  }
  return {};
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  ConfigReader reader(path);
  const absl::StatusOr<std::string> text =
      ReadProtectedFile(path, kMaxConfigBytes, /*refuse_others=*/false);
  if (!text.ok()) reader.Fail(0, "", text.status().message());
  const toml::table root = Parse(reader, text.value_or(""));
  CheckKeys(reader, root);
  Config config;
  config.listen = ReadListen({reader, root, "listen"}, root.get("tls") != nullptr);
  config.tls = ReadTls({reader, root, "tls"}, root);
  config.metrics_address = ReadMetricsAddress({reader, root, "listen"});
  ReadProvider({reader, root, "provider"}, config);
  config.sales_units = ReadSalesUnits(reader, root);
  config.webhook_address = ReadWebhookListen({reader, root, "listen"}, config.sales_units);
  ConfigSection store(reader, root, "store");
  config.store_path = reader.Path(store.RequiredText("path"));
  config.store_keys = ReadStoreKeys(store);
  config.log_level = ReadLogLevel({reader, root, "log"});
  config.keep_ended_minutes =
      store.Integer("keep_ended_minutes", config.keep_ended_minutes, {1, 1440, "1 to 1440, a day"});
  config.workers = ConfigSection(reader, root, "engine")
                       .Integer("workers", config.workers, {0, 256, "0, for one per core, to 256"});
  ConfigSection limits(reader, root, "limits");
  config.pending_logins =
      limits.Integer("pending_logins", config.pending_logins, {1, 1'000'000, "1 to 1000000"});
  config.watch_streams =
      limits.Integer("watch_streams", config.watch_streams, {1, 1'000'000, "1 to 1000000"});
  config.connections =
      limits.Integer("connections", config.connections, {1, 1'000'000, "1 to 1000000"});
  config.starts_per_number =
      limits.Integer("starts_per_number", config.starts_per_number, {1, 1'000'000, "1 to 1000000"});
  config.starts_per_number_minutes = limits.Integer(
      "starts_per_number_minutes", config.starts_per_number_minutes, {1, 1440, "1 to 1440"});
  ConfigSection audit(reader, root, "audit");
  if (audit.Has("file")) config.audit_file = audit.Path(audit.Text("file"));
  config.callers = ReadCallers(reader, root, config);
  if (!reader.status().ok()) return reader.status();
  return config;
}

}  // namespace cibad
