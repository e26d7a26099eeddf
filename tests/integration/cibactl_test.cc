// The real cibactl against the real daemon: its lines and exit codes are what scripts build on.

#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kExitCompleted = 0;
constexpr int kExitError = 1;
constexpr int kExitUsage = 2;
constexpr int kExitDenied = 3;
constexpr int kExitExpired = 4;
constexpr int kExitCancelled = 5;
constexpr int kExitFailed = 6;

class CibactlTest : public IntegrationTest {
 protected:
  std::unique_ptr<ChildProcess> Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {CIBACTL_BINARY, "--server", Address()});
    auto process = ChildProcess::Start(std::move(arguments));
    EXPECT_TRUE(process.ok()) << process.status();
    return process.ok() ? *std::move(process) : nullptr;
  }

  // Runs it to its end. Gives the exit code; its stdout is in `out`.
  int Run(const std::vector<std::string>& arguments, std::string* out = nullptr) {
    const std::unique_ptr<ChildProcess> process = Start(arguments);
    if (process == nullptr) return -1;
    const absl::StatusOr<int> exit_code = process->WaitForExit(absl::Seconds(120));
    EXPECT_TRUE(exit_code.ok()) << exit_code.status();
    EXPECT_LT(exit_code.value_or(0), 128) << process->Output(OutputStream::kStderr);
    if (out != nullptr) *out = process->Output(OutputStream::kStdout);
    return exit_code.value_or(-1);
  }

  static std::vector<Json> Lines(const std::string& out) {
    std::vector<Json> lines;
    for (const absl::string_view line : absl::StrSplit(out, '\n', absl::SkipEmpty())) {
      lines.push_back(Json::parse(std::string(line), nullptr, false));
      EXPECT_TRUE(lines.back().is_object()) << line;
    }
    return lines;
  }

  static std::vector<std::string> StatesAfterStarting(const std::vector<Json>& lines) {
    std::vector<std::string> states;
    for (const Json& line : lines) {
      const std::string state = line.value("state", "");
      if (state != "STARTING") states.push_back(state);
    }
    return states;
  }
};

TEST_F(CibactlTest, ALoginIsALineAStateAndTheProfileInTheLast) {
  std::string out;
  EXPECT_EQ(Run({"--json", "login", kApproves}, &out), kExitCompleted);
  const std::vector<Json> lines = Lines(out);
  EXPECT_THAT(StatesAfterStarting(lines), ElementsAre("PENDING", "CONFIRMED", "COMPLETED"));
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back()["profile"].value("name", ""), "Ada Lovisa Nordmann");
  ExpectEachAskedOnce();
}

TEST_F(CibactlTest, TheExitCodeTellsHowTheLoginEnded) {
  EXPECT_EQ(Run({"--json", "login", "+47 400 00 020"}), kExitDenied);
  EXPECT_EQ(Run({"--json", "login", "+47 400 00 220"}), kExitExpired);
  std::string out;
  EXPECT_EQ(Run({"--json", "login", "+47 400 00 100"}, &out), kExitFailed);
  const std::vector<Json> lines = Lines(out);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back()["failure"].value("reason", ""), "INVALID_USER");
}

TEST_F(CibactlTest, WithoutJsonAndTerminalItIsForPeopleAndPipes) {
  std::string out;
  EXPECT_EQ(Run({"login", kApproves}, &out), kExitCompleted);
  EXPECT_THAT(out, HasSubstr("Ada Lovisa Nordmann"));
  EXPECT_THAT(out, testing::Not(HasSubstr("\x1b")));
}

TEST_F(CibactlTest, ABadPhoneNumberIsAUsageError) {
  std::string out;
  EXPECT_EQ(Run({"--json", "login", "hello"}, &out), kExitUsage);
  const std::vector<Json> lines = Lines(out);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["error"].value("code", ""), "INVALID_ARGUMENT");
  EXPECT_THAT(lines[0]["error"].value("message", ""), HasSubstr("phone_number"));
}

TEST_F(CibactlTest, WithoutADaemonItIsAnError) {
  StopDaemon();
  EXPECT_EQ(Run({"--json", "--retry-for", "0", "login", kApproves}), kExitError);
  EXPECT_EQ(Run({"--json", "list"}), kExitError);
}

TEST_F(CibactlTest, ALoginOnAWebPageIsCompletedWithWhatStdinBrings) {
  const std::unique_ptr<ChildProcess> login =
      Start({"--json", "login", kApproves, "--redirect-uri", "https://shop.example/back", "--state",
             "state-0001"});
  ASSERT_NE(login, nullptr);
  const auto pending = login->WaitForLine(OutputStream::kStdout, "\"PENDING\"");
  ASSERT_TRUE(pending.ok()) << pending.status();
  const std::string id = Json::parse(*pending).value("id", "");
  const auto location = sandbox_->Redirect("4740000000");
  ASSERT_TRUE(location.ok()) << location.status();
  const std::string file = sandbox_->folder() + "/query";
  WriteFile(file, location->substr(location->find('?')) + "\n");

  const auto complete = [&](const std::string& more) {
    const auto process = ChildProcess::Start(
        {"/bin/sh", "-c",
         absl::StrCat(CIBACTL_BINARY, " --json --server ", Address(), " complete ", id, more)});
    EXPECT_TRUE(process.ok()) << process.status();
    return (*process)->WaitForExit(absl::Seconds(120)).value_or(-1);
  };
  EXPECT_EQ(complete(" --callback-query - </dev/null"), kExitUsage);
  EXPECT_EQ(complete(" --callback-query 'code=x&state=state-0002'"), kExitUsage);
  EXPECT_EQ(complete(" --callback-query - <" + file), kExitCompleted);
  EXPECT_EQ(complete(" --callback-query - <" + file), kExitError) << "it has ended";
  EXPECT_EQ(login->WaitForExit(absl::Seconds(120)).value_or(-1), kExitCompleted);
}

TEST_F(CibactlTest, ACheckInIsReadFromAFile) {
  const std::string file = sandbox_->folder() + "/token";
  WriteFile(file, "sandbox-4740000000\n");
  std::string out;
  EXPECT_EQ(Run({"--json", "login", "--customer-token-file", file}, &out), kExitCompleted);
  EXPECT_THAT(out, testing::Not(HasSubstr("sandbox-")));
  EXPECT_EQ(Run({"--json", "login", "--customer-token-file", file + "-none"}, &out), kExitUsage);
}

TEST_F(CibactlTest, AnInterruptCancelsTheLogin) {
  const std::unique_ptr<ChildProcess> process = Start({"--json", "login", kNeverAnswers});
  ASSERT_NE(process, nullptr);
  const auto pending = process->WaitForLine(OutputStream::kStdout, "\"PENDING\"");
  ASSERT_TRUE(pending.ok()) << pending.status();
  process->Signal(SIGINT);
  EXPECT_EQ(process->WaitForExit().value_or(-1), kExitCancelled);
  const std::vector<Json> lines = Lines(process->Output(OutputStream::kStdout));
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back().value("state", ""), "CANCELLED");

  const absl::StatusOr<v1::Login> login = till_->Get(lines.back().value("id", ""));
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->state(), v1::Login::CANCELLED);
}

TEST_F(CibactlTest, WatchGetCancelAndListWorkOnALoginOfAnother) {
  const std::string id = MustStart(kNeverAnswers);
  const std::unique_ptr<ChildProcess> watch = Start({"--json", "watch", id});
  ASSERT_NE(watch, nullptr);
  const auto pending = watch->WaitForLine(OutputStream::kStdout, "\"PENDING\"");
  ASSERT_TRUE(pending.ok()) << pending.status();

  std::string out;
  EXPECT_EQ(Run({"--json", "list", "--unfinished"}, &out), 0);
  EXPECT_THAT(out, HasSubstr(id));
  EXPECT_EQ(Run({"--json", "cancel", id}), 0);
  EXPECT_EQ(watch->WaitForExit().value_or(-1), kExitCancelled);
  EXPECT_EQ(Run({"--json", "get", id}, &out), 0);
  ASSERT_EQ(Lines(out).size(), 1u);
  EXPECT_EQ(Lines(out)[0].value("state", ""), "CANCELLED");
  EXPECT_EQ(Run({"--json", "get", "unknown"}), kExitError);
}

TEST_F(CibactlTest, ALoginOutlastsARestartOfTheDaemon) {
  const std::unique_ptr<ChildProcess> process = Start({"--json", "login", "+47 912 34 567"});
  ASSERT_NE(process, nullptr);
  const auto pending = process->WaitForLine(OutputStream::kStdout, "\"PENDING\"");
  ASSERT_TRUE(pending.ok()) << pending.status();
  ASSERT_NO_FATAL_FAILURE(RestartServing());
  ASSERT_TRUE(sandbox_->Approve("4791234567").ok());
  EXPECT_EQ(process->WaitForExit(absl::Seconds(120)).value_or(-1), kExitCompleted)
      << process->Output(OutputStream::kStdout);
  ExpectEachAskedOnce();
}

TEST_F(CibactlTest, WebhooksAreRegisteredListedAndDeleted) {
  const std::string file = sandbox_->folder() + "/new_secret";
  const std::vector<std::string> registers = {"webhook",       "register",
                                              "--sales-unit",  "123456",
                                              "--url",         "https://tills.example.com/vipps/1",
                                              "--secret-file", file};
  std::string out;
  ASSERT_EQ(Run(registers, &out), kExitCompleted);
  const std::string id = out.substr(0, out.find('\n'));
  const std::string secret = ReadFile(file);
  EXPECT_GT(secret.size(), 8U);
  EXPECT_THAT(out, testing::Not(HasSubstr(secret.substr(0, 8))));
  EXPECT_THAT(daemon_->Log(), testing::Not(HasSubstr(secret.substr(0, 8))));
  EXPECT_EQ(Run(registers), kExitError) << "the file exists";
  ASSERT_EQ(Run({"webhook", "list", "--json"}, &out), kExitCompleted);
  const std::vector<Json> lines = Lines(out);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].value("id", ""), id);
  EXPECT_EQ(lines[0].value("url", ""), "https://tills.example.com/vipps/1");
  EXPECT_EQ(Run({"webhook", "delete", id}), kExitCompleted);
  EXPECT_EQ(Run({"webhook", "delete", id}), kExitError) << "it is gone";
  // Without a journal the audit trail is in the log.
  const auto told = daemon_->process().WaitForLine(OutputStream::kStderr, "DeleteWebhook");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_THAT(*told, HasSubstr(absl::StrCat("\"webhook\":\"", id, "\",\"outcome\":\"OK\"")));
  EXPECT_THAT(daemon_->Log(), HasSubstr("\"rpc\":\"RegisterWebhook\""));
  ASSERT_EQ(Run({"webhook", "list"}, &out), kExitCompleted);
  EXPECT_EQ(out, "");
  EXPECT_EQ(Run({"webhook", "register", "--url", "http://a/", "--secret-file", file + "2"}),
            kExitUsage);
  ExpectNoViolations();
}

TEST_F(CibactlTest, TheTwentySixthWebhookIsRefused) {
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(sandbox_->RegisterWebhook("https://tills.example.com/" + std::to_string(i)).ok());
  }
  const std::string file = sandbox_->folder() + "/new_secret";
  EXPECT_EQ(
      Run({"webhook", "register", "--url", "https://tills.example.com/", "--secret-file", file}),
      kExitError);
  EXPECT_EQ(ReadFile(file), "");
}

}  // namespace
}  // namespace cibad
