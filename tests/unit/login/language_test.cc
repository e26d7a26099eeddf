#include "server/login/language.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace cibad {
namespace {

TEST(LanguageOf, EveryNorwegianIsBokmal) {
  for (const char* tag : {"nb", "nn", "no", "nb-NO", "nn-NO", "no-NO", "NB-no", "nb-Latn-NO"}) {
    EXPECT_EQ(*LanguageOf(tag), Language::kNorwegian) << tag;
  }
}

TEST(LanguageOf, TheOthersWithOrWithoutACountry) {
  for (const char* tag : {"da", "da-DK", "DA", "da-FO"}) {
    EXPECT_EQ(*LanguageOf(tag), Language::kDanish) << tag;
  }
  for (const char* tag : {"sv", "sv-SE", "sv-FI", "sv-AX"}) {
    EXPECT_EQ(*LanguageOf(tag), Language::kSwedish) << tag;
  }
  EXPECT_EQ(*LanguageOf("fi"), Language::kFinnish);
  EXPECT_EQ(*LanguageOf("fi-FI"), Language::kFinnish);
  EXPECT_EQ(*LanguageOf("en-GB"), Language::kEnglish);
}

TEST(LanguageOf, WhatIsNotSpokenAndNoneIsEnglish) {
  for (const char* tag : {"", "de", "se", "fo", "ndx", "davidian", "x-till-7", "i-klingon",
                          "zh-Hant-TW", "de-1996", "en-US-x-twain"}) {
    const auto language = LanguageOf(tag);
    ASSERT_TRUE(language.ok()) << tag;
    EXPECT_EQ(*language, Language::kEnglish) << tag;
  }
}

TEST(LanguageOf, WhatIsNoTagIsRefusedByTheFieldsName) {
  const std::vector<std::string> wrong = {"nb_NO",
                                          "nb_NO.UTF-8",
                                          "C.UTF-8",
                                          "-",
                                          "nb-",
                                          "-nb",
                                          "nb--NO",
                                          "n",
                                          "1b",
                                          "norwegian",
                                          "nb NO",
                                          "nb\n",
                                          "n\xc3\xb8",
                                          std::string("nb-\0", 4),
                                          "nb,da;q=0.5",
                                          "nb-a2345678-b2345678-c2345678-d23456",
                                          std::string(100'000, 'n')};
  for (const std::string& tag : wrong) {
    const auto language = LanguageOf(tag);
    EXPECT_EQ(language.status().code(), absl::StatusCode::kInvalidArgument) << tag;
    EXPECT_THAT(std::string(language.status().message()), testing::StartsWith("language_code: "));
  }
}

TEST(LanguageOf, TheLongestTagIsTaken) {
  EXPECT_EQ(*LanguageOf("nb-a2345678-b2345678-c2345678-d2345"), Language::kNorwegian);
}

TEST(LanguageTag, IsTheLanguagesOwnAndLeadsBack) {
  std::set<absl::string_view> tags;
  for (const Language language : kLanguages) {
    tags.insert(LanguageTag(language));
    EXPECT_EQ(*LanguageOf(LanguageTag(language)), language);
  }
  EXPECT_THAT(tags, testing::UnorderedElementsAre("en", "nb", "da", "sv", "fi"));
}

}  // namespace
}  // namespace cibad
