#include "server/ops/config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/ops/config_checks.h"
#include "server/ops/protected_file.h"

namespace cibad {
namespace {

constexpr size_t kMaxConfigBytes = 1 << 20;
constexpr size_t kMaxListenAddresses = 16;
constexpr size_t kMaxSalesUnits = 1000;

struct Key {
  absl::string_view section;
  absl::string_view name;
};
constexpr std::array<Key, 17> kKeys = {{{"listen", "grpc"},
                                        {"provider", "issuer"},
                                        {"provider", "ca_file"},
                                        {"provider", "proxy"},
                                        {"sales_unit", "msn"},
                                        {"sales_unit", "client_id"},
                                        {"sales_unit", "client_secret_file"},
                                        {"sales_unit", "auth_method"},
                                        {"sales_unit", "default_region"},
                                        {"store", "path"},
                                        {"store", "key_file"},
                                        {"store", "old_key_files"},
                                        {"store", "keep_ended_minutes"},
                                        {"log", "level"},
                                        {"engine", "workers"},
                                        {"limits", "pending_logins"},
                                        {"limits", "watch_streams"}}};

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

int LineOf(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

absl::string_view TypeOf(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

// The config under way: what was read so far, and the first thing that was found wrong. Once
// something is, reading goes on with empty values and changes nothing more, so that the code below
// need not stop everywhere.
class Reader {
 public:
  explicit Reader(std::string path)
      : path_(std::move(path)), folder_(std::filesystem::path(path_).parent_path()) {}

  const absl::Status& status() const { return status_; }

  // `line` 0: there is none.
  void Fail(int line, absl::string_view key, absl::string_view what) {
    if (!status_.ok()) return;
    status_ = absl::InvalidArgumentError(absl::StrCat(
        path_, line > 0 ? absl::StrCat(":", line) : "", ": ", key, key.empty() ? "" : ": ", what));
  }

  // A relative path starts at the config's folder; a variable in front is nobody's folder.
  std::string Path(const std::string& path) const {
    return absl::StartsWith(path, "${") ? path : (folder_ / path).lexically_normal().string();
  }

 private:
  const std::string path_;
  const std::filesystem::path folder_;
  absl::Status status_;
};

// One section of the config, `[name]` or one of `[[name]]`. Where the whole section is missing, its
// keys are.
class Section {
 public:
  Section(Reader& reader, absl::string_view name, const toml::table* table)
      : reader_(reader), name_(name), table_(table), line_(table == nullptr ? 1 : LineOf(*table)) {}

  // The text, and whether the key is there at all. Empty text is refused.
  std::string Text(absl::string_view key) {
    const toml::node* node = Find(key);
    return node == nullptr ? "" : TextOf(*node, key);
  }
  std::string RequiredText(absl::string_view key) {
    if (Find(key) == nullptr) Missing(key);
    return Text(key);
  }

  // The text that a value or one element of an array holds.
  std::string TextOf(const toml::node& node, absl::string_view key) {
    constexpr size_t kMaxBytes = 4096;
    const toml::value<std::string>* text = node.as_string();
    if (text == nullptr) {
      // The likeliest of them: a number, or true, that should have had quotes around it.
      Fail(key, absl::StrCat("must be a string in quotes, not ", TypeOf(node)), LineOf(node));
      return "";
    }
    const std::string& value = text->get();
    if (value.empty()) {
      Fail(key, "is empty; write a value, or remove the key", LineOf(node));
    } else if (value.size() > kMaxBytes) {
      Fail(key, absl::StrCat("is longer than ", kMaxBytes, " bytes"), LineOf(node));
    } else if (std::any_of(value.begin(), value.end(),
                           [](unsigned char c) { return absl::ascii_iscntrl(c); })) {
      Fail(key, "holds a control character", LineOf(node));
    }
    return value;
  }

  const toml::node* Find(absl::string_view key) const {
    return table_ == nullptr ? nullptr : table_->get(std::string_view(key.data(), key.size()));
  }

  // The line of the key's value, or the section's where the key is missing.
  int LineOfKey(absl::string_view key) const {
    const toml::node* node = Find(key);
    return node == nullptr ? line_ : LineOf(*node);
  }

  void Missing(absl::string_view key) {
    Fail(key, absl::StrCat("is missing; add it to ", name_ == "sales_unit" ? "this [[" : "[", name_,
                           name_ == "sales_unit" ? "]]" : "]"));
  }
  void Fail(absl::string_view key, absl::string_view what) { Fail(key, what, LineOfKey(key)); }
  void Fail(absl::string_view key, absl::string_view what, int line) {
    reader_.Fail(line, absl::StrCat(name_, ".", key), what);
  }
  // Fails where the status does.
  void Check(absl::string_view key, const absl::Status& status) {
    if (!status.ok()) Fail(key, status.message());
  }

 private:
  Reader& reader_;
  const absl::string_view name_;
  const toml::table* table_;  // null: there is no such section
  const int line_;
};

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

void CheckKeysOf(Reader& reader, absl::string_view section, const toml::table& table) {
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

// That there is nothing in the file but known keys in sections of the right kind.
void CheckKeys(Reader& reader, const toml::table& root) {
  for (const auto& [key, node] : root) {
    const absl::string_view name = View(key.str());
    const int line = static_cast<int>(key.source().begin.line);
    if (!IsSection(name)) {
      reader.Fail(line, Shown(name), UnknownKey("", name));
    } else if (name == "sales_unit") {
      const toml::array* units = node.as_array();
      if (units == nullptr || (!units->empty() && !units->is_homogeneous<toml::table>())) {
        reader.Fail(line, name,
                    "must be written [[sales_unit]], with two brackets, once for each sales unit");
        continue;
      }
      for (const toml::node& unit : *units) CheckKeysOf(reader, name, *unit.as_table());
    } else if (const toml::table* section = node.as_table(); section != nullptr) {
      CheckKeysOf(reader, name, *section);
    } else {
      reader.Fail(line, name,
                  absl::StrCat("must be a section, written [", name, "] once, not ", TypeOf(node)));
    }
  }
}

Section SectionOf(Reader& reader, const toml::table& root, absl::string_view name) {
  const toml::node* node = root.get(std::string_view(name.data(), name.size()));
  return {reader, name, node == nullptr ? nullptr : node->as_table()};
}

std::vector<std::string> ReadListen(Section section) {
  std::vector<std::string> addresses;
  const toml::node* node = section.Find("grpc");
  if (node == nullptr) {
    section.Missing("grpc");
    return addresses;
  }
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    section.Fail(
        "grpc",
        absl::StrCat("must be an array of strings, as in [\"unix:/run/cibad/cibad.sock\"], not ",
                     TypeOf(*node)));
    return addresses;
  }
  if (array->empty()) section.Fail("grpc", "is empty; name at least one address");
  if (array->size() > kMaxListenAddresses) {
    section.Fail("grpc", absl::StrCat("has more than ", kMaxListenAddresses, " addresses"));
  }
  for (const toml::node& element : *array) {
    const std::string address = section.TextOf(element, "grpc");
    const absl::Status status = CheckListenAddress(address);
    if (!status.ok()) section.Fail("grpc", status.message(), LineOf(element));
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) {
      section.Fail("grpc", absl::StrCat("names ", Quoted(address), " twice"), LineOf(element));
    }
    addresses.push_back(address);
  }
  return addresses;
}

void ReadProvider(Section section, const Reader& reader, Config& config) {
  config.issuer = section.RequiredText("issuer");
  section.Check("issuer", CheckIssuer(config.issuer));
  if (section.Find("ca_file") != nullptr) {
    config.ca_file = reader.Path(section.Text("ca_file"));
    section.Check("ca_file", CheckCaFile(config.ca_file));
  }
  if (section.Find("proxy") != nullptr) {
    config.proxy = section.Text("proxy");
    section.Check("proxy", CheckProxy(config.proxy));
  }
}

SalesUnit ReadSalesUnit(Section section, const Reader& reader) {
  SalesUnit unit;
  unit.msn = section.RequiredText("msn");
  section.Check("msn", CheckMsn(unit.msn));
  unit.client_id = section.RequiredText("client_id");
  section.Check("client_id", CheckClientId(unit.client_id));
  const std::string secret_file = section.RequiredText("client_secret_file");
  if (reader.status().ok()) {
    absl::StatusOr<std::string> secret = ReadClientSecret(reader.Path(secret_file));
    section.Check("client_secret_file", secret.status());
    unit.client_secret = secret.ok() ? *std::move(secret) : "";
  }
  if (section.Find("auth_method") != nullptr) {
    const auto method = AuthMethods().find(section.Text("auth_method"));
    if (method == AuthMethods().end()) {
      section.Fail("auth_method", "must be \"client_secret_basic\" or \"client_secret_post\"");
    } else {
      unit.authentication = method->second;
    }
  }
  if (section.Find("default_region") != nullptr) {
    unit.default_region = section.Text("default_region");
    if (std::find(Regions().begin(), Regions().end(), unit.default_region) == Regions().end()) {
      section.Fail("default_region",
                   absl::StrCat("must be one of \"", absl::StrJoin(Regions(), "\", \""), "\""));
    }
  }
  return unit;
}

std::vector<SalesUnit> ReadSalesUnits(Reader& reader, const toml::table& root) {
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
    Section section(reader, "sales_unit", element.as_table());
    units.push_back(ReadSalesUnit(section, reader));
    const auto [earlier, is_new] = line_of_msn.emplace(units.back().msn, section.LineOfKey("msn"));
    if (!is_new) {
      section.Fail("msn", absl::StrCat(Quoted(units.back().msn), " is configured already, in line ",
                                       earlier->second, "; each sales unit is written once"));
    }
    if (!reader.status().ok()) break;
  }
  return units;
}

// The key in the file; absent where it is not there, or something is wrong.
std::optional<SealingKey> ReadKey(Section& section, absl::string_view name, const std::string& file,
                                  int line) {
  const absl::StatusOr<std::optional<SealingKey>> key = ReadSealingKey(file);
  if (key.ok()) return *key;
  section.Fail(name, key.status().message(), line);
  return std::nullopt;
}

StoreKeys ReadStoreKeys(Section section, const Reader& reader) {
  StoreKeys keys;
  const std::string key_file = section.RequiredText("key_file");
  const toml::node* node = section.Find("old_key_files");
  if (node != nullptr && node->as_array() == nullptr) {
    section.Fail("old_key_files", absl::StrCat("must be an array of strings, as in "
                                               "[\"/etc/cibad/store_key_2025\"], not ",
                                               TypeOf(*node)));
  }
  const toml::array* old_files = node == nullptr ? nullptr : node->as_array();
  if (old_files != nullptr && old_files->size() >= StoreKeys::kMaxKeys) {
    section.Fail("old_key_files",
                 absl::StrCat("has more than ", StoreKeys::kMaxKeys - 1, " files"));
  }
  if (!reader.status().ok()) return keys;
  keys.key_file = reader.Path(key_file);
  keys.key = ReadKey(section, "key_file", keys.key_file, section.LineOfKey("key_file"));
  if (old_files == nullptr) return keys;
  for (const toml::node& element : *old_files) {
    const std::string file = section.TextOf(element, "old_key_files");
    if (!reader.status().ok()) break;
    const std::optional<SealingKey> key =
        ReadKey(section, "old_key_files", reader.Path(file), LineOf(element));
    if (!reader.status().ok()) break;
    if (!key.has_value()) {
      section.Fail("old_key_files",
                   absl::StrCat("there is no file ", Quoted(reader.Path(file)),
                                "; restore it, or remove it here if nothing needs it any more"),
                   LineOf(element));
    } else if (*key == keys.key ||
               std::find(keys.old_keys.begin(), keys.old_keys.end(), *key) != keys.old_keys.end()) {
      section.Fail("old_key_files",
                   absl::StrCat("the file ", Quoted(reader.Path(file)),
                                " holds a key that another file holds as well; remove it here"),
                   LineOf(element));
    } else {
      keys.old_keys.push_back(*key);
    }
  }
  return keys;
}

LogLevel ReadLogLevel(Section section) {
  if (section.Find("level") == nullptr) return LogLevel::kInfo;
  const std::optional<LogLevel> level = ParseLogLevel(section.Text("level"));
  if (!level.has_value()) section.Fail("level", R"(must be "debug", "info", "warning" or "error")");
  return level.value_or(LogLevel::kInfo);
}

struct IntegerRange {
  int least;
  int most;
  absl::string_view text;  // the range in words
};

int ReadInteger(Section section, absl::string_view name, int fallback, const IntegerRange& range) {
  const toml::node* node = section.Find(name);
  if (node == nullptr) return fallback;
  const toml::value<int64_t>* integer = node->as_integer();
  if (integer == nullptr) {
    section.Fail(name, absl::StrCat("must be an integer without quotes, not ", TypeOf(*node)));
    return fallback;
  }
  if (integer->get() < range.least || integer->get() > range.most) {
    section.Fail(name, absl::StrCat("must be ", range.text));
    return fallback;
  }
  return static_cast<int>(integer->get());
}

// The document; where it is no TOML, the reader has failed.
toml::table Parse(Reader& reader, const std::string& text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {  // it quotes a character or two at most, or a key
    std::string what = absl::StrCat("not valid TOML: ", View(error.description()));
    std::replace_if(
        what.begin(), what.end(), [](unsigned char c) { return absl::ascii_iscntrl(c); }, ' ');
    reader.Fail(static_cast<int>(error.source().begin.line), "", what);
  }
  return {};
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  Reader reader(path);
  const absl::StatusOr<std::string> text =
      ReadProtectedFile(path, kMaxConfigBytes, /*refuse_others=*/false);
  if (!text.ok()) reader.Fail(0, "", text.status().message());
  const toml::table root = Parse(reader, text.value_or(""));
  CheckKeys(reader, root);
  Config config;
  config.listen = ReadListen(SectionOf(reader, root, "listen"));
  ReadProvider(SectionOf(reader, root, "provider"), reader, config);
  config.sales_units = ReadSalesUnits(reader, root);
  config.store_path = reader.Path(SectionOf(reader, root, "store").RequiredText("path"));
  config.store_keys = ReadStoreKeys(SectionOf(reader, root, "store"), reader);
  config.log_level = ReadLogLevel(SectionOf(reader, root, "log"));
  config.keep_ended_minutes = ReadInteger(SectionOf(reader, root, "store"), "keep_ended_minutes",
                                          config.keep_ended_minutes, {1, 1440, "1 to 1440, a day"});
  config.workers = ReadInteger(SectionOf(reader, root, "engine"), "workers", config.workers,
                               {0, 256, "0, for one per core, to 256"});
  const Section limits = SectionOf(reader, root, "limits");
  config.pending_logins =
      ReadInteger(limits, "pending_logins", config.pending_logins, {1, 1'000'000, "1 to 1000000"});
  config.watch_streams =
      ReadInteger(limits, "watch_streams", config.watch_streams, {1, 1'000'000, "1 to 1000000"});
  if (!reader.status().ok()) return reader.status();
  return config;
}

std::vector<std::string> ConfigKeys() {
  std::vector<std::string> keys;
  keys.reserve(kKeys.size());
  for (const Key& key : kKeys) keys.push_back(absl::StrCat(key.section, ".", key.name));
  return keys;
}

}  // namespace cibad
