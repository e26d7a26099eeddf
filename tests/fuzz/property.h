// What the targets share: promises that are checked, and HTTP answers written as text.

#ifndef CIBAD_TESTS_FUZZ_PROPERTY_H_
#define CIBAD_TESTS_FUZZ_PROPERTY_H_

#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cibad::fuzz {

// Ends the process, saying what was promised, where it does not hold.
void Require(bool holds, absl::string_view promise);

// One line of printable ASCII, as everything that a stranger's words become for a log must be, and
// of at most so many characters.
void RequireLogText(absl::string_view text, size_t max_bytes);

// An answer in the form of the corpus: the status, a line for each header, an empty line, the body:
//
//   400
//   retry-after: 5
//
//   {"error":"slow_down"}
//
// Lines that are neither are passed over; without a status it is 200.
HttpResponse AnswerOf(absl::string_view input);

}  // namespace cibad::fuzz

#endif  // CIBAD_TESTS_FUZZ_PROPERTY_H_
