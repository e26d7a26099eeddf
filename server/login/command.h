// What a login wants done. Step (step.h) gives these; the engine carries them out, after what must
// survive is durable, and reports back with an event (event.h). Every command but WakeAt is
// answered by exactly one event, and until it is, Step gives no other.

#ifndef CIBAD_SERVER_LOGIN_COMMAND_H_
#define CIBAD_SERVER_LOGIN_COMMAND_H_

#include <variant>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"

namespace cibad {

// Ask the provider whether the customer has an account. Answered by UserChecked.
struct CheckUser {};

// Ask the provider to ask the customer (CIBA 7.1). Answered by BackchannelAnswered.
struct SendBackchannelRequest {};

// Poll the token endpoint once (CIBA 10.1). Answered by TokenRequestAnswered.
struct SendTokenRequest {};

// Exchange the code in hand (Progress::code) for the tokens. Answered by TokenRequestAnswered.
struct ExchangeCode {};

// Check the ID token in hand against the provider's keys. Answered by IdTokenChecked.
struct CheckIdToken {};

// Ask userinfo who the customer is. Answered by ProfileAnswered.
struct FetchProfile {};

// Send Woken at this time. Replaces the time asked for before.
struct WakeAt {
  absl::Time time;
};

using Command = std::variant<CheckUser, SendBackchannelRequest, SendTokenRequest, ExchangeCode,
                             CheckIdToken, FetchProfile, WakeAt>;

// In the order in which they are to be carried out; a step seldom wants more than two.
using Commands = absl::InlinedVector<Command, 2>;

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_COMMAND_H_
