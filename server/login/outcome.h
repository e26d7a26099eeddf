// What can come of one request to the provider, as the core understands it. The provider folder
// makes these from HTTP answers, the state machine decides what they mean for a login. Every
// request has the same four outcomes: the answer that was hoped for, an error that the provider
// gave, an answer that cannot be understood, or none.

#ifndef CIBAD_SERVER_LOGIN_OUTCOME_H_
#define CIBAD_SERVER_LOGIN_OUTCOME_H_

#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/profile.h"

namespace cibad {

// The provider understood the request and said no (HTTP 4xx with an error code, or 429 with or
// without one).
struct ProviderError {
  int http_status = 0;
  std::string code;  // `error` or `error_code`, cleaned: see CleanProviderCode; empty: it gave none
  std::string
      detail;  // for the operator's log: the description, title or trace id; never shown to tills
  std::optional<absl::Duration> retry_after;
};

// There is an answer, but not one that can be understood: not JSON, wrong types, a REQUIRED member
// missing.
struct InvalidAnswer {
  std::string detail;  // what is wrong, without quoting the answer, which may hold tokens or claims
};

// The connection failed or broke, time ran out, or the provider was out of order (HTTP 5xx).
struct NoAnswer {
  bool may_have_arrived = true;  // false only where the request certainly never left
  int http_status = 0;           // the 5xx that came; 0: nothing came
  std::optional<absl::Duration> retry_after;
  std::string detail;
};

template <typename Answer>
using Outcome = std::variant<Answer, ProviderError, InvalidAnswer, NoAnswer>;

// The authentication request acknowledgement (CIBA 7.3).
struct Acknowledgement {
  std::string auth_req_id;
  absl::Duration expires_in;
  absl::Duration interval;  // 5 s where the provider did not say (CIBA 7.3)
};

// The successful token answer (CIBA 10.1.1). The ID token is as yet unchecked.
struct TokenAnswer {
  std::string access_token;
  std::string id_token;
  std::optional<absl::Duration> expires_in;  // of the access token
};

// Whether somebody with the phone number can log in.
struct UserExists {
  bool exists = true;
};

// The ID token passed every check and says who logged in.
struct AcceptedIdToken {
  std::string subject;
};

// The ID token failed a check; which one, for the log.
struct RefusedIdToken {
  std::string detail;
};

// NoAnswer: the keys that sign ID tokens could not be had; the check has to be made again.
using IdTokenOutcome = std::variant<AcceptedIdToken, RefusedIdToken, NoAnswer>;

// Makes a provider's error code fit to be stored, logged and shown: keeps letters, digits, `_`, `-`
// and `.`, at most 64 of them; in a number of eight digits or more, which may be a phone number,
// each digit becomes `*`. What the provider sends there is as hostile as the rest.
std::string CleanProviderCode(absl::string_view code);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_OUTCOME_H_
