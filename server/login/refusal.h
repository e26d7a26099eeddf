// What an error code of the provider means for a login. Together with Step (step.h) this is all
// that decides how a login ends.

#ifndef CIBAD_SERVER_LOGIN_REFUSAL_H_
#define CIBAD_SERVER_LOGIN_REFUSAL_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "server/login/login.h"
#include "server/login/outcome.h"

namespace cibad {

struct End {
  LoginState state = LoginState::kFailed;
  Failure failure;  // where state is kFailed
};

// The end that a terminal error brings, at the backchannel (CIBA 13) as at the token endpoint (CIBA
// 11). Every code that is not known ends the login as FAILED/OTHER and shows the code: never a
// crash, never an endless wait.
End EndOfRefusal(const ProviderError& error);

// The codes that have a meaning of their own there, each once.
std::vector<absl::string_view> KnownProviderCodes();

// What an answer says about the credentials that the sales unit's request was sent with.
enum class CredentialsVerdict {
  kNone,      // nothing: the provider may not have looked at them
  kAccepted,  // the answer is one that only a client gets that has proved who it is
  kRefused,
};

CredentialsVerdict JudgeCredentials(const ProviderError& error);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_REFUSAL_H_
