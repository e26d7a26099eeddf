// How a phone number may appear in logs, lists and errors: enough to recognise, too little to call.

#ifndef CIBAD_SERVER_LOGIN_PHONE_MASK_H_
#define CIBAD_SERVER_LOGIN_PHONE_MASK_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cibad {

// "4791234678" becomes "47*****678": the first two and the last three characters stay. A number of
// fewer than eight characters becomes all asterisks.
std::string MaskPhoneNumber(absl::string_view msisdn);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_PHONE_MASK_H_
