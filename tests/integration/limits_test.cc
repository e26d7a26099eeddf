// What the daemon refuses for now, and that it says when to try again: real calls, real metadata.

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using absl::StatusCode;

// "UNAVAILABLE, again in 1000 ms", or without the second half.
std::string Told(const absl::Status& status) {
  const auto hint = status.GetPayload(kRetryPushback);
  return absl::StrCat(absl::StatusCodeToString(status.code()),
                      hint ? absl::StrCat(", again in ", std::string(*hint), " ms") : "");
}

class LimitsTest : public IntegrationTest {
 protected:
  void SetUp() override {}

  void ServeWith(const std::string& limits) {
    ASSERT_NO_FATAL_FAILURE(StartSandbox());
    WriteFile(sandbox_->config_path(),
              absl::StrCat(ReadFile(sandbox_->config_path()), "\n", limits, "\n"));
    ASSERT_NO_FATAL_FAILURE(StartServing());
  }

  // Watches that have told something, and stay open.
  std::vector<std::unique_ptr<Watch>> OpenWatches(const std::string& id, int count) {
    std::vector<std::unique_ptr<Watch>> watches;
    for (int i = 0; i < count; ++i) {
      watches.push_back(till_->Open(id));
      EXPECT_TRUE(watches.back()->Next().has_value());
    }
    return watches;
  }
};

TEST_F(LimitsTest, AStartBeyondThePendingLoginsIsTold) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("pending_logins = 1"));
  till_->WatchUntil(MustStart(kWaits), v1::Login::PENDING);
  EXPECT_EQ(Told(till_->Start(kApproves).status()), "RESOURCE_EXHAUSTED, again in 5000 ms");
}

TEST_F(LimitsTest, AWatchBeyondTheOpenStreamsIsTold) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("watch_streams = 1"));
  const std::string id = MustStart(kWaits);
  const auto open = OpenWatches(id, 1);
  EXPECT_EQ(Told(till_->WatchToEnd(id).status), "RESOURCE_EXHAUSTED, again in 5000 ms");
}

TEST_F(LimitsTest, AWatchBeyondTheWatchersOfALoginIsTold) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("watch_streams = 1000"));
  const std::string id = MustStart(kWaits);
  const auto open = OpenWatches(id, 16);
  EXPECT_EQ(Told(till_->WatchToEnd(id).status), "RESOURCE_EXHAUSTED, again in 5000 ms");
}

TEST_F(LimitsTest, AStartWithoutAProviderIsTold) {
  ASSERT_NO_FATAL_FAILURE(StartSandbox());
  ASSERT_TRUE(sandbox_->Stop().ok());
  ASSERT_NO_FATAL_FAILURE(StartDaemon());
  EXPECT_EQ(Told(till_->Start(kApproves).status()), "UNAVAILABLE, again in 1000 ms");
}

TEST_F(LimitsTest, AWatchThatADaemonEndsBecauseItStopsIsTold) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("watch_streams = 1000"));
  const auto open = OpenWatches(MustStart(kWaits), 1);
  // A till that does not listen finds the connection broken, and no word of why.
  absl::Status ended;
  std::thread till([&] {
    while (open[0]->Next().has_value()) {
    }
    ended = open[0]->Finish();
  });
  StopDaemon();
  till.join();
  EXPECT_EQ(Told(ended), "UNAVAILABLE, again in 1000 ms") << ended;
}

TEST_F(LimitsTest, WhatWouldBeRefusedAgainHasNoHint) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("watch_streams = 1000"));
  EXPECT_EQ(Told(till_->Start("no number").status()), "INVALID_ARGUMENT");
  EXPECT_EQ(Told(till_->WatchToEnd("nobody").status), "NOT_FOUND");
  EXPECT_EQ(Told(till_->Get("nobody").status()), "NOT_FOUND");
}

}  // namespace
}  // namespace cibad
