// CheckUser of the API: what a caller sends, checked, and what comes back, shown.

#ifndef CIBAD_SERVER_RPC_CHECK_USER_H_
#define CIBAD_SERVER_RPC_CHECK_USER_H_

#include "absl/status/statusor.h"
#include "cibad/v1/login.pb.h"
#include "server/login/login.h"
#include "server/login/outcome.h"
#include "server/login/shared.h"
#include "server/ops/caller_policy.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// Who asks whether which customer of which sales unit can log in, and in which language staff are
// told. INVALID_ARGUMENT or NOT_FOUND (sales unit), with a message that begins with the field's
// name and does not repeat the phone number.
absl::StatusOr<Shared<LoginRequest>> ReadCheckUserRequest(const v1::CheckUserRequest& message,
                                                          const Caller& caller,
                                                          const SalesUnits& sales_units);

v1::CheckUserResponse ToMessage(const LoginRequest& question, const UserExists& answer);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_CHECK_USER_H_
