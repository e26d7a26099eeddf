// A phone number, as a till may send it.

#include <algorithm>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/login/phone_mask.h"
#include "server/provider/phone_number.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {

void FuzzPhoneNumber(absl::string_view input) {
  const std::string masked = MaskPhoneNumber(input);
  Require(input.empty() || masked != input || absl::StrContains(input, "*"),
          "a masked number is not the number");
  const absl::StatusOr<std::string> msisdn = ParsePhoneNumber(input, "NO");
  if (!msisdn.ok()) {
    const auto digits = std::count_if(input.begin(), input.end(), absl::ascii_isdigit);
    Require(digits < 4 || !absl::StrContains(msisdn.status().message(), input),
            "what is wrong is said without repeating the number");
    return;
  }
  Require(msisdn->size() >= 8 && msisdn->size() <= 15 &&
              std::all_of(msisdn->begin(), msisdn->end(),
                          [](unsigned char c) { return absl::ascii_isdigit(c); }),
          "a number is 8 to 15 digits");
  for (const char* region : {"NO", "DK"}) {
    const auto again = ParsePhoneNumber(absl::StrCat("+", *msisdn), region);
    Require(again.ok() && *again == *msisdn, "a number reads the same again, wherever one is");
  }
  // Not "does not hold what is hidden": in 35834834 that is what is shown as well.
  const std::string shown = absl::StrCat(msisdn->substr(0, 2), std::string(msisdn->size() - 5, '*'),
                                         msisdn->substr(msisdn->size() - 3));
  Require(MaskPhoneNumber(*msisdn) == shown, "a masked number shows five digits of the number");
}

}  // namespace cibad::fuzz
