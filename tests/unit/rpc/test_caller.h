// A caller that may do everything, for tests of what is not about callers.

#ifndef CIBAD_TESTS_UNIT_RPC_TEST_CALLER_H_
#define CIBAD_TESTS_UNIT_RPC_TEST_CALLER_H_

#include <memory>

#include "server/ops/caller_policy.h"

namespace cibad {

inline CallerPolicy Anything() {
  CallerPolicy policy;
  policy.name = "tills";
  policy.rpcs = {"*"};
  policy.sales_units = {"*"};
  policy.scopes = {"*"};
  policy.redirect_uris = {"*"};
  policy.starts_per_minute = 1000;
  policy.pending_logins = 1000;
  return policy;
}

inline Caller Anybody() { return {"tills", std::make_shared<const CallerPolicy>(Anything())}; }

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_RPC_TEST_CALLER_H_
