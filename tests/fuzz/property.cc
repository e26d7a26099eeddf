#include "tests/fuzz/property.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace cibad::fuzz {
namespace {

// Takes the first line off the text, without its line break.
absl::string_view TakeLine(absl::string_view& text) {
  const absl::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

}  // namespace

void Require(bool holds, absl::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "Broken promise: %s\n", std::string(promise).c_str());
  std::abort();
}

void RequireLogText(absl::string_view text, size_t max_bytes) {
  Require(text.size() <= max_bytes, "a text for the log is bounded");
  Require(
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isprint(c); }),
      "a text for the log is one line of printable ASCII");
}

HttpResponse AnswerOf(absl::string_view input) {
  HttpResponse response;
  if (!absl::SimpleAtoi(TakeLine(input), &response.status)) response.status = 200;
  while (!input.empty()) {
    const absl::string_view line = TakeLine(input);
    if (line.empty()) break;
    response.headers.Add({line});
  }
  response.body = std::string(input);
  return response;
}

}  // namespace cibad::fuzz
