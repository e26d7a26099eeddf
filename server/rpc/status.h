// The daemon's errors as gRPC statuses: the codes are the same numbers.

#ifndef CIBAD_SERVER_RPC_STATUS_H_
#define CIBAD_SERVER_RPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace cibad {

grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_STATUS_H_
