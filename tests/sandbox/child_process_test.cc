#include "tests/sandbox/child_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

namespace cibad {
namespace {

constexpr absl::Duration kLong = absl::Seconds(30);

std::unique_ptr<ChildProcess> Shell(const std::string& script) {
  auto child = ChildProcess::Start({"/bin/sh", "-c", script}, {"CIBAD_TEST_GREETING=hello"});
  EXPECT_TRUE(child.ok()) << child.status();
  return *std::move(child);
}

TEST(ChildProcessTest, TellsTheExitCodeAndWhatWasPrinted) {
  const auto child = Shell("echo one; echo two >&2; exit 7");
  const auto exit_code = child->WaitForExit();
  ASSERT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(*exit_code, 7);
  EXPECT_EQ(child->Output(OutputStream::kStdout), "one\n");
  EXPECT_EQ(child->Output(OutputStream::kStderr), "two\n");
}

TEST(ChildProcessTest, WaitsForALineWhileTheProgramRuns) {
  const auto child = Shell("echo first; echo ready at port 7; read forever < /dev/zero; sleep 60");
  const auto line = child->WaitForLine(OutputStream::kStdout, "ready");
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(*line, "ready at port 7");
}

TEST(ChildProcessTest, StopsWaitingForALineWhenTheProgramEnds) {
  const auto line = Shell("echo oops >&2; exit 1")->WaitForLine(OutputStream::kStdout, "ready");
  ASSERT_FALSE(line.ok());
  EXPECT_NE(line.status().message().find("oops"), absl::string_view::npos) << line.status();
}

TEST(ChildProcessTest, GivesTheAddedEnvironment) {
  const auto line = Shell("echo $CIBAD_TEST_GREETING")->WaitForLine(OutputStream::kStdout, "hello");
  EXPECT_TRUE(line.ok()) << line.status();
}

TEST(ChildProcessTest, LeavesNothingToReadOnStandardInput) {
  const auto exit_code = Shell("read line && exit 1; exit 0")->WaitForExit();
  ASSERT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(*exit_code, 0);
}

TEST(ChildProcessTest, WhatWasPrintedBeforeAnythingElseIsKnownIsThere) {
  for (int i = 0; i < 100; ++i) {
    const auto child = Shell("echo said >&2; echo done; read forever");
    ASSERT_TRUE(child->WaitForLine(OutputStream::kStdout, "done").ok());
    ASSERT_EQ(child->Output(OutputStream::kStderr), "said\n");
  }
}

TEST(ChildProcessTest, IsNotHeldUpByAProgramThatPrintsMuch) {
  const auto child = Shell("head -c 4000000 /dev/zero | tr '\\0' x; echo");
  const auto exit_code = child->WaitForExit();
  ASSERT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(child->Output(OutputStream::kStdout).size(), 4'000'001U);
}

TEST(ChildProcessTest, TerminatesAndKills) {
  const auto obedient = Shell("trap 'exit 3' TERM; echo up; while :; do sleep 0.01; done");
  ASSERT_TRUE(obedient->WaitForLine(OutputStream::kStdout, "up").ok());
  EXPECT_EQ(obedient->Terminate(kLong).value(), 3);

  const auto stubborn = Shell("trap '' TERM; echo up; while :; do sleep 0.01; done");
  ASSERT_TRUE(stubborn->WaitForLine(OutputStream::kStdout, "up").ok());
  EXPECT_TRUE(stubborn->IsRunning());
  EXPECT_EQ(stubborn->Kill().value(), 128 + SIGKILL);
  EXPECT_FALSE(stubborn->IsRunning());
}

TEST(ChildProcessTest, FailsForAProgramThatIsNotThere) {
  EXPECT_FALSE(ChildProcess::Start({"/no/such/program"}).ok());
  EXPECT_FALSE(ChildProcess::Start({}).ok());
}

TEST(ChildProcessTest, DiesWithTheProcessThatStartedIt) {
  // A process in between starts a program, tells its number and dies without any farewell.
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t between = fork();
  ASSERT_GE(between, 0);
  if (between == 0) {
    auto child = ChildProcess::Start({"/bin/sleep", "600"});
    const pid_t number = child.ok() ? (*child)->pid() : -1;
    if (write(ends[1], &number, sizeof(number)) < 0) _exit(1);
    kill(getpid(), SIGKILL);
  }
  pid_t number = -1;
  ASSERT_EQ(read(ends[0], &number, sizeof(number)), static_cast<ssize_t>(sizeof(number)));
  ASSERT_GT(number, 0);
  waitpid(between, nullptr, 0);
  // The write end is inherited by the program; once that is gone too, the pipe is at its end.
  close(ends[1]);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);
  close(ends[0]);
}

}  // namespace
}  // namespace cibad
