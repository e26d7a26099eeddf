// Reads what the provider answers to a sales unit's requests. An answer is hostile until it
// has been read here: what comes out has the right types, is bounded, and can be stored, sent on
// and shown.

#ifndef CIBAD_SERVER_PROVIDER_ANSWERS_H_
#define CIBAD_SERVER_PROVIDER_ANSWERS_H_

#include <string>

#include "absl/time/time.h"
#include "server/http/message.h"
#include "server/login/outcome.h"
#include "server/login/profile.h"
#include "server/login/secret.h"

namespace cibad {

// What is not an HTTP 200 is an outcome by the table in failed_answer.h, for all of them.

// The acknowledgement of CIBA 7.3. `expires_in` and `interval` may be numbers or digits in a
// string; they are counted as whole seconds, the first rounded down, the second up, and held
// between 1 s and 24 h.
Outcome<Acknowledgement> ReadBackchannelAnswer(const HttpResult& result);

// The answer to UserExistsRequest: `exists` is true or false.
Outcome<UserExists> ReadUserExistsAnswer(const HttpResult& result);

// The successful token answer of CIBA 10.1.1; the `pending` ones are ProviderErrors.
Outcome<TokenAnswer> ReadTokenAnswer(const HttpResult& result);

// The claims of OpenID Connect Core 5.3.2. Whether `sub` is that of the ID token is for the caller
// to compare.
Outcome<Profile> ReadUserinfoAnswer(const HttpResult& result);

// What AccessTokenRequest brings: the sales unit's own token, not a customer's.
struct AccessToken {
  Secret text;  // visible ASCII
  absl::Duration life;
};

// `expires_in` may be a number or digits in a string, as some deployments send it; ten minutes
// where it is missing, since a token that is fetched too often does no harm.
Outcome<AccessToken> ReadAccessTokenAnswer(const HttpResult& result);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_ANSWERS_H_
