// The daemon's one log: a line an event, of a level, a sentence and key=value pairs, on stderr,
// where systemd or a container takes it. Whatever is in a value, a line stays one line, so that
// nobody can write log entries by choosing a strange reference. spdlog does the work behind log.cc;
// this header is light enough for every file.
//
// Engine, rpc and main log; the folders below them (login, http, store, provider) return what
// happened instead. Never log a secret, a token, an auth_req_id, a claim, or a phone number that
// MaskPhoneNumber has not masked.

#ifndef CIBAD_SERVER_OPS_LOG_H_
#define CIBAD_SERVER_OPS_LOG_H_

#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cibad {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error"; absent for anything else.
std::optional<LogLevel> ParseLogLevel(absl::string_view name);

// A key, which is a word of the code's own, and a value, which may be anything: text, a number or a
// bool.
struct LogField {
  LogField(absl::string_view field_key, const absl::AlphaNum& field_value)
      : key(field_key), value(field_value.Piece()) {}
  template <std::same_as<bool> Bool>  // not what merely converts to bool, as every pointer does
  LogField(absl::string_view field_key, Bool field_value)
      : key(field_key), value(field_value ? "true" : "false") {}

  absl::string_view key;
  std::string value;
};

// Writes one line, if the level is enabled. `message` is a fixed sentence; what varies goes into
// the fields, so that lines can be searched and counted. All of these are thread-safe.
//
//   Log(LogLevel::kInfo, "login ended", {{"login", login.id}, {"state", "COMPLETED"}, {"requests",
//   3}});
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

// Lines below this level are dropped; kInfo until it is set.
void SetLogLevel(LogLevel level);
// For what is costly to gather only to be dropped.
bool LogEnabled(LogLevel level);

// The text of a line behind its level: `message key=value key="a value"`. Control characters,
// quotes, backslashes and bytes beyond ASCII are escaped; a value is cut after 512 bytes and the
// line after 4096, which `...` shows.
std::string FormatLogLine(absl::string_view message, std::initializer_list<LogField> fields);

// Whether the file descriptor is the one that JOURNAL_STREAM describes ("DEVICE:INODE",
// systemd.exec(5)): then the journal reads it, which keeps the time itself and takes the level as a
// `<N>` in front (sd-daemon(3)).
bool IsJournalStream(int descriptor, const char* journal_stream);

// For tests: lines go to `capture` instead of stderr for as long as this lives. One at a time.
class LogCapture {
 public:
  explicit LogCapture(std::function<void(LogLevel, const std::string& line)> capture);
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_LOG_H_
