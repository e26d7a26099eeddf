#include "client/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace cibad {
namespace {

constexpr int kUsualColumns = 80;
constexpr int kFewestColumns = 10;
constexpr int kMostColumns = 500;

absl::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int Columns() {
  int columns = 0;
  winsize size{};
  if (!absl::SimpleAtoi(Environment("COLUMNS"), &columns) &&
      ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
    columns = size.ws_col;
  }
  if (columns <= 0) columns = kUsualColumns;
  return std::clamp(columns, kFewestColumns, kMostColumns);
}

// Where the environment says nothing (a bare container, say), terminals of today show UTF-8.
bool ShowsUnicode() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = absl::AsciiStrToLower(Environment(name));
    if (!locale.empty())
      return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return true;
}

}  // namespace

bool StdoutIsTerminal() {
  const absl::string_view term = Environment("TERM");
  return isatty(STDOUT_FILENO) == 1 && !term.empty() && term != "dumb";
}

Look StdoutLook(bool no_color) {
  Look look;
  look.columns = Columns();
  look.colour = !no_color && Environment("NO_COLOR").empty();
  look.unicode = ShowsUnicode();
  look.zone = absl::LocalTimeZone();
  return look;
}

Write WriteTo(int descriptor) {
  return [descriptor](const std::string& text) {
    absl::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t written = write(descriptor, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EAGAIN) {  // a descriptor that somebody else made non-blocking
        pollfd ready{descriptor, POLLOUT, 0};
        poll(&ready, 1, /*timeout=*/-1);
        continue;
      }
      if (written <= 0) return;
      rest.remove_prefix(static_cast<size_t>(written));
    }
  };
}

}  // namespace cibad
