// What a caller may do: the policy of its [[caller]] section, put to what it asks for. Deny by
// default: what the policy does not name is refused, and the message says what it was.

#ifndef CIBAD_SERVER_RPC_POLICY_H_
#define CIBAD_SERVER_RPC_POLICY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/login/login.h"
#include "server/ops/caller_policy.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// PERMISSION_DENIED: the caller may not call the RPC of LoginService.
absl::Status CheckRpc(const CallerPolicy& policy, absl::string_view rpc);

// The sales unit that the caller names by its MSN; where `msn` is empty, the caller's own default,
// or else the daemon's, or the only one that it may use. INVALID_ARGUMENT, NOT_FOUND, with a
// message that begins with "sales_unit": one that the caller may not use is to it one that is not
// there.
absl::StatusOr<const SalesUnit*> FindSalesUnit(const std::string& msn, const CallerPolicy& policy,
                                               const SalesUnits& sales_units);

// PERMISSION_DENIED, naming the field: the caller may not ask for one of the scopes, or not have
// its customers sent to that URI.
absl::Status CheckStart(const CallerPolicy& policy, const LoginRequest& request);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_POLICY_H_
