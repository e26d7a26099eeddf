// A disk that takes nothing more: what was accepted stays right, nothing new is accepted, and all
// is well again as soon as the disk is.

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

class FullDiskTest : public IntegrationTest {
 protected:
  // No file of the daemon's may grow to more than this; RLIM_INFINITY: as far as it likes.
  void LimitFiles(rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    ASSERT_EQ(prlimit(daemon_->process().pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }

  bool HealthIs(const std::string& health) {
    return Eventually([&] { return till_->Health(kService).value_or("") == health; });
  }

  // A login whose customer has been asked, and then a disk that takes nothing more.
  std::string PendingOnAFullDisk() {
    std::string id = MustStart(kWaits);
    EXPECT_EQ(till_->WatchUntil(id, v1::Login::PENDING).Last().state(), v1::Login::PENDING);
    LimitFiles(1);
    return id;
  }

  // The daemon has seen that its disk is full.
  void WaitUntilNotServing() {
    EXPECT_TRUE(Eventually(
        [&] { return till_->Start(kApproves).status().code() == absl::StatusCode::kUnavailable; }));
    ASSERT_TRUE(HealthIs("NOT_SERVING")) << daemon_->Log();
  }
};

TEST_F(FullDiskTest, StartsAreRefusedUntilTheDiskTakesThemAgain) {
  const std::string id = PendingOnAFullDisk();
  ASSERT_NO_FATAL_FAILURE(WaitUntilNotServing());
  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING);
  ASSERT_TRUE(sandbox_->ApproveAll().ok());

  ASSERT_NO_FATAL_FAILURE(LimitFiles(RLIM_INFINITY));
  EXPECT_TRUE(HealthIs("SERVING")) << daemon_->Log();
  EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

// A call or a signal that has nothing to write proves nothing of the disk.
TEST_F(FullDiskTest, WhatWritesNothingDoesNotMakeItHealthy) {
  PendingOnAFullDisk();
  ASSERT_NO_FATAL_FAILURE(WaitUntilNotServing());
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(till_->Acknowledge("00000000000000000000000001").ok());
    ASSERT_EQ(till_->Health(kService).value_or(""), "NOT_SERVING");
  }
  daemon_->process().Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(daemon_->Log(), "eloaded"); }));
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(till_->Health(kService).value_or(""), "NOT_SERVING") << daemon_->Log();

  ASSERT_NO_FATAL_FAILURE(LimitFiles(RLIM_INFINITY));
  EXPECT_TRUE(HealthIs("SERVING")) << daemon_->Log();
}

TEST_F(FullDiskTest, TokensThatComeMeanwhileAreNotLost) {
  const std::string id = PendingOnAFullDisk();
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  EXPECT_TRUE(Eventually([&] {
    const auto totals = sandbox_->Totals();
    return totals.ok() && totals->at("tokens_given") == 1;
  }));
  EXPECT_TRUE(HealthIs("NOT_SERVING")) << daemon_->Log();
  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING) << "nothing is told that is not written";

  ASSERT_NO_FATAL_FAILURE(LimitFiles(RLIM_INFINITY));
  EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED) << daemon_->Log();
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

TEST_F(FullDiskTest, ACancelIsRefusedInSecondsAndTheDaemonCanBeEnded) {
  constexpr absl::Duration kSeconds = absl::Seconds(15);
  const std::string id = PendingOnAFullDisk();
  const absl::Time begin = absl::Now();
  const absl::Status cancelled = till_->Cancel(id).status();
  EXPECT_EQ(cancelled.code(), absl::StatusCode::kUnavailable) << cancelled;
  EXPECT_LT(absl::Now() - begin, kSeconds);

  const absl::Time end = absl::Now();
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  EXPECT_LT(absl::Now() - end, kSeconds);

  // Nobody was told that it ended, so it has not.
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
  ExpectNoViolations();
}

}  // namespace
}  // namespace cibad
