// The config while it is being read: values by section and key, and the first thing that was found
// wrong. Once something is, reading goes on with empty values and changes nothing more, so that the
// code that reads (config.cc, sales_unit_config.cc) need not stop everywhere.

#ifndef CIBAD_SERVER_OPS_CONFIG_READER_H_
#define CIBAD_SERVER_OPS_CONFIG_READER_H_

#include <toml++/toml.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cibad {

int LineOf(const toml::node& node);

// "a string", as it stands in messages.
absl::string_view TypeOf(const toml::node& node);

// Whether there may be several of the section, written `[[name]]`.
bool IsRepeated(absl::string_view section);

class ConfigReader {
 public:
  explicit ConfigReader(std::string path);

  const absl::Status& status() const { return status_; }

  // `line` 0: there is none.
  void Fail(int line, absl::string_view key, absl::string_view what);

  // A relative path starts at the config's folder; a variable in front is nobody's folder.
  std::string Path(const std::string& path) const;

 private:
  const std::string path_;
  const std::filesystem::path folder_;
  absl::Status status_;
};

// What an integer may be, and that in words.
struct IntegerRange {
  int least;
  int most;
  absl::string_view text;
};

// One section of the config, `[name]` or one of `[[name]]`. Where the whole section is missing, its
// keys are.
class ConfigSection {
 public:
  // One element of an array of strings, with the line that it is in.
  struct Element {
    std::string text;
    int line;
  };

  // The section `[name]` of the document.
  ConfigSection(ConfigReader& reader, const toml::table& root, absl::string_view name);
  // `table`: null: there is no such section.
  ConfigSection(ConfigReader& reader, absl::string_view name, const toml::table* table);

  bool Has(absl::string_view key) const { return Find(key) != nullptr; }

  // The text; empty where the key is missing. Empty text is refused.
  std::string Text(absl::string_view key);
  std::string RequiredText(absl::string_view key);

  // The texts of an array, which has at most `most`; none where the key is missing. `example` shows
  // how it is written.
  std::vector<Element> Texts(absl::string_view key, size_t most, absl::string_view example);

  // Where the key is missing, or wrong, the fallback.
  int Integer(absl::string_view key, int fallback, const IntegerRange& range);
  bool Boolean(absl::string_view key, bool fallback);

  // The line of the key's value, or the section's where the key is missing.
  int LineOfKey(absl::string_view key) const;

  void Missing(absl::string_view key);
  void Fail(absl::string_view key, absl::string_view what) { Fail(key, what, LineOfKey(key)); }
  void Fail(absl::string_view key, absl::string_view what, int line);
  // Fails where the status does.
  void Check(absl::string_view key, const absl::Status& status);

  // Of the whole config so far.
  bool ok() const { return reader_.status().ok(); }
  std::string Path(const std::string& path) const { return reader_.Path(path); }

 private:
  const toml::node* Find(absl::string_view key) const;
  std::string TextOf(const toml::node& node, absl::string_view key);

  ConfigReader& reader_;
  const absl::string_view name_;
  const toml::table* table_;
  const int line_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CONFIG_READER_H_
