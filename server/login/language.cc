#include "server/login/language.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

struct SpokenLanguage {
  absl::string_view subtag;  // primary language subtag (RFC 5646 2.2.1)
  Language language;
};

constexpr std::array kSpokenLanguages = {
    SpokenLanguage{"en", Language::kEnglish},   SpokenLanguage{"nb", Language::kNorwegian},
    SpokenLanguage{"nn", Language::kNorwegian}, SpokenLanguage{"no", Language::kNorwegian},
    SpokenLanguage{"da", Language::kDanish},    SpokenLanguage{"sv", Language::kSwedish},
    SpokenLanguage{"fi", Language::kFinnish},
};

template <typename Predicate>
bool AllOf(absl::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return predicate(static_cast<unsigned char>(c)); });
}

// The shape that all tags have (RFC 5646 2.1): subtags of 1 to 8 letters and digits behind one of
// letters alone, which has a single letter only in front of others (`x-till`). In which order
// subtags may come does not matter here, as only the first is heeded.
bool IsTag(const std::vector<absl::string_view>& subtags) {
  constexpr size_t kLongestSubtag = 8;
  const bool all_are_subtags =
      std::all_of(subtags.begin(), subtags.end(), [](absl::string_view subtag) {
        return !subtag.empty() && subtag.size() <= kLongestSubtag &&
               AllOf(subtag, absl::ascii_isalnum);
      });
  return all_are_subtags && AllOf(subtags.front(), absl::ascii_isalpha) &&
         (subtags.front().size() > 1 || subtags.size() > 1);
}

}  // namespace

absl::StatusOr<Language> LanguageOf(absl::string_view tag) {
  constexpr size_t kLongestTag = 35;  // RFC 5646 4.4.1
  if (tag.empty()) return Language::kEnglish;
  const std::vector<absl::string_view> subtags = absl::StrSplit(tag, '-');
  if (tag.size() > kLongestTag || !IsTag(subtags)) {
    return absl::InvalidArgumentError(
        "language_code: must be a BCP 47 language tag of at most 35 characters, such as nb, da-DK, "
        "sv, fi or en");
  }
  const std::string primary = absl::AsciiStrToLower(subtags.front());
  for (const SpokenLanguage& spoken : kSpokenLanguages) {
    if (primary == spoken.subtag) return spoken.language;
  }
  return Language::kEnglish;
}

absl::string_view LanguageTag(Language language) {
  const auto* spoken =
      std::find_if(kSpokenLanguages.begin(), kSpokenLanguages.end(),
                   [language](const SpokenLanguage& one) { return one.language == language; });
  return spoken->subtag;  // the first of a language's subtags is its own
}

}  // namespace cibad
