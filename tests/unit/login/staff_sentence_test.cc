#include "server/login/staff_sentence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kValue[] = "K7P-3XM";

std::vector<StaffSentence> EverySentence() {
  std::vector<StaffSentence> sentences;
  for (int i = 0; i <= static_cast<int>(kLastStaffSentence); ++i) {
    sentences.push_back(static_cast<StaffSentence>(i));
  }
  return sentences;
}

TEST(StaffSentence, IsOneSentenceInEveryLanguage) {
  for (const StaffSentence sentence : EverySentence()) {
    for (const Language language : kLanguages) {
      const std::string text = StaffText(sentence, language, kValue);
      EXPECT_GT(text.size(), 15u);
      EXPECT_LT(text.size(), 160u) << "too long to be read out: " << text;
      EXPECT_EQ(text.find('.'), text.size() - 1) << text;
      EXPECT_THAT(text, Not(HasSubstr("  "))) << "two parts joined with a blank too many";
    }
  }
}

TEST(StaffSentence, NoTwoAreTheSame) {
  std::set<std::string> texts;
  for (const StaffSentence sentence : EverySentence()) {
    for (const Language language : kLanguages) {
      const std::string text = StaffText(sentence, language, "2");
      EXPECT_TRUE(texts.insert(text).second) << text;
    }
  }
}

TEST(StaffSentence, HasPlaceForTheValueInAllLanguagesOrInNone) {
  int with_value = 0;
  for (const StaffSentence sentence : EverySentence()) {
    const bool english_has =
        absl::StrContains(StaffText(sentence, Language::kEnglish, kValue), kValue);
    with_value += english_has ? 1 : 0;
    for (const Language language : kLanguages) {
      const std::string text = StaffText(sentence, language, kValue);
      EXPECT_EQ(absl::StrContains(text, kValue), english_has) << text;
      EXPECT_THAT(text, Not(HasSubstr("$"))) << text;
    }
  }
  EXPECT_EQ(with_value, 4);  // the binding message, seconds, minutes, the provider's code
}

TEST(StaffSentence, NamesTheAppTheSameInAllLanguages) {
  for (const StaffSentence sentence : EverySentence()) {
    const bool english_does = absl::StrContains(StaffText(sentence, Language::kEnglish), "Vipps");
    for (const Language language : kLanguages) {
      const std::string text = StaffText(sentence, language);
      EXPECT_EQ(absl::StrContains(text, "Vipps MobilePay"), english_does) << text;
    }
  }
}

TEST(StaffSentence, AValueIsTakenAsItIs) {
  EXPECT_THAT(StaffText(StaffSentence::kFailedWithCode, Language::kSwedish, "$0$1%s"),
              HasSubstr("($0$1%s)"));
}

// One golden sentence a language, so that no column can take another's place.
TEST(StaffSentence, EachLanguageIsInItsColumn) {
  const auto text = [](Language language) {
    return StaffText(StaffSentence::kCompleted, language);
  };
  EXPECT_EQ(text(Language::kEnglish), "The customer is logged in.");
  EXPECT_EQ(text(Language::kNorwegian), "Kunden er logget inn.");
  EXPECT_EQ(text(Language::kDanish), "Kunden er logget ind.");
  EXPECT_EQ(text(Language::kSwedish), "Kunden är inloggad.");
  EXPECT_EQ(text(Language::kFinnish), "Asiakas on kirjautunut sisään.");
}

// Letters and words that the neighbour language does not have.
TEST(StaffSentence, NoLanguageBorrowsTheLettersOfAnother) {
  struct Foreign {
    Language language;
    std::vector<const char*> never;
  };
  const Foreign kForeign[] = {
      {Language::kEnglish, {"å", "ä", "ö", "æ", "ø"}},
      {Language::kNorwegian, {"ä", "ö", "logge ind", "igen", " på ny;", "kræ"}},
      {Language::kDanish, {"ä", "ö", "logge inn", "igjen", "på nytt", "nummeret"}},
      {Language::kSwedish, {"æ", "ø", "logge ", "ikke"}},
      {Language::kFinnish, {"æ", "ø", "å"}},
  };
  for (const Foreign& foreign : kForeign) {
    for (const StaffSentence sentence : EverySentence()) {
      for (const char* text : foreign.never) {
        EXPECT_THAT(StaffText(sentence, foreign.language), Not(HasSubstr(text)));
      }
    }
  }
}

}  // namespace
}  // namespace cibad
