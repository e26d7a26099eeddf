#include "server/ops/certificate_name.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/ops/config_checks.h"

namespace cibad {
namespace {

constexpr size_t kMaxNameBytes = 256;
constexpr size_t kMaxAsterisks = 8;

bool IsUri(absl::string_view name) { return absl::StrContains(name, "://"); }

bool IsVisibleText(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isgraph(c); });
}

}  // namespace

bool IsCertificateName(absl::string_view name) {
  return IsVisibleText(name) && !absl::StrContains(name, '*');
}

absl::Status CheckCertificatePattern(absl::string_view pattern) {
  if (!IsVisibleText(pattern)) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(pattern), " must be 1 to ", kMaxNameBytes,
                     " characters of plain ASCII without spaces, as no other name is a caller's"));
  }
  const auto asterisks = static_cast<size_t>(std::count(pattern.begin(), pattern.end(), '*'));
  if (asterisks > kMaxAsterisks) {
    return absl::InvalidArgumentError(
        absl::StrCat(Quoted(pattern), " has more than ", kMaxAsterisks, " of *"));
  }
  if (absl::StrContains(pattern, "**")) {
    return absl::InvalidArgumentError(absl::StrCat(
        Quoted(pattern), " has ** in it; each * stands for one part of a name at most"));
  }
  return absl::OkStatus();
}

// The usual walk: where the rest does not fit, the last asterisk takes one character more.
bool MatchesCertificateName(absl::string_view pattern, absl::string_view name) {
  if (pattern == "*") return true;
  if (IsUri(pattern) != IsUri(name)) return false;
  const bool is_uri = IsUri(name);
  const char separator = is_uri ? '/' : '.';
  const auto is_same = [is_uri](char a, char b) {
    return is_uri ? a == b
                  : absl::ascii_tolower(static_cast<unsigned char>(a)) ==
                        absl::ascii_tolower(static_cast<unsigned char>(b));
  };
  size_t p = 0;
  size_t n = 0;
  size_t asterisk = absl::string_view::npos;  // the last one in the pattern
  size_t taken_to = 0;                        // where what it stands for ends in the name
  while (n < name.size() || p < pattern.size()) {
    if (p < pattern.size() && n < name.size() && pattern[p] == '*' && name[n] != separator) {
      asterisk = p++;
      taken_to = ++n;
    } else if (p < pattern.size() && n < name.size() && pattern[p] != '*' &&
               is_same(pattern[p], name[n])) {
      ++p;
      ++n;
    } else if (asterisk != absl::string_view::npos && taken_to < name.size() &&
               name[taken_to] != separator) {
      p = asterisk + 1;
      n = ++taken_to;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace cibad
