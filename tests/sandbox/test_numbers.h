// The sandbox's test numbers: like test cards at a payment provider, the phone number decides what
// happens to a login. `cibad-sandbox --numbers` prints them, and README.md has the same list.

#ifndef CIBAD_TESTS_SANDBOX_TEST_NUMBERS_H_
#define CIBAD_TESTS_SANDBOX_TEST_NUMBERS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tests/sandbox/behaviour.h"

namespace cibad {

struct TestNumber {
  absl::string_view msisdn;   // country code and number, digits only
  absl::string_view meaning;  // what happens, for people
  Behaviour behaviour;
};

// A thousand customers for every number of seconds: `prefix`, two digits of seconds, three of
// customer.
struct TestNumberRange {
  absl::string_view prefix;
  absl::string_view meaning;
  Decision decision;
  bool userinfo_takes_them = false;  // the seconds; else it is the decision that does
};

absl::Span<const TestNumber> TestNumbers();
absl::Span<const TestNumberRange> TestNumberRanges();

// What happens to logins of this number; numbers that are in no list wait to be decided by hand.
Behaviour BehaviourOf(absl::string_view msisdn);

// The list as people read it, a line a number.
std::string TestNumbersText();

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_TEST_NUMBERS_H_
