// What is said about a login to people: the names of its states and the sentences that go with
// them.

#ifndef CIBAD_CLIENT_LOGIN_TEXT_H_
#define CIBAD_CLIENT_LOGIN_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "cibad/v1/login.pb.h"

namespace cibad {

// "PENDING"; "STATE_9" for a state that this program does not know.
std::string StateName(const v1::Login& login);

// What the app is called where the customer's number is from: Vipps in Norway and Sweden, MobilePay
// in Denmark and Finland, both names where the masked number does not tell.
std::string AppName(absl::string_view masked_phone_number);

// One sentence on where the login stands and what staff should do or say now: what to ask of the
// customer while it is pending, the daemon's own words about its end.
std::string Sentence(const v1::Login& login);

// What a failure has beside its sentence: its reason, the provider's code, when to try again.
std::string FailureDetails(const v1::Failure& failure);

}  // namespace cibad

#endif  // CIBAD_CLIENT_LOGIN_TEXT_H_
