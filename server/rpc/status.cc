#include "server/rpc/status.h"

#include <string>

namespace cibad {

const char* RetryPushback(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return "1000";  // the disk, the provider: looked after all the time
    case absl::StatusCode::kResourceExhausted:
      return "5000";  // about as long as a customer needs to answer
    default:
      return nullptr;
  }
}

void AddRetryPushback(const absl::Status& status, grpc::ServerContextBase* context) {
  const char* milliseconds = RetryPushback(status);
  if (milliseconds != nullptr) context->AddTrailingMetadata("grpc-retry-pushback-ms", milliseconds);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.raw_code()), std::string(status.message())};
}

}  // namespace cibad
