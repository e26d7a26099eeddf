// What a till sends to StartLogin, checked field by field and brought into the one form that the
// rest of the daemon knows. Nothing that is wrong gets past here, and every error names its field.

#ifndef CIBAD_SERVER_RPC_START_REQUEST_H_
#define CIBAD_SERVER_RPC_START_REQUEST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "cibad/v1/login.pb.h"
#include "server/login/login.h"
#include "server/ops/caller_policy.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// The start that `message` asks for; whether its caller may ask for that is not looked at
// (policy.h) but for the sales unit. `random_bits` make the binding message, where the till gives
// none and does not refuse one. INVALID_ARGUMENT or NOT_FOUND (sales unit), with a message that
// begins with the field's name and repeats neither the phone number nor the customer token.
absl::StatusOr<Shared<LoginRequest>> ReadStartRequest(const v1::StartLoginRequest& message,
                                                      const Caller& caller,
                                                      const SalesUnits& sales_units,
                                                      uint64_t random_bits);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_START_REQUEST_H_
