// The program on pipes: what scripts see.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/unit/client/child_process.h"
#include "tests/unit/client/fake_daemon_server.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Script = FakeDaemonServer::Script;

class CibactlTest : public testing::Test {
 protected:
  CibactlTest() {
    std::string path = testing::TempDir() + "cibactl.XXXXXX";
    directory_ = mkdtemp(path.data());
    address_ = absl::StrCat("unix:", directory_, "/s");
    daemon_ = std::make_unique<FakeDaemonServer>(address_);
  }
  ~CibactlTest() override {
    daemon_.reset();
    std::filesystem::remove_all(directory_);
  }

  ChildProcess Run(std::vector<std::string> arguments,
                   const std::vector<std::string>& environment = {}) {
    arguments.insert(arguments.begin(), {CIBACTL_PATH, "--server", address_});
    return {std::move(arguments), ChildProcess::Output::kPipes, environment};
  }

  // The program's whole life against a login that is in this state.
  int ExitCodeOfWatch(v1::Login::State state) {
    daemon_->MoveTo(state);
    return Run({"watch", "01TESTLOGIN"}).Wait();
  }

  std::string directory_;
  std::string address_;
  std::unique_ptr<FakeDaemonServer> daemon_;
};

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

TEST_F(CibactlTest, TheOutcomeIsTheExitCode) {
  daemon_->Start();
  EXPECT_EQ(ExitCodeOfWatch(v1::Login::COMPLETED), 0);
  EXPECT_EQ(ExitCodeOfWatch(v1::Login::DENIED), 3);
  EXPECT_EQ(ExitCodeOfWatch(v1::Login::EXPIRED), 4);
  EXPECT_EQ(ExitCodeOfWatch(v1::Login::CANCELLED), 5);
  EXPECT_EQ(ExitCodeOfWatch(v1::Login::FAILED), 6);
}

TEST_F(CibactlTest, JsonIsOneLineAStateWrittenAsSoonAsItIsKnown) {
  daemon_->Start();
  ChildProcess cibactl = Run({"--json", "login", "91234567", "--reference", "R-1"});
  ASSERT_TRUE(cibactl.WaitForOutput("STARTING")) << cibactl.err();
  daemon_->MoveTo(v1::Login::PENDING);
  ASSERT_TRUE(cibactl.WaitForOutput("PENDING"));
  daemon_->MoveTo(v1::Login::COMPLETED);
  EXPECT_EQ(cibactl.Wait(), 0);
  const std::vector<std::string> lines = Lines(cibactl.out());
  ASSERT_THAT(lines, SizeIs(3));
  for (const std::string& line : lines)
    EXPECT_THAT(line, StartsWith(R"({"id":"01TESTLOGIN","state":)"));
  EXPECT_THAT(cibactl.err(), IsEmpty());
  daemon_->WaitUntil([](const Script& script) {
    EXPECT_EQ(script.starts.at(0).phone_number(), "91234567");
    EXPECT_EQ(script.starts.at(0).reference(), "R-1");
    return true;
  });
}

TEST_F(CibactlTest, PlainOutputHasNoEscapeCodes) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::COMPLETED);
  ChildProcess cibactl = Run({"login", "91234567"});
  EXPECT_EQ(cibactl.Wait(), 0);
  EXPECT_EQ(cibactl.out(), "COMPLETED\t01TESTLOGIN\tThe customer is logged in.\n");
}

TEST_F(CibactlTest, ADaemonThatIsNotThereIsExitCodeOneWithAWayOut) {
  ChildProcess cibactl = Run({"login", "91234567"});
  EXPECT_EQ(cibactl.Wait(), 1);
  EXPECT_THAT(cibactl.err(), HasSubstr(absl::StrCat("cannot reach cibad at ", address_)));
  EXPECT_THAT(cibactl.err(), HasSubstr("systemctl status cibad"));

  ChildProcess json = Run({"--json", "list"});
  EXPECT_EQ(json.Wait(), 1);
  EXPECT_THAT(json.out(),
              StartsWith(R"({"error":{"code":"UNAVAILABLE","message":"cannot reach cibad)"));
  EXPECT_THAT(json.err(), IsEmpty());
}

TEST_F(CibactlTest, AnArgumentThatTheDaemonRefusesIsExitCodeTwo) {
  daemon_->Start();
  daemon_->Change([](Script& script) {
    script.start_errors = {static_cast<int>(absl::StatusCode::kInvalidArgument)};
    script.error_message = "phone_number: \x1b[31mno such number";
  });
  ChildProcess cibactl = Run({"login", "912"});
  EXPECT_EQ(cibactl.Wait(), 2);
  EXPECT_THAT(cibactl.err(), HasSubstr("phone_number: [31mno such number"));
}

TEST_F(CibactlTest, InterruptsOfLoginCancelIt) {
  daemon_->Start();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    daemon_->MoveTo(v1::Login::PENDING);
    ChildProcess cibactl = Run({"login", "91234567"});
    ASSERT_TRUE(cibactl.WaitForOutput("PENDING"));
    cibactl.Signal(signal);
    EXPECT_EQ(cibactl.Wait(), 5);
    EXPECT_THAT(cibactl.out(), HasSubstr("CANCELLED\t01TESTLOGIN"));
    EXPECT_THAT(cibactl.err(), HasSubstr("Cancelling"));
  }
  EXPECT_TRUE(daemon_->WaitUntil([](const Script& script) { return script.cancels == 3; }));
}

TEST_F(CibactlTest, ASecondInterruptLeavesAtOnce) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::PENDING);
  daemon_->Change([](Script& script) { script.cancel_works = false; });
  ChildProcess cibactl = Run({"login", "91234567"});
  ASSERT_TRUE(cibactl.WaitForOutput("PENDING"));
  cibactl.Signal(SIGINT);
  ASSERT_TRUE(cibactl.WaitForError("Cancelling"));
  cibactl.Signal(SIGINT);
  EXPECT_EQ(cibactl.Wait(), 130);
}

TEST_F(CibactlTest, AnInterruptWhileTheStartIsUnderWayStillCancels) {
  daemon_->Start();
  daemon_->Change([](Script& script) { script.answers_start = false; });
  ChildProcess cibactl = Run({"login", "91234567"});
  ASSERT_TRUE(daemon_->WaitUntil([](const Script& script) { return script.starts.size() == 1; }));
  cibactl.Signal(SIGINT);
  daemon_->Change([](Script& script) { script.answers_start = true; });
  EXPECT_EQ(cibactl.Wait(), 5);
}

TEST_F(CibactlTest, AnInterruptOfWatchDoesNotCancel) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::PENDING);
  ChildProcess cibactl = Run({"watch", "01TESTLOGIN"});
  ASSERT_TRUE(cibactl.WaitForOutput("PENDING"));
  cibactl.Signal(SIGINT);
  EXPECT_EQ(cibactl.Wait(), 130);
  EXPECT_THAT(cibactl.err(),
              HasSubstr("The login goes on. Watch it again: cibactl watch 01TESTLOGIN"));
  EXPECT_TRUE(daemon_->WaitUntil([](const Script& script) { return script.cancels == 0; }));
}

TEST_F(CibactlTest, AHangupThatTheParentIgnoresIsIgnored) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::PENDING);
  ChildProcess cibactl(
      {"/bin/sh", "-c",
       absl::StrCat("trap '' HUP; exec ", CIBACTL_PATH, " --server ", address_, " login 91234567")},
      ChildProcess::Output::kPipes);
  ASSERT_TRUE(cibactl.WaitForOutput("PENDING"));
  cibactl.Signal(SIGHUP);
  daemon_->MoveTo(v1::Login::DENIED);
  EXPECT_EQ(cibactl.Wait(), 3);
}

TEST_F(CibactlTest, ABrokenConnectionIsResumedAndNoStateRepeated) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::PENDING);
  ChildProcess cibactl = Run({"login", "91234567"});
  ASSERT_TRUE(cibactl.WaitForOutput("PENDING"));
  daemon_->Stop();
  ASSERT_TRUE(cibactl.WaitForError("Lost the connection")) << cibactl.err();
  daemon_->Start();
  ASSERT_TRUE(cibactl.WaitForError("Connected to cibad again")) << cibactl.err();
  daemon_->MoveTo(v1::Login::COMPLETED);
  EXPECT_EQ(cibactl.Wait(), 0);
  EXPECT_EQ(cibactl.out(),
            "PENDING\t01TESTLOGIN\tAsk the customer to open Vipps and confirm the login.\n"
            "COMPLETED\t01TESTLOGIN\tThe customer is logged in.\n");
}

TEST_F(CibactlTest, ALostDaemonIsGivenUpAfterTheTimeForRetries) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::PENDING);
  ChildProcess cibactl = Run({"login", "91234567", "--retry-for", "1s"});
  ASSERT_TRUE(cibactl.WaitForOutput("PENDING"));
  daemon_->Stop();
  EXPECT_EQ(cibactl.Wait(), 1);
  EXPECT_THAT(cibactl.err(), HasSubstr("cibactl watch 01TESTLOGIN"));
}

TEST_F(CibactlTest, AStartThatBrokeOffIsRepeatedWithTheSameRequestId) {
  daemon_->Start();
  daemon_->Change([](Script& script) { script.answers_start = false; });
  ChildProcess cibactl = Run({"login", "91234567"});
  ASSERT_TRUE(daemon_->WaitUntil([](const Script& script) { return script.starts.size() == 1; }));
  daemon_->Stop();
  ASSERT_TRUE(cibactl.WaitForError("Trying again")) << cibactl.err();
  daemon_->Change([](Script& script) { script.answers_start = true; });
  daemon_->MoveTo(v1::Login::COMPLETED);
  daemon_->Start();
  EXPECT_EQ(cibactl.Wait(), 0);
  daemon_->WaitUntil([](const Script& script) {
    EXPECT_GE(script.starts.size(), 2U);
    EXPECT_EQ(script.starts.front().request_id(), script.starts.back().request_id());
    return true;
  });
}

TEST_F(CibactlTest, ADaemonThatIsNotReadyIsAskedAgain) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::COMPLETED);
  daemon_->Change([](Script& script) {
    script.start_errors.assign(2, static_cast<int>(absl::StatusCode::kUnavailable));
    script.error_message = "the provider is not reachable yet";
  });
  ChildProcess cibactl = Run({"login", "91234567"});
  EXPECT_EQ(cibactl.Wait(), 0);
  EXPECT_THAT(cibactl.err(),
              HasSubstr("cibad cannot do it now: the provider is not reachable yet"));
}

TEST_F(CibactlTest, GetCancelAndListSayWhetherTheCallWorked) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::PENDING);
  ChildProcess get = Run({"get", "01TESTLOGIN"});
  EXPECT_EQ(get.Wait(), 0);
  EXPECT_THAT(get.out(), HasSubstr("state\tPENDING\n"));

  ChildProcess list = Run({"list", "--unfinished", "--limit", "7"});
  EXPECT_EQ(list.Wait(), 0);
  EXPECT_THAT(Lines(list.out()), SizeIs(1));
  daemon_->WaitUntil([](const Script& script) {
    EXPECT_TRUE(script.lists.at(0).unfinished_only());
    EXPECT_EQ(script.lists.at(0).page_size(), 7);
    return true;
  });

  ChildProcess cancel = Run({"cancel", "01TESTLOGIN"});
  EXPECT_EQ(cancel.Wait(), 0);
  EXPECT_THAT(cancel.out(), StartsWith("CANCELLED\t"));

  daemon_->Change([](Script& script) {
    script.read_error = static_cast<int>(absl::StatusCode::kNotFound);
    script.error_message = "there is no login X";
  });
  for (const char* command : {"get", "watch"}) {
    ChildProcess cibactl = Run({command, "X"});
    EXPECT_EQ(cibactl.Wait(), 1);
    EXPECT_THAT(cibactl.err(), HasSubstr("there is no login X"));
  }
}

TEST_F(CibactlTest, AReaderThatGoesAwayEndsIt) {
  daemon_->Start();
  daemon_->MoveTo(v1::Login::PENDING);
  ChildProcess shell(
      {"/bin/sh", "-c",
       absl::StrCat(CIBACTL_PATH, " --json --server ", address_, " watch 01TESTLOGIN | head -n 1")},
      ChildProcess::Output::kPipes);
  ASSERT_TRUE(shell.WaitForOutput("PENDING"));
  daemon_->MoveTo(v1::Login::CONFIRMED);
  EXPECT_EQ(shell.Wait(), 0);  // only comes when cibactl, too, has ended
}

TEST_F(CibactlTest, ServerMayBeAPortFromTheEnvironmentAndNoProxyIsAsked) {
  FakeDaemonServer daemon("127.0.0.1:0");
  daemon.Start();
  daemon.MoveTo(v1::Login::COMPLETED);
  ChildProcess cibactl(
      {CIBACTL_PATH, "watch", "01TESTLOGIN"}, ChildProcess::Output::kPipes,
      {absl::StrCat("CIBAD_SERVER=localhost:", daemon.port()), "http_proxy=http://127.0.0.1:1",
       "https_proxy=http://127.0.0.1:1", "grpc_proxy=http://127.0.0.1:1", "no_proxy="});
  EXPECT_EQ(cibactl.Wait(), 0) << cibactl.err();
}

}  // namespace
}  // namespace cibad
