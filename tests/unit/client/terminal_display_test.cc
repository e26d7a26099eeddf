#include "client/terminal_display.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/sample_login.h"

namespace cibad {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const TimeLeft kHalf{absl::Seconds(300), absl::Seconds(600)};

class TerminalDisplayTest : public testing::Test {
 protected:
  void Make() {
    display_ = std::make_unique<TerminalDisplay>(
        [this](const std::string& text) { out_ += text; },
        [this](const std::string& text) { out_ += "<stderr>" + text; }, [this] { return look_; },
        "Ctrl-C cancels");
  }
  void SetUp() override { Make(); }

  Look look_;
  std::string out_;
  std::unique_ptr<TerminalDisplay> display_;
};

TEST_F(TerminalDisplayTest, PendingShowsTheCodeLargeAndWhatToDo) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  EXPECT_THAT(out_, HasSubstr("  ██   ██  ███████         ██   ██"));
  EXPECT_THAT(out_, HasSubstr("  Ask the customer to open Vipps and confirm code K7-42XQ.\n"));
  EXPECT_THAT(out_, HasSubstr("pull down to refresh"));
  EXPECT_THAT(out_, HasSubstr("5:00 left · Ctrl-C cancels"));
}

TEST_F(TerminalDisplayTest, WithoutABindingMessageNoLettersAreDrawn) {
  v1::Login login = SampleLogin(v1::Login::PENDING);
  login.clear_binding_message();
  display_->ShowState(login, std::nullopt);
  EXPECT_THAT(out_, Not(HasSubstr("█")));
  EXPECT_THAT(out_, HasSubstr("confirm the login."));
}

TEST_F(TerminalDisplayTest, ANarrowTerminalGetsTheCodeSpacedOut) {
  look_.columns = 40;
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  EXPECT_THAT(out_, Not(HasSubstr("█")));
  EXPECT_THAT(out_, HasSubstr("  K 7 - 4 2 X Q\n"));
}

TEST_F(TerminalDisplayTest, AnAsciiTerminalGetsNothingElse) {
  look_.unicode = false;
  display_->ShowState(SampleLogin(v1::Login::STARTING), std::nullopt);
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  display_->ShowState(SampleLogin(v1::Login::CONFIRMED), std::nullopt);
  display_->ShowState(SampleLogin(v1::Login::DENIED), std::nullopt);
  for (const char character : out_) EXPECT_GE(character, 0) << out_;
}

TEST_F(TerminalDisplayTest, TheCountdownIsRedrawnInPlaceWithTheCursorHidden) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  EXPECT_THAT(out_, HasSubstr("\x1b[?25l\r  ━"));
  out_.clear();
  display_->ShowTimeLeft({absl::Seconds(299), absl::Seconds(600)});
  EXPECT_THAT(out_, HasSubstr("4:59 left"));
  EXPECT_EQ(out_.front(), '\r');
  EXPECT_THAT(out_, EndsWith("\x1b[K"));
  EXPECT_THAT(out_, Not(HasSubstr("\n")));
}

TEST_F(TerminalDisplayTest, NothingIsWrittenWhereNothingChanged) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  out_.clear();
  display_->ShowTimeLeft(kHalf);
  EXPECT_EQ(out_, "");
}

TEST_F(TerminalDisplayTest, TheCursorIsBackAndTheLineCleanAtTheEnd) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  display_.reset();
  EXPECT_THAT(out_, EndsWith("\r\x1b[2K\x1b[?25h"));
}

TEST_F(TerminalDisplayTest, TheCursorIsBackWhileTheProcessIsStopped) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  display_->Suspend();
  EXPECT_THAT(out_, EndsWith("\r\x1b[2K\x1b[?25h"));
  out_.clear();
  display_->Resume();
  EXPECT_THAT(out_, HasSubstr("5:00 left"));
}

TEST_F(TerminalDisplayTest, ANoteStandsAboveTheCountdown) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  out_.clear();
  display_->ShowNote("Lost the connection.");
  EXPECT_THAT(out_,
              HasSubstr("\r\x1b[2K\x1b[?25h<stderr>cibactl: Lost the connection.\n\x1b[?25l\r  ━"));
}

TEST_F(TerminalDisplayTest, CancellingTakesTheCountdownsPlace) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  out_.clear();
  display_->ShowCancelling();
  EXPECT_EQ(out_, "\r  Cancelling the login. Ctrl-C again leaves at once.\x1b[K");
}

TEST_F(TerminalDisplayTest, AnotherWidthRedrawsTheCountdown) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  out_.clear();
  look_.columns = 20;
  display_->Resized();
  EXPECT_THAT(out_, HasSubstr("5:00 left"));
  EXPECT_THAT(out_, Not(HasSubstr("━")));
}

TEST_F(TerminalDisplayTest, TheProfileIsATable) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), kHalf);
  display_->ShowState(SampleCompletedLogin(), std::nullopt);
  EXPECT_THAT(out_, HasSubstr("  ✓ Logged in: Åse Bjørnsdatter Ærfugl\n"));
  EXPECT_THAT(out_, HasSubstr("  Name            Åse Bjørnsdatter Ærfugl\n"));
}

TEST_F(TerminalDisplayTest, AFailureSaysWhatStaffCanReadOutAndWhatSupportNeeds) {
  v1::Login login = SampleLogin(v1::Login::FAILED);
  login.mutable_failure()->set_reason(v1::Failure::OTHER);
  login.mutable_failure()->set_provider_code("odd_code");
  login.mutable_failure()->set_staff_message("Try another way.");
  display_->ShowState(login, std::nullopt);
  EXPECT_THAT(out_,
              HasSubstr("  ✗ The login failed\n  Try another way.\n  OTHER, the provider's code is "
                        "odd_code\n"));
}

TEST_F(TerminalDisplayTest, ColourOnlyWhereTheLookHasIt) {
  display_->ShowState(SampleLogin(v1::Login::PENDING), std::nullopt);
  EXPECT_THAT(out_, Not(HasSubstr("\x1b[1;36m")));
  look_.colour = true;
  Make();
  display_->ShowState(SampleLogin(v1::Login::PENDING), std::nullopt);
  EXPECT_THAT(out_, HasSubstr("confirm code \x1b[0m\x1b[1;36mK7-42XQ\x1b[0m"));
}

TEST_F(TerminalDisplayTest, NothingOfTheDaemonsReachesTheTerminalAsAnEscape) {
  v1::Login login = SampleCompletedLogin();
  login.set_reference("\x1b[2Jref");
  login.mutable_profile()->set_name("\x1b]0;owned\a Eve\u202E");
  (*login.mutable_profile()->mutable_other_claims()->mutable_fields())["\x1b[5m"].set_string_value(
      "\x1b[6n");
  display_->ShowState(login, std::nullopt);
  display_->ShowLogin(login);
  display_->ShowList({login}, true);
  display_->ShowNote("\x1b[1m");
  EXPECT_THAT(out_, Not(HasSubstr("\x1b")));
  EXPECT_THAT(out_, Not(HasSubstr("\a")));
  EXPECT_THAT(out_, Not(HasSubstr("\u202E")));
}

TEST_F(TerminalDisplayTest, AnEmptyListSaysSo) {
  display_->ShowList({}, false);
  EXPECT_EQ(out_, "No logins.\n");
}

}  // namespace
}  // namespace cibad
