// The one client that the sandbox knows, and how it has to prove who it is.

#ifndef CIBAD_TESTS_SANDBOX_CLIENT_H_
#define CIBAD_TESTS_SANDBOX_CLIENT_H_

#include <optional>
#include <string>

#include "tests/sandbox/form.h"
#include "tests/sandbox/message.h"

namespace cibad {

enum class AuthenticationMethod { kBasic, kPost, kEither };

struct Client {
  std::string msn;  // of its sales unit
  std::string client_id;
  std::string client_secret;
  AuthenticationMethod method = AuthenticationMethod::kBasic;
};

// Checks client_secret_basic and client_secret_post (OpenID Connect Core 9; RFC 6749, 2.3.1): one
// of them, the one that is switched on, and never both. Gives the refusal, or nothing if all is
// well.
std::optional<Answer> RefuseClient(const Request& request, const Form& form, const Client& client);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_CLIENT_H_
