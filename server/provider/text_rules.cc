#include "server/provider/text_rules.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

bool IsVisible(char c) { return c > ' ' && c < '\x7F'; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A word that may be a token or an identifier. `unknown_reject_reason` is none.
bool MayBeSecret(absl::string_view word) {
  constexpr size_t kLongestInnocent = 15;
  constexpr size_t kLongestWord = 40;
  if (word.size() <= kLongestInnocent) return false;
  if (word.size() > kLongestWord) return true;
  return std::any_of(word.begin() + 1, word.end(), [](unsigned char c) {
    return absl::ascii_isdigit(c) || absl::ascii_isupper(c);
  });
}

}  // namespace

bool IsVisibleAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), IsVisible);
}

bool IsHttpsUrl(absl::string_view text) {
  constexpr size_t kMaxBytes = 2048;
  if (text.size() > kMaxBytes || !IsVisibleAscii(text) || absl::StrContains(text, '#')) {
    return false;
  }
  if (!absl::ConsumePrefix(&text, "https://")) return false;
  const absl::string_view authority = text.substr(0, text.find_first_of("/?\\"));
  return !authority.empty() && authority.front() != ':' && !absl::StrContains(authority, '@');
}

bool IsSubject(absl::string_view text) {
  constexpr size_t kMaxSubjectBytes = 255;
  return !text.empty() && text.size() <= kMaxSubjectBytes && IsVisibleAscii(text);
}

std::string CleanDetail(absl::string_view text) {
  constexpr size_t kMaxDetailBytes = 256;
  constexpr int kMaxDigits = 5;
  std::string line(text.substr(0, 2 * kMaxDetailBytes));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return !IsVisible(c); }, ' ');
  std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  for (absl::string_view& word : words) {
    if (MayBeSecret(word)) word = "...";
  }
  std::string clean = absl::StrJoin(words, " ");
  if (std::count_if(clean.begin(), clean.end(), IsDigit) > kMaxDigits) {
    std::replace_if(clean.begin(), clean.end(), IsDigit, '*');
  }
  if (clean.size() > kMaxDetailBytes) clean.resize(kMaxDetailBytes);
  return clean;
}

}  // namespace cibad
