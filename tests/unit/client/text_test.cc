#include "client/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cibad/v1/login.pb.h"

namespace cibad {
namespace {

using testing::ElementsAre;

TEST(CleanTest, LeavesNoControlCharacterThatATerminalWouldObey) {
  EXPECT_EQ(Clean("a\x1b[2Jb"), "a[2Jb");
  EXPECT_EQ(Clean("bell\a back\b del\x7f"), "bell back del");
  EXPECT_EQ(Clean("c1 csi \xc2\x9b"
                  "31m"),
            "c1 csi 31m");
  EXPECT_EQ(Clean("title \x1b]0;owned\x07"), "title ]0;owned");
  EXPECT_EQ(Clean(absl::string_view("nul\0l", 5)), "null");
}

TEST(CleanTest, LeavesNothingThatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(Clean("abc\u202Edef\u2066ghi\u200F"), "abcdefghi");
}

TEST(CleanTest, KeepsLettersOfEveryLength) {
  EXPECT_EQ(Clean("Åse Bjørk 日本 🙂"), "Åse Bjørk 日本 🙂");
}

TEST(CleanTest, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(Clean("a\xff"
                  "b"),
            "a\uFFFDb");
  EXPECT_EQ(Clean("\xc3"), "\uFFFD");                                // cut off
  EXPECT_EQ(Clean("\xc0\x9b"), "\uFFFD\uFFFD");                      // overlong form
  EXPECT_EQ(Clean("\xed\xa0\x80").find('\xed'), std::string::npos);  // surrogate
}

TEST(CleanTest, KeepsLineBreaksOnlyWhereAsked) {
  EXPECT_EQ(Clean("a\nb\tc"), "a b c");
  EXPECT_EQ(Clean("a\nb\r", LineBreaks::kKept), "a\nb");
}

TEST(CleanMessageTest, ReachesEveryStringAndKeepsLinesOnlyInAddresses) {
  v1::Login login;
  login.set_reference("R\x1b[31m1\nCOMPLETED");
  login.add_scopes("na\ame");
  login.mutable_failure()->set_provider_code("x\x1b[2J");
  v1::Profile* profile = login.mutable_profile();
  profile->set_name("Eve\r\x1b[2K");
  profile->add_addresses()->set_formatted("Gate 1\n\x1b[5mOslo");
  profile->mutable_consents()->add_consents()->set_id("\x1b[1m");
  CleanMessage(&login);
  EXPECT_EQ(login.reference(), "R[31m1 COMPLETED");
  EXPECT_EQ(login.scopes(0), "name");
  EXPECT_EQ(login.failure().provider_code(), "x[2J");
  EXPECT_EQ(profile->name(), "Eve[2K");
  EXPECT_EQ(profile->addresses(0).formatted(), "Gate 1\n[5mOslo");
  EXPECT_EQ(profile->consents().consents(0).id(), "[1m");
}

TEST(DisplayWidthTest, CountsColumnsAndNotBytes) {
  EXPECT_EQ(DisplayWidth("Bjørn"), 5);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);  // combining accent
  EXPECT_EQ(DisplayWidth("日本"), 4);
}

TEST(WrapTest, BreaksAtSpacesAndInsideAWordOnlyWhereItMust) {
  EXPECT_THAT(Wrap("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(Wrap("ærøskøbing", 4), ElementsAre("ærøs", "købi", "ng"));
  EXPECT_THAT(Wrap("a verylongword b", 5), ElementsAre("a", "veryl", "ongwo", "rd b"));
  EXPECT_THAT(Wrap("", 5), ElementsAre(""));
}

TEST(ShortenTest, MarksWhatIsCutAndNeverSplitsACharacter) {
  EXPECT_EQ(Shorten("Bjørn", 5), "Bjørn");
  EXPECT_EQ(Shorten("Bjørn", 4), "Bjø…");
}

TEST(PadToTest, FillsColumnsAndNotBytes) { EXPECT_EQ(PadTo("Bjø", 5), "Bjø  "); }

}  // namespace
}  // namespace cibad
