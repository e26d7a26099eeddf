// A request that may leave: its URL on the first line, then its headers; a line ends with NUL, so
// that line breaks can be tried.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/http/request_check.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {

void FuzzRequestCheck(absl::string_view input) {
  std::vector<std::string> lines = absl::StrSplit(input, '\0');
  HttpRequest request;
  request.url = lines[0];
  for (auto line = lines.begin() + 1; line != lines.end(); ++line) request.headers.Add({*line});
  const absl::Status status = CheckRequest(request);
  RequireLogText(status.message(), 256);
  if (!status.ok()) return;
  for (const std::string& line : lines) {
    Require(line.find_first_of("\r\n") == std::string::npos, "one request stays one");
  }
  Require(absl::StartsWithIgnoreCase(request.url, "https://"), "it is https");
  const auto authority = AuthorityOf(request.url);
  Require(authority.ok() && !authority->empty() && !absl::StrContains(*authority, "@"),
          "it has a host and no credentials");
}

}  // namespace cibad::fuzz
