// The daemon's errors as gRPC statuses: the codes are the same numbers.

#ifndef CIBAD_SERVER_RPC_STATUS_H_
#define CIBAD_SERVER_RPC_STATUS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace cibad {

// When to try again what was refused so, in milliseconds and as gRPC's clients read it in the
// trailing metadatum grpc-retry-pushback-ms: what the provider wants, where it said so. Empty: the
// same call would be refused again.
std::string RetryPushback(const absl::Status& status);

// Puts it into the trailing metadata of a call that is about to end so, if there is one.
void AddRetryPushback(const absl::Status& status, grpc::ServerContextBase* context);

grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_STATUS_H_
