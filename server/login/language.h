// The languages that staff are spoken to in: those of the countries that the provider serves, and
// English.

#ifndef CIBAD_SERVER_LOGIN_LANGUAGE_H_
#define CIBAD_SERVER_LOGIN_LANGUAGE_H_

namespace cibad {

enum class Language {
  kEnglish,
  kNorwegian,  // Bokmål
  kDanish,
  kSwedish,
  kFinnish,
};

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_LANGUAGE_H_
