#include "server/provider/response_headers.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

constexpr absl::Duration kLongest = absl::Hours(24);

// RFC 9110 and 9111 write durations as digits only; more than nine of them are "very long" all the
// same.
std::optional<absl::Duration> ParseSeconds(absl::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  constexpr size_t kMaxDigits = 9;
  int64_t seconds = 0;
  if (text.size() > kMaxDigits || !absl::SimpleAtoi(text, &seconds)) return kLongest;
  return absl::Seconds(seconds);
}

// RFC 9110 5.6.7: the form of today, and two of old that are to be understood as well.
std::optional<absl::Time> ParseHttpDate(absl::string_view text) {
  for (const char* form :
       {"%a, %d %b %E4Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %E4Y"}) {
    absl::Time time;
    if (absl::ParseTime(form, text, &time, nullptr)) return time;
  }
  return std::nullopt;
}

}  // namespace

absl::Duration FreshFor(const HttpResponse& response) {
  constexpr absl::Duration kShortest = absl::Minutes(1);
  constexpr absl::Duration kDefault = absl::Hours(1);
  absl::Duration fresh = kDefault;
  for (absl::string_view part : absl::StrSplit(response.headers.Find("cache-control"), ',')) {
    const std::string directive = absl::AsciiStrToLower(absl::StripAsciiWhitespace(part));
    if (directive == "no-store" || directive == "no-cache") return kShortest;
    absl::string_view value = directive;
    if (!absl::ConsumePrefix(&value, "max-age=")) continue;
    if (absl::ConsumePrefix(&value, "\"")) absl::ConsumeSuffix(&value, "\"");
    // An answer whose freshness cannot be understood counts as stale (RFC 9111 4.2.1).
    fresh = ParseSeconds(value).value_or(absl::ZeroDuration()) -
            ParseSeconds(response.headers.Find("age")).value_or(absl::ZeroDuration());
  }
  return std::clamp(fresh, kShortest, kLongest);
}

std::optional<absl::Duration> RetryAfter(const HttpResponse& response) {
  const absl::string_view value = response.headers.Find("retry-after");
  if (value.empty()) return std::nullopt;  // nearly always, thousands of times a second
  std::optional<absl::Duration> wait = ParseSeconds(value);
  if (!wait) {
    const auto until = ParseHttpDate(value);
    const auto sent = ParseHttpDate(response.headers.Find("date"));
    if (!until || !sent) return std::nullopt;
    wait = *until - *sent;
  }
  return std::clamp(*wait, absl::ZeroDuration(), kLongest);
}

}  // namespace cibad
