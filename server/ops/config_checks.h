// What a value in the config must look like, as pure functions. Each gives OK, or INVALID_ARGUMENT
// with what is wrong and what to do, to be read after "FILE:LINE: KEY: ".

#ifndef CIBAD_SERVER_OPS_CONFIG_CHECKS_H_
#define CIBAD_SERVER_OPS_CONFIG_CHECKS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cibad {

// `unix:/absolute/path`, or an IP address or localhost with a port, 0 for any free one. Beyond
// loopback it needs TLS.
absl::Status CheckListenAddress(absl::string_view address, bool has_tls);

// An issuer identifier (OpenID Connect Core 2): an https URL without query or fragment.
absl::Status CheckIssuer(absl::string_view issuer);

// The URL of a proxy that curl knows: http, https, socks5, or socks5h. Without credentials: they
// would be secrets.
absl::Status CheckProxy(absl::string_view proxy);

// A merchant serial number: digits.
absl::Status CheckMsn(absl::string_view msn);

// What may go into an Authorization header (RFC 6749, appendix A): printable ASCII.
absl::Status CheckClientId(absl::string_view client_id);
absl::Status CheckClientSecret(absl::string_view client_secret);

// What becomes the value of a header: visible ASCII.
absl::Status CheckSubscriptionKey(absl::string_view subscription_key);

// What the provider takes in a Vipps-System-* header.
absl::Status CheckSystemHeader(absl::string_view value);

// The candidate that `word` was probably meant to be; empty: none is near.
std::string NearestWord(absl::string_view word, const std::vector<std::string>& candidates);

// A text from outside as it may stand in a one-line message: escaped, and cut where it is long.
std::string Quoted(absl::string_view text);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CONFIG_CHECKS_H_
