// The claims of an ID token, right or wrong in the way that a test number names.

#ifndef CIBAD_TESTS_SANDBOX_ID_TOKEN_H_
#define CIBAD_TESTS_SANDBOX_ID_TOKEN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/behaviour.h"

namespace cibad {

struct IdTokenFacts {
  std::string issuer;
  std::string client_id;
  std::string msn;
  std::string subject;
  std::string auth_req_id;
  std::string access_token;
  absl::Time start_time;  // of the login
  absl::Time issue_time;
  bool on_web_page = false;  // where the ordinary one has an auth_req_id
};

// As JSON. Kinds that are about the signature alone have the ordinary claims.
std::string IdTokenClaims(const IdTokenFacts& facts, IdTokenKind kind);

// OpenID Connect Core 3.1.3.6: what ties the ID token to the access token it comes with.
std::string AccessTokenHash(absl::string_view access_token);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_ID_TOKEN_H_
