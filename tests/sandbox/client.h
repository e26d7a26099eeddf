// The clients that the sandbox knows, one for each sales unit, and how they have to prove who they
// are.

#ifndef CIBAD_TESTS_SANDBOX_CLIENT_H_
#define CIBAD_TESTS_SANDBOX_CLIENT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/sandbox/form.h"
#include "tests/sandbox/message.h"

namespace cibad {

enum class AuthenticationMethod {
  kBasic,
  kPost,
  kEither,
  kPartner,  // an access token (api_tokens.h): the client is a partner's, for many sales units
};

struct Client {
  std::string msn;  // of its sales unit
  std::string client_id;
  std::string client_secret;
  AuthenticationMethod method = AuthenticationMethod::kBasic;
  std::string subscription_key = {};

  // Whom ID tokens are for: with partner keys it is the merchant's own client, which the partner
  // does not know.
  std::string Audience() const {
    return method == AuthenticationMethod::kPartner ? "merchant-" + msn : client_id;
  }
};

// In constant time.
bool IsSame(absl::string_view given, absl::string_view expected);

// Checks client_secret_basic and client_secret_post (OpenID Connect Core 9; RFC 6749, 2.3.1): one
// of them, the one that is switched on, and never both. Gives the refusal, or nothing if all is
// well.
std::optional<Answer> RefuseClient(const Request& request, const Form& form, const Client& client);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_CLIENT_H_
