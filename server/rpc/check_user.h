// CheckUser of the API: what a caller sends, checked, and what comes back, shown.

#ifndef CIBAD_SERVER_RPC_CHECK_USER_H_
#define CIBAD_SERVER_RPC_CHECK_USER_H_

#include <string>

#include "absl/status/statusor.h"
#include "cibad/v1/login.pb.h"
#include "server/login/language.h"
#include "server/login/outcome.h"
#include "server/ops/caller_policy.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// A question whether somebody can log in.
struct UserQuestion {
  std::string sales_unit;
  std::string msisdn;
  Language language = Language::kEnglish;
};

// INVALID_ARGUMENT or NOT_FOUND (sales unit), with a message that begins with the field's name and
// does not repeat the phone number.
absl::StatusOr<UserQuestion> ReadCheckUserRequest(const v1::CheckUserRequest& message,
                                                  const CallerPolicy& policy,
                                                  const SalesUnits& sales_units);

v1::CheckUserResponse ToMessage(const UserQuestion& question, const UserExists& answer);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_CHECK_USER_H_
