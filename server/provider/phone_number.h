// Phone numbers as people write them, made into the one form that the provider takes.

#ifndef CIBAD_SERVER_PROVIDER_PHONE_NUMBER_H_
#define CIBAD_SERVER_PROVIDER_PHONE_NUMBER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

// Gives the MSISDN, country code and number in digits only: "912 34 567", "+47 91234567" and "0047
// 91234567" are all "4791234567" where `default_region` (ISO 3166-1 alpha-2), the country of a
// number without a country code, is NO. INVALID_ARGUMENT says what is wrong with `phone_number`
// without repeating it: no number, too long, one that is given to nobody by its country's plan,
// that of a service, or of a country that is not served.
//
// Served are Norway with Svalbard, Denmark, Finland with Åland, Sweden and the Faroe Islands.
absl::StatusOr<std::string> ParsePhoneNumber(absl::string_view text,
                                             absl::string_view default_region);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_PHONE_NUMBER_H_
