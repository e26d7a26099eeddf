// What a customer's browser brings to the redirect_uri of a login that finishes on a web page (RFC
// 6749 4.1.2): the query of the URL that it opens. It comes from outside, through the page's
// server, and is read by the letter.

#ifndef CIBAD_SERVER_PROVIDER_CALLBACK_QUERY_H_
#define CIBAD_SERVER_PROVIDER_CALLBACK_QUERY_H_

#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/login/outcome.h"

namespace cibad {

struct Callback {
  std::variant<std::string, ProviderError> answer;  // the code, or the error that came in its place
  std::optional<std::string> state;                 // absent: there was none
  bool is_whole = true;  // false: whoever took the code out of it kept the `state`
};

// Reads a query, percent-encoded as it stood in the URL, with or without the `?`. INVALID_ARGUMENT,
// naming callback_query but never its contents: longer than 8 KiB, more than 32 parameters, one of
// them twice, something that a URL cannot hold or a bad escape, neither or both of `code` and
// `error`, or a value that cannot be one. Other parameters are passed over: the provider adds some.
absl::StatusOr<Callback> ReadCallbackQuery(absl::string_view query);

// A code that was taken out of the query by somebody else. INVALID_ARGUMENT: it cannot be one.
absl::StatusOr<Callback> ReadCallbackCode(absl::string_view code);

// Whether a whole callback belongs to the login whose start had this `state`; where it had none,
// every callback does. INVALID_ARGUMENT: it is missing or another one. Takes as long for every
// wrong state of the same length.
absl::Status CheckCallbackState(const Callback& callback, absl::string_view state);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_CALLBACK_QUERY_H_
