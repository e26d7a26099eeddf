// The audit trail of the real daemon when its disk hangs, is full, or is rotated: no login waits
// for it, none starts without it, and nothing is missing from it.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using absl::StatusCode;
using testing::HasSubstr;
using testing::Not;

class AuditTrailTest : public IntegrationTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartSandbox()); }

  std::string File() const { return sandbox_->folder() + "/audit.log"; }
  void ServeWithTrailIn(const std::string& file) {
    WriteFile(sandbox_->config_path(), absl::StrCat(ReadFile(sandbox_->config_path()),
                                                    "\n[audit]\nfile = \"", file, "\"\n"));
    ASSERT_NO_FATAL_FAILURE(StartServing());
  }
  // Of a customer of its own each time, who waits.
  absl::StatusOr<v1::Login> StartAnother() {
    return till_->Start(absl::StrCat("+47 ", 91'300'000 + ++customers_));
  }
  bool HealthIs(const std::string& health) {
    return Eventually([&] { return till_->Health(kService).value_or("") == health; });
  }
  static int CountOf(const std::string& trail, const std::string& event) {
    int count = 0;
    for (const absl::string_view line : absl::StrSplit(trail, '\n')) {
      if (line.empty()) continue;
      const nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
      EXPECT_FALSE(parsed.is_discarded()) << line;
      if (!parsed.is_discarded() && parsed["event"] == event) ++count;
    }
    return count;
  }

  int customers_ = 0;
};

// The other end of a pipe that a test does not read at first.
class Pipe {
 public:
  explicit Pipe(const std::string& path) {
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    reader_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(reader_, 0);
    EXPECT_GT(fcntl(reader_, F_SETPIPE_SZ, 4096), 0);
  }
  ~Pipe() { close(reader_); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // What is in it now, or nothing.
  std::string ReadOnce() {
    char bytes[4096];
    const ssize_t got = read(reader_, bytes, sizeof bytes);
    return got <= 0 ? "" : std::string(bytes, static_cast<size_t>(got));
  }

 private:
  int reader_ = -1;
};

TEST_F(AuditTrailTest, WhileItHangsNothingStartsWhatHasBegunGoesOnAndNothingIsMissing) {
  Pipe pipe(File());
  ASSERT_NO_FATAL_FAILURE(ServeWithTrailIn(File()));
  const std::string id = MustStart(kWaits);
  till_->WatchUntil(id, v1::Login::PENDING);
  constexpr int kStarts = 30;  // twice what the pipe holds
  for (int i = 1; i < kStarts; ++i) ASSERT_TRUE(StartAnother().ok());
  EXPECT_TRUE(HealthIs("NOT_SERVING"));
  const absl::Status refused = StartAnother().status();
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("the audit trail cannot be written"));
  v1::CheckUserRequest check;
  check.set_phone_number(kWaits);
  EXPECT_EQ(till_->Check(check).status().code(), StatusCode::kUnavailable);

  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING);
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
  EXPECT_TRUE(till_->Acknowledge(id).ok());

  std::string trail = pipe.ReadOnce();
  EXPECT_THAT(trail, Not(HasSubstr("COMPLETED"))) << "it did hang";
  const auto read_until = [&](const std::function<bool()>& condition) {
    return Eventually([&] {
      trail += pipe.ReadOnce();
      return condition();
    });
  };
  EXPECT_TRUE(read_until([&] { return till_->Health(kService).value_or("") == "SERVING"; }));
  EXPECT_TRUE(StartAnother().ok());
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  EXPECT_TRUE(read_until([&] {
    return absl::EndsWith(trail, "\n") && CountOf(trail, "start") == kStarts + 1 &&
           CountOf(trail, "end") >= kStarts;
  }));
  EXPECT_EQ(CountOf(trail, "lost"), 0);
}

TEST_F(AuditTrailTest, OnAFullDiskNothingStartsAndTheDaemonCanBeEnded) {
  ASSERT_NO_FATAL_FAILURE(ServeWithTrailIn("/dev/full"));
  EXPECT_TRUE(HealthIs("NOT_SERVING"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(StartAnother().status().code(), StatusCode::kUnavailable);
  const std::string log = daemon_->Log();
  const std::string told = "The audit trail cannot be written";
  const size_t first = log.find(told);
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(log.find(told, first + 1), std::string::npos) << "told once";
  EXPECT_THAT(log, HasSubstr("No space left"));
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  EXPECT_THAT(daemon_->Log(), HasSubstr("The end of the audit trail could not be written"));
}

TEST_F(AuditTrailTest, IsWholeWhenTheDaemonHasStopped) {
  ASSERT_NO_FATAL_FAILURE(ServeWithTrailIn(File()));
  constexpr int kLogins = 50;
  for (int i = 0; i < kLogins; ++i) {
    const absl::StatusOr<v1::Login> login = StartAnother();
    ASSERT_TRUE(login.ok()) << login.status();
    ASSERT_TRUE(till_->Cancel(login->id()).ok());
  }
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  const std::string trail = ReadFile(File());
  EXPECT_EQ(CountOf(trail, "daemon_started"), 1);
  EXPECT_EQ(CountOf(trail, "start"), kLogins);
  EXPECT_EQ(CountOf(trail, "end"), kLogins);
  EXPECT_EQ(CountOf(trail, "daemon_stopping"), 1);
}

TEST_F(AuditTrailTest, GoesOnInANewFileAtAReload) {
  ASSERT_NO_FATAL_FAILURE(ServeWithTrailIn(File()));
  ASSERT_TRUE(StartAnother().ok());
  ASSERT_TRUE(Eventually([&] { return CountOf(ReadFile(File()), "start") == 1; }));
  std::filesystem::rename(File(), File() + ".1");
  daemon_->process().Signal(SIGHUP);
  ASSERT_TRUE(daemon_->process().WaitForLine(OutputStream::kStderr, "Reloaded the config").ok());
  EXPECT_TRUE(Eventually([&] { return CountOf(ReadFile(File()), "reloaded") == 1; }));
  EXPECT_EQ(CountOf(ReadFile(File() + ".1"), "reloaded"), 0);
}

}  // namespace
}  // namespace cibad
