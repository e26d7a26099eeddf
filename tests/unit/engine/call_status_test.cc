#include "server/engine/call_status.h"

#include <gtest/gtest.h>

#include <string>

namespace cibad {
namespace {

absl::StatusCode CodeOf(Outcome<UserExists> outcome) {
  return AnswerOf(std::move(outcome)).status().code();
}

TEST(CallStatus, AnAnswerIsNoError) {
  const absl::StatusOr<UserExists> answer = AnswerOf<UserExists>(UserExists{false});
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer->exists);
}

TEST(CallStatus, SaysWhetherTryingAgainOrTheOperatorHelps) {
  EXPECT_EQ(CodeOf(NoAnswer{}), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOf(InvalidAnswer{}), absl::StatusCode::kInternal);
  EXPECT_EQ(CodeOf(ProviderError{429}), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOf(ProviderError{400, "server_error"}), absl::StatusCode::kUnavailable);
  for (const int status : {400, 401, 403, 404}) {
    EXPECT_EQ(CodeOf(ProviderError{status}), absl::StatusCode::kFailedPrecondition) << status;
  }
  const absl::Status refused = StatusOf(ProviderError{401, "invalid_client"});
  EXPECT_NE(std::string(refused.message()).find("credentials (invalid_client)"), std::string::npos);
}

TEST(CallStatus, CarriesHowLongToWait) {
  const ProviderError busy{429, "", "", absl::Seconds(30)};
  EXPECT_EQ(RetryDelayOf(StatusOf(busy)), absl::Seconds(30));
  NoAnswer out_of_order;
  out_of_order.retry_after = absl::Milliseconds(1500);
  EXPECT_EQ(RetryDelayOf(StatusOf(out_of_order)), absl::Milliseconds(1500));
  EXPECT_EQ(RetryDelayOf(StatusOf(NoAnswer{})), std::nullopt);
  EXPECT_EQ(RetryDelayOf(absl::OkStatus()), std::nullopt);
}

}  // namespace
}  // namespace cibad
