#include "server/rpc/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/engine/call_status.h"

namespace cibad {
namespace {

TEST(Status, KeepsCodeAndMessage) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  const grpc::Status status = ToGrpcStatus(absl::NotFoundError("there is no login a"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "there is no login a");
  EXPECT_EQ(ToGrpcStatus(absl::ResourceExhaustedError("")).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ToGrpcStatus(absl::DataLossError("")).error_code(), grpc::StatusCode::DATA_LOSS);
}

TEST(Status, HintsWhenToTryAgainOnlyWhereThatHelps) {
  EXPECT_EQ(RetryPushback(absl::UnavailableError("")), "1000");
  EXPECT_EQ(RetryPushback(absl::ResourceExhaustedError("")), "5000");
  const ProviderError busy{429, "", "", absl::Seconds(30)};
  EXPECT_EQ(RetryPushback(StatusOf(busy)), "30000");
  EXPECT_EQ(RetryPushback(absl::InvalidArgumentError("")), "");
  EXPECT_EQ(RetryPushback(absl::NotFoundError("")), "");
  EXPECT_EQ(RetryPushback(absl::AlreadyExistsError("")), "");
}

}  // namespace
}  // namespace cibad
