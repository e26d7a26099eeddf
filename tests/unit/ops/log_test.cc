#include "server/ops/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::SizeIs;

TEST(FormatLogLineTest, ValuesOfEveryKind) {
  const std::string text = "abc";
  EXPECT_EQ(FormatLogLine("login ended", {{"login", text},
                                          {"state", "COMPLETED"},
                                          {"requests", 3},
                                          {"bytes", int64_t{-5'000'000'000}},
                                          {"seconds", 1.5},
                                          {"remembered", true},
                                          {"made", false}}),
            "login ended login=abc state=COMPLETED requests=3 bytes=-5000000000 seconds=1.5 "
            "remembered=true "
            "made=false");
  EXPECT_EQ(FormatLogLine("ready", {}), "ready");
}

TEST(FormatLogLineTest, ValuesThatCouldBeMisreadAreQuoted) {
  EXPECT_EQ(FormatLogLine("m", {{"k", ""}}), R"(m k="")");
  EXPECT_EQ(FormatLogLine("m", {{"k", "two words"}}), R"(m k="two words")");
  EXPECT_EQ(FormatLogLine("m", {{"k", "a=b"}}), R"(m k="a=b")");
  EXPECT_EQ(FormatLogLine("m", {{"k", "a\"b\\c"}}), R"(m k="a\"b\\c")");
  EXPECT_EQ(FormatLogLine("m", {{"k", "https://issuer.example/a?b"}}),
            R"(m k=https://issuer.example/a?b)");
}

TEST(FormatLogLineTest, NobodyCanWriteALineOfTheirOwn) {
  EXPECT_EQ(FormatLogLine("m", {{"k", "x\n<3>error: forged\r\x1b[2J\t"}}),
            R"(m k="x\n<3>error: forged\x0d\x1b[2J\x09")");
  EXPECT_EQ(FormatLogLine("a\nb", {}), R"(a\nb)");
  EXPECT_EQ(FormatLogLine("m", {{"k", std::string("\0\x7f", 2)}}), R"(m k="\x00\x7f")");
  // U+202E turns the writing direction round, U+0085 is a line break to some.
  EXPECT_EQ(FormatLogLine("m", {{"k", "\xE2\x80\xAE\xC2\x85"}}), R"(m k="\xe2\x80\xae\xc2\x85")");
}

TEST(FormatLogLineTest, LongValuesAndLinesAreCut) {
  EXPECT_EQ(FormatLogLine("m", {{"k", std::string(513, 'x')}}),
            absl::StrCat("m k=", std::string(512, 'x'), "..."));
  const std::string worst(512, '\x01');
  const std::string line = FormatLogLine("m", {{"a", worst}, {"b", worst}, {"c", worst}});
  EXPECT_THAT(line, SizeIs(4096 + 3));
  EXPECT_TRUE(absl::EndsWith(line, "..."));
}

TEST(LogLevelTest, NamesAreParsed) {
  EXPECT_EQ(ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("info"), LogLevel::kInfo);
  EXPECT_EQ(ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_EQ(ParseLogLevel("error"), LogLevel::kError);
  EXPECT_EQ(ParseLogLevel("INFO"), std::nullopt);
  EXPECT_EQ(ParseLogLevel(""), std::nullopt);
}

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(LogTest, LinesBelowTheLevelAreDropped) {
  std::vector<std::pair<LogLevel, std::string>> lines;
  const LogCapture capture(
      [&](LogLevel level, const std::string& line) { lines.emplace_back(level, line); });
  for (const LogLevel lowest : {LogLevel::kWarning, LogLevel::kDebug}) {
    SetLogLevel(lowest);
    Log(LogLevel::kDebug, "d");
    Log(LogLevel::kInfo, "i");
    Log(LogLevel::kWarning, "w");
    Log(LogLevel::kError, "e", {{"k", 1}});
  }
  EXPECT_THAT(lines, ElementsAre(Pair(LogLevel::kWarning, "w"), Pair(LogLevel::kError, "e k=1"),
                                 Pair(LogLevel::kDebug, "d"), Pair(LogLevel::kInfo, "i"),
                                 Pair(LogLevel::kWarning, "w"), Pair(LogLevel::kError, "e k=1")));
  EXPECT_TRUE(LogEnabled(LogLevel::kDebug));
  SetLogLevel(LogLevel::kError);
  EXPECT_FALSE(LogEnabled(LogLevel::kWarning));
}

TEST_F(LogTest, CaptureEndsWithItsLife) {
  std::vector<std::string> lines;
  {
    const LogCapture capture([&](LogLevel, const std::string& line) { lines.push_back(line); });
  }
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "to stderr");
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("info: to stderr\n"));
}

TEST_F(LogTest, LineOnStderrHasTheTimeInUtcAndTheLevel) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kWarning, "disk {} nearly %s full", {{"free", "1 MB"}});
  EXPECT_THAT(
      ::testing::internal::GetCapturedStderr(),
      MatchesRegex(
          "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z warning: disk \\{\\} "
          "nearly %s full free=\"1 MB\"\n"));
}

TEST_F(LogTest, LineForTheJournalHasAPriorityAndNoTime) {
  // The logger looks once, at its first line: in a process of its own.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        struct stat facts {};
        fstat(STDERR_FILENO, &facts);
        setenv("JOURNAL_STREAM", absl::StrCat(facts.st_dev, ":", facts.st_ino).c_str(), 1);
        Log(LogLevel::kError, "it failed", {{"k", "v"}});
        _exit(0);
      },
      ::testing::ExitedWithCode(0), "^<3>it failed k=v\n$");
}

TEST_F(LogTest, JournalStreamOfAnotherFileIsNotStderr) {
  struct stat facts {};
  ASSERT_EQ(fstat(STDERR_FILENO, &facts), 0);
  const std::string mine = absl::StrCat(facts.st_dev, ":", facts.st_ino);
  EXPECT_TRUE(IsJournalStream(STDERR_FILENO, mine.c_str()));
  for (const std::string other : {"", "1:2", ":", "x"})
    EXPECT_FALSE(IsJournalStream(STDERR_FILENO, other.c_str()));
  EXPECT_FALSE(IsJournalStream(STDERR_FILENO, nullptr));
  EXPECT_FALSE(IsJournalStream(-1, mine.c_str()));
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  constexpr int kThreads = 4;
  constexpr int kLines = 100;
  ::testing::internal::CaptureStderr();
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < kLines; ++i) Log(LogLevel::kInfo, "whole", {{"text", "a b c"}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  int whole = 0;
  for (const absl::string_view line :
       absl::StrSplit(::testing::internal::GetCapturedStderr(), '\n')) {
    if (absl::EndsWith(line, "Z info: whole text=\"a b c\"")) ++whole;
  }
  EXPECT_EQ(whole, kThreads * kLines);
}

}  // namespace
}  // namespace cibad
