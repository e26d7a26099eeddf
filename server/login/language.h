// The languages that staff are spoken to in: those of the countries that the provider serves, and
// English. A till names one by a BCP 47 tag (RFC 5646), the daemon answers with the tag of the one
// that is spoken.

#ifndef CIBAD_SERVER_LOGIN_LANGUAGE_H_
#define CIBAD_SERVER_LOGIN_LANGUAGE_H_

#include <array>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

enum class Language {
  kEnglish,
  kNorwegian,  // Bokmål
  kDanish,
  kSwedish,
  kFinnish,
};

inline constexpr std::array kLanguages = {Language::kEnglish, Language::kNorwegian,
                                          Language::kDanish, Language::kSwedish,
                                          Language::kFinnish};

// The language that is spoken to whoever asks for `tag`: Bokmål for every Norwegian one (nb, nn,
// no, nb-NO), English where the tag is empty or its language is not spoken here. INVALID_ARGUMENT,
// with a message that begins with the field's name: it is no tag at all.
absl::StatusOr<Language> LanguageOf(absl::string_view tag);

// The language's own tag: en, nb, da, sv or fi.
absl::string_view LanguageTag(Language language);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_LANGUAGE_H_
