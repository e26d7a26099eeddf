// Whether a request is one that may leave this machine. Values in requests come from configuration,
// from the provider's discovery document and from tills; what would turn one request into two, or
// carry credentials over plain text, is stopped here, whatever the rest of the program thought of
// it.

#ifndef CIBAD_SERVER_HTTP_REQUEST_CHECK_H_
#define CIBAD_SERVER_HTTP_REQUEST_CHECK_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cibad {

inline constexpr size_t kMaxUrlBytes = size_t{8} << 10;
inline constexpr size_t kMaxRequestHeaders = 50;
inline constexpr size_t kMaxRequestBodyBytes = size_t{64} << 10;

// INVALID_ARGUMENT where the URL is not https, has credentials, spaces or control characters in it;
// where a header is not "Name: value" with a token for a name (RFC 9110, 5.1) and a value without
// control characters (5.5); or where a limit above is passed. The message names the rule and quotes
// nothing of the request.
absl::Status CheckRequest(const HttpRequest& request);

// "api.example.com:8443" of "https://api.example.com:8443/token?x=y", or INVALID_ARGUMENT as above.
// The view is into `url`.
absl::StatusOr<absl::string_view> AuthorityOf(absl::string_view url);

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_REQUEST_CHECK_H_
