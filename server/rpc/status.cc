#include "server/rpc/status.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/engine/call_status.h"

namespace cibad {

std::string RetryPushback(const absl::Status& status) {
  if (const std::optional<absl::Duration> delay = RetryDelayOf(status)) {
    return absl::StrCat(absl::ToInt64Milliseconds(*delay));
  }
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return "1000";  // the disk, the provider: looked after all the time
    case absl::StatusCode::kResourceExhausted:
      return "5000";  // about as long as a customer needs to answer
    default:
      return "";
  }
}

void AddRetryPushback(const absl::Status& status, grpc::ServerContextBase* context) {
  const std::string milliseconds = RetryPushback(status);
  if (!milliseconds.empty()) context->AddTrailingMetadata("grpc-retry-pushback-ms", milliseconds);
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.raw_code()), std::string(status.message())};
}

}  // namespace cibad
