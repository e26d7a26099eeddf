// The program on a terminal: what people see.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/client/child_process.h"
#include "tests/unit/client/fake_daemon_server.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;
using Script = FakeDaemonServer::Script;

constexpr char kHideCursor[] = "\x1b[?25l";
constexpr char kShowCursor[] = "\x1b[?25h";

class CibactlTerminalTest : public testing::Test {
 protected:
  CibactlTerminalTest() {
    std::string path = testing::TempDir() + "cibactl.XXXXXX";
    directory_ = mkdtemp(path.data());
    address_ = absl::StrCat("unix:", directory_, "/s");
    daemon_ = std::make_unique<FakeDaemonServer>(address_);
    daemon_->Change([](Script& script) {
      script.login.set_state(v1::Login::PENDING);
      script.login.set_binding_message("K7-42XQ");
      const int64_t now = std::time(nullptr);
      script.login.mutable_create_time()->set_seconds(now);
      script.login.mutable_expire_time()->set_seconds(now + 600);
    });
    daemon_->Start();
  }
  ~CibactlTerminalTest() override {
    daemon_.reset();
    std::filesystem::remove_all(directory_);
  }

  ChildProcess Run(std::vector<std::string> arguments,
                   const std::vector<std::string>& environment = {}) {
    arguments.insert(arguments.begin(), {CIBACTL_PATH, "--server", address_});
    return {std::move(arguments), ChildProcess::Output::kTerminal, environment};
  }

  // Whether the last thing done to the cursor was to show it.
  static bool CursorIsVisible(const ChildProcess& cibactl) {
    const size_t hidden = cibactl.out().rfind(kHideCursor);
    const size_t shown = cibactl.out().rfind(kShowCursor);
    return hidden == std::string::npos || (shown != std::string::npos && shown > hidden);
  }

  std::string directory_;
  std::string address_;
  std::unique_ptr<FakeDaemonServer> daemon_;
};

TEST_F(CibactlTerminalTest, ALoginShowsCodeInstructionCountdownAndProfile) {
  ChildProcess cibactl = Run({"login", "912", "34", "567"});
  ASSERT_TRUE(cibactl.WaitForOutput("Ctrl-C cancels")) << cibactl.out();
  EXPECT_THAT(cibactl.out(), HasSubstr("██   ██  ███████         ██   ██"));
  EXPECT_THAT(cibactl.out(), HasSubstr("Ask the customer to open Vipps and confirm code "));
  ASSERT_TRUE(cibactl.WaitForOutput("9:5")) << "the countdown stands still";
  daemon_->Change([](Script& script) {
    script.login.set_state(v1::Login::COMPLETED);
    script.login.mutable_profile()->set_name("Åse Bjørk");
    ++script.revision;
  });
  EXPECT_EQ(cibactl.Wait(), 0);
  EXPECT_THAT(cibactl.out(), HasSubstr("✓ Logged in"));
  EXPECT_THAT(cibactl.out(), HasSubstr("Åse Bjørk"));
  EXPECT_THAT(cibactl.out(), HasSubstr("\x1b[1;32m"));
  EXPECT_TRUE(CursorIsVisible(cibactl));
}

TEST_F(CibactlTerminalTest, ControlCCancelsAndRestoresTheCursor) {
  ChildProcess cibactl = Run({"login", "91234567"});
  ASSERT_TRUE(cibactl.WaitForOutput("Ctrl-C cancels"));
  cibactl.Type("\x03");
  EXPECT_EQ(cibactl.Wait(), 5);
  EXPECT_TRUE(daemon_->WaitUntil([](const Script& script) { return script.cancels == 1; }));
  EXPECT_TRUE(CursorIsVisible(cibactl));
}

TEST_F(CibactlTerminalTest, ASecondControlCLeavesTheCursorVisible) {
  daemon_->Change([](Script& script) { script.cancel_works = false; });
  ChildProcess cibactl = Run({"login", "91234567"});
  ASSERT_TRUE(cibactl.WaitForOutput("Ctrl-C cancels"));
  cibactl.Type("\x03");
  ASSERT_TRUE(cibactl.WaitForOutput("Cancelling"));
  cibactl.Type("\x03");
  EXPECT_EQ(cibactl.Wait(), 130);
  EXPECT_TRUE(CursorIsVisible(cibactl));
}

TEST_F(CibactlTerminalTest, ControlZShowsTheCursorAndComingBackTheCountdown) {
  ChildProcess cibactl = Run({"watch", "01TESTLOGIN"});
  ASSERT_TRUE(cibactl.WaitForOutput("Ctrl-C stops watching"));
  cibactl.Type("\x1a");
  ASSERT_TRUE(cibactl.WaitUntilStopped());
  ASSERT_TRUE(cibactl.WaitForOutput(kShowCursor));
  EXPECT_TRUE(CursorIsVisible(cibactl));
  cibactl.Signal(SIGCONT);
  daemon_->MoveTo(v1::Login::DENIED);
  EXPECT_EQ(cibactl.Wait(), 3);
}

TEST_F(CibactlTerminalTest, ATerminalMadeNarrowerGetsAShorterLine) {
  ChildProcess cibactl = Run({"watch", "01TESTLOGIN"});
  ASSERT_TRUE(cibactl.WaitForOutput("Ctrl-C stops watching"));
  cibactl.Resize(20);
  EXPECT_TRUE(cibactl.WaitForOutput("\x1b[?25l\r  \x1b[1m"));  // the bold time, without a bar
}

TEST_F(CibactlTerminalTest, NoColorIsRespected) {
  daemon_->MoveTo(v1::Login::COMPLETED);
  ChildProcess by_variable = Run({"login", "91234567"}, {"NO_COLOR=1"});
  EXPECT_EQ(by_variable.Wait(), 0);
  EXPECT_THAT(by_variable.out(), Not(HasSubstr("\x1b[1")));
  ChildProcess by_option = Run({"login", "91234567", "--no-color"});
  EXPECT_EQ(by_option.Wait(), 0);
  EXPECT_THAT(by_option.out(), Not(HasSubstr("\x1b[1")));
}

TEST_F(CibactlTerminalTest, ADumbTerminalGetsPlainLines) {
  daemon_->MoveTo(v1::Login::COMPLETED);
  ChildProcess cibactl = Run({"login", "91234567"}, {"TERM=dumb"});
  EXPECT_EQ(cibactl.Wait(), 0);
  EXPECT_THAT(cibactl.out(), Not(HasSubstr("\x1b")));
}

TEST_F(CibactlTerminalTest, ColumnsAreRespected) {
  ChildProcess cibactl = Run({"watch", "01TESTLOGIN"}, {"COLUMNS=40"});
  EXPECT_TRUE(cibactl.WaitForOutput("K 7 - 4 2 X Q"));
}

TEST_F(CibactlTerminalTest, AHostileNameCannotControlTheTerminal) {
  daemon_->Change([](Script& script) {
    script.login.set_state(v1::Login::COMPLETED);
    script.login.mutable_profile()->set_name("Eve\x1b]0;owned\x07\x1b[2J");
  });
  ChildProcess cibactl = Run({"watch", "01TESTLOGIN"});
  EXPECT_EQ(cibactl.Wait(), 0);
  EXPECT_THAT(cibactl.out(), HasSubstr("Eve]0;owned[2J"));
  EXPECT_THAT(cibactl.out(), Not(HasSubstr("\x1b]")));
  EXPECT_THAT(cibactl.out(), Not(HasSubstr("\x1b[2J")));
}

}  // namespace
}  // namespace cibad
