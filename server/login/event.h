// What can happen to a login. The engine makes these from timers, answers and callers; Step
// (step.h) says what each means.

#ifndef CIBAD_SERVER_LOGIN_EVENT_H_
#define CIBAD_SERVER_LOGIN_EVENT_H_

#include <string>
#include <variant>

#include "absl/time/time.h"
#include "server/login/outcome.h"

namespace cibad {

// A new login is durable.
struct Accepted {};

// The daemon started again and found this login unfinished.
struct Recovered {
  // Waited on top of the interval before the first poll, so that the logins of one start do not all
  // poll at one instant.
  absl::Duration stagger;
};

// A time that was asked for with WakeAt has come. Coming early, late or twice does no harm.
struct Woken {};

// The till no longer wants the login.
struct CancelRequested {};

// What came of CheckUser.
struct UserChecked {
  Outcome<UserExists> outcome;
};
// The provider says that something has become of the login (10.2). The sender is proven; what it
// says is a signal and never the truth. Coming early, late, twice or never does no harm.
struct Pinged {};

// What came of SendBackchannelRequest.
struct BackchannelAnswered {
  Outcome<Acknowledgement> outcome;
};

// The customer's browser brought the code that finishes the login on a web page.
struct CodeReceived {
  std::string code;
};

// The customer's browser brought an error in place of the code.
struct CodeRefused {
  ProviderError error;
};

// What came of SendTokenRequest or ExchangeCode.
struct TokenRequestAnswered {
  Outcome<TokenAnswer> outcome;
};

// What came of CheckIdToken.
struct IdTokenChecked {
  IdTokenOutcome outcome;
};

// What came of FetchProfile.
struct ProfileAnswered {
  Outcome<Profile> outcome;
};

using Event = std::variant<Accepted, Recovered, Woken, CancelRequested, CodeReceived, CodeRefused,
                           Pinged, UserChecked, BackchannelAnswered, TokenRequestAnswered,
                           IdTokenChecked, ProfileAnswered>;

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_EVENT_H_
