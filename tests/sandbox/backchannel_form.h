// Reads the authentication request (CIBA 7.1), as strictly as Vipps and a little more.

#ifndef CIBAD_TESTS_SANDBOX_BACKCHANNEL_FORM_H_
#define CIBAD_TESTS_SANDBOX_BACKCHANNEL_FORM_H_

#include <string>
#include <variant>
#include <vector>

#include "tests/sandbox/form.h"
#include "tests/sandbox/provider_state.h"

namespace cibad {

struct OAuthError {
  std::string code;
  std::string description;
  bool is_mistake = true;  // of the client, rather than of the customer or the merchant
};

// The form of user-exists: the phone number, and nothing else.
std::variant<std::string, OAuthError> ReadUserExistsForm(const Form& form);

// `redirect_uris` are registered for the sales unit; none: any https URL is.
std::variant<BackchannelRequest, OAuthError> ReadBackchannelForm(
    const Form& form, const std::vector<std::string>& redirect_uris = {});

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_BACKCHANNEL_FORM_H_
