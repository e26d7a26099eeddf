// A disk that takes nothing more: what was accepted stays right, nothing new is accepted, and all
// is well again as soon as the disk is.

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <string>

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
};

TEST_F(FullDiskTest, StartsAreRefusedUntilTheDiskTakesThemAgain) {
  const std::string id = MustStart(kWaits);
  ASSERT_EQ(till_->WatchUntil(id, v1::Login::PENDING).Last().state(), v1::Login::PENDING);

  ASSERT_NO_FATAL_FAILURE(LimitFiles(1));
  EXPECT_TRUE(Eventually(
      [&] { return till_->Start(kApproves).status().code() == absl::StatusCode::kUnavailable; }));
  EXPECT_TRUE(HealthIs("NOT_SERVING")) << daemon_->Log();
  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING);
  ASSERT_TRUE(sandbox_->ApproveAll().ok());

  ASSERT_NO_FATAL_FAILURE(LimitFiles(RLIM_INFINITY));
  EXPECT_TRUE(HealthIs("SERVING")) << daemon_->Log();
  EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

}  // namespace
}  // namespace cibad
