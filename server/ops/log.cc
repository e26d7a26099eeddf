#include "server/ops/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/ascii.h"

namespace cibad {
namespace {

constexpr size_t kMaxValueBytes = 512;  // before escaping
constexpr size_t kMaxLineBytes = 4096;

struct LevelFacts {
  const char* name;
  spdlog::level::level_enum spdlog_level;
  const char* journal_priority;  // syslog(3)
};
constexpr std::array<LevelFacts, 4> kLevels = {{
    {"debug", spdlog::level::debug, "<7>"},
    {"info", spdlog::level::info, "<6>"},
    {"warning", spdlog::level::warn, "<4>"},
    {"error", spdlog::level::err, "<3>"},
}};

const LevelFacts& FactsOf(LogLevel level) { return kLevels.at(static_cast<size_t>(level)); }

// Where lines go. Never destroyed: threads may log until the very end.
struct Sink {
  Sink() : in_journal(IsJournalStream(STDERR_FILENO, std::getenv("JOURNAL_STREAM"))) {
    logger.set_level(spdlog::level::trace);  // Log has asked LogEnabled already
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        in_journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%fZ %v", spdlog::pattern_time_type::utc));
  }

  const bool in_journal;
  spdlog::logger logger{"cibad", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  std::atomic<LogLevel> lowest = LogLevel::kInfo;

  std::mutex mutex;
  std::function<void(LogLevel, const std::string&)> capture;  // under mutex; for tests
};

Sink& TheSink() {
  static Sink& sink = *new Sink();
  return sink;
}

void AppendEscaped(absl::string_view text, std::string& line) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  for (const char c : text.substr(0, kMaxValueBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (absl::ascii_isprint(byte)) {
      line += c;
    } else {
      line += "\\x";
      line += kHexDigits[byte >> 4];
      line += kHexDigits[byte & 0xf];
    }
  }
  if (text.size() > kMaxValueBytes) line += "...";
}

// Whether a value can stand without quotes and still be told from what follows it.
bool IsBare(absl::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c)) || c == '"' || c == '\\' || c == '=')
      return false;
  }
  return true;
}

}  // namespace

std::optional<LogLevel> ParseLogLevel(absl::string_view name) {
  for (size_t i = 0; i < kLevels.size(); ++i) {
    if (name == kLevels[i].name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::string FormatLogLine(absl::string_view message, std::initializer_list<LogField> fields) {
  constexpr size_t kUsual = 256;
  std::string line;
  line.reserve(kUsual);
  AppendEscaped(message, line);
  for (const LogField& field : fields) {
    line += ' ';
    AppendEscaped(field.key, line);
    line += '=';
    const bool is_bare = IsBare(field.value);
    if (!is_bare) line += '"';
    AppendEscaped(field.value, line);
    if (!is_bare) line += '"';
  }
  if (line.size() > kMaxLineBytes) {
    line.resize(kMaxLineBytes);
    line += "...";
  }
  return line;
}

bool IsJournalStream(int descriptor, const char* journal_stream) {
  struct stat facts {};
  return journal_stream != nullptr && fstat(descriptor, &facts) == 0 &&
         journal_stream == absl::StrCat(facts.st_dev, ":", facts.st_ino);
}

bool LogEnabled(LogLevel level) {
  return level >= TheSink().lowest.load(std::memory_order_relaxed);
}

void SetLogLevel(LogLevel level) { TheSink().lowest = level; }

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (!LogEnabled(level)) return;
  Sink& sink = TheSink();
  const std::string line = FormatLogLine(message, fields);
  {
    const std::lock_guard lock(sink.mutex);
    if (sink.capture) {
      sink.capture(level, line);
      return;
    }
  }
  const LevelFacts& facts = FactsOf(level);
  // A string_view: spdlog then takes the text as it is and does not look for format specifiers in
  // it.
  const std::string text = sink.in_journal ? absl::StrCat(facts.journal_priority, line)
                                           : absl::StrCat(facts.name, ": ", line);
  sink.logger.log(facts.spdlog_level, spdlog::string_view_t(text));
}

LogCapture::LogCapture(std::function<void(LogLevel, const std::string& line)> capture) {
  const std::lock_guard lock(TheSink().mutex);
  TheSink().capture = std::move(capture);
}

LogCapture::~LogCapture() {
  const std::lock_guard lock(TheSink().mutex);
  TheSink().capture = nullptr;
}

}  // namespace cibad
