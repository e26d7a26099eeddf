#include "server/rpc/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_STREQ(RetryPushback(absl::UnavailableError("")), "1000");
  EXPECT_STREQ(RetryPushback(absl::ResourceExhaustedError("")), "5000");
  EXPECT_EQ(RetryPushback(absl::InvalidArgumentError("")), nullptr);
  EXPECT_EQ(RetryPushback(absl::NotFoundError("")), nullptr);
  EXPECT_EQ(RetryPushback(absl::AlreadyExistsError("")), nullptr);
}

}  // namespace
}  // namespace cibad
