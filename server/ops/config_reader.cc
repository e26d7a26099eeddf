#include "server/ops/config_reader.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

// The section's table, where there is one.
const toml::table* TableOf(const toml::table& root, absl::string_view name) {
  const toml::node* node = root.get(std::string_view(name.data(), name.size()));
  return node == nullptr ? nullptr : node->as_table();
}

}  // namespace

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

bool IsRepeated(absl::string_view section) {
  return section == "sales_unit" || section == "caller";
}

ConfigReader::ConfigReader(std::string path)
    : path_(std::move(path)), folder_(std::filesystem::path(path_).parent_path()) {}

void ConfigReader::Fail(int line, absl::string_view key, absl::string_view what) {
  if (!status_.ok()) return;
  status_ = absl::InvalidArgumentError(absl::StrCat(path_, line > 0 ? absl::StrCat(":", line) : "",
                                                    ": ", key, key.empty() ? "" : ": ", what));
}

std::string ConfigReader::Path(const std::string& path) const {
  return absl::StartsWith(path, "${") ? path : (folder_ / path).lexically_normal().string();
}

ConfigSection::ConfigSection(ConfigReader& reader, const toml::table& root, absl::string_view name)
    : ConfigSection(reader, name, TableOf(root, name)) {}

ConfigSection::ConfigSection(ConfigReader& reader, absl::string_view name, const toml::table* table)
    : reader_(reader), name_(name), table_(table), line_(table == nullptr ? 1 : LineOf(*table)) {}

std::string ConfigSection::Text(absl::string_view key) {
  const toml::node* node = Find(key);
  return node == nullptr ? "" : TextOf(*node, key);
}

std::string ConfigSection::RequiredText(absl::string_view key) {
  if (!Has(key)) Missing(key);
  return Text(key);
}

std::vector<ConfigSection::Element> ConfigSection::Texts(absl::string_view key, size_t most,
                                                         absl::string_view example) {
  const toml::node* node = Find(key);
  if (node == nullptr) return {};
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    Fail(key,
         absl::StrCat("must be an array of strings, as in ", example, ", not ", TypeOf(*node)));
    return {};
  }
  if (array->size() > most) {
    Fail(key, absl::StrCat("has more than ", most, " elements"));
    return {};
  }
  std::vector<Element> elements;
  for (const toml::node& element : *array) {
    elements.push_back({TextOf(element, key), LineOf(element)});
  }
  return elements;
}

int ConfigSection::Integer(absl::string_view key, int fallback, const IntegerRange& range) {
  const toml::node* node = Find(key);
  if (node == nullptr) return fallback;
  const toml::value<int64_t>* integer = node->as_integer();
  if (integer == nullptr) {
    Fail(key, absl::StrCat("must be an integer without quotes, not ", TypeOf(*node)));
    return fallback;
  }
  if (integer->get() < range.least || integer->get() > range.most) {
    Fail(key, absl::StrCat("must be ", range.text));
    return fallback;
  }
  return static_cast<int>(integer->get());
}

bool ConfigSection::Boolean(absl::string_view key, bool fallback) {
  const toml::node* node = Find(key);
  if (node == nullptr) return fallback;
  const toml::value<bool>* boolean = node->as_boolean();
  if (boolean != nullptr) return boolean->get();
  Fail(key, absl::StrCat("must be true or false without quotes, not ", TypeOf(*node)));
  return fallback;
}

int ConfigSection::LineOfKey(absl::string_view key) const {
  const toml::node* node = Find(key);
  return node == nullptr ? line_ : LineOf(*node);
}

void ConfigSection::Missing(absl::string_view key) {
  const bool repeats = IsRepeated(name_);
  Fail(key, absl::StrCat("is missing; add it to ", repeats ? "this [[" : "[", name_,
                         repeats ? "]]" : "]"));
}

void ConfigSection::Fail(absl::string_view key, absl::string_view what, int line) {
  reader_.Fail(line, absl::StrCat(name_, ".", key), what);
}

void ConfigSection::Check(absl::string_view key, const absl::Status& status) {
  if (!status.ok()) Fail(key, status.message());
}

const toml::node* ConfigSection::Find(absl::string_view key) const {
  return table_ == nullptr ? nullptr : table_->get(std::string_view(key.data(), key.size()));
}

std::string ConfigSection::TextOf(const toml::node& node, absl::string_view key) {
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

}  // namespace cibad
