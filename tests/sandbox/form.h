// Forms (application/x-www-form-urlencoded) as RFC 6749 appendix B has them, read by the letter:
// what a lenient server lets pass is refused here, so that a client which relies on leniency is
// found.

#ifndef CIBAD_TESTS_SANDBOX_FORM_H_
#define CIBAD_TESTS_SANDBOX_FORM_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

using Form = std::map<std::string, std::string>;

// Reads a form body. Fails on a parameter without `=`, an empty or repeated name (RFC 6749, 3.2), a
// byte that has to be escaped and is not, a bad escape, text that is not UTF-8, and more than 32
// parameters.
absl::StatusOr<Form> ParseForm(absl::string_view body);

// Decodes one name or value of a form.
absl::StatusOr<std::string> DecodeFormText(absl::string_view text);

// The parameter's value; an empty string where it is absent.
absl::string_view FormValue(const Form& form, absl::string_view name);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_FORM_H_
