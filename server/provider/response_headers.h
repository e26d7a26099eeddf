// What the headers of a provider's answer say about time: how long it may be kept, and when to ask
// again.

#ifndef CIBAD_SERVER_PROVIDER_RESPONSE_HEADERS_H_
#define CIBAD_SERVER_PROVIDER_RESPONSE_HEADERS_H_

#include <optional>

#include "absl/time/time.h"
#include "server/http/message.h"

namespace cibad {

// How long an answer may be used before it is fetched again (RFC 9111 4.2): `max-age`, less `Age`;
// from one minute, also where the provider forbids keeping it at all, to 24 hours; one hour where
// it says nothing.
absl::Duration FreshFor(const HttpResponse& response);

// `Retry-After` (RFC 9110 10.2.3): seconds, or an HTTP date, taken relative to the answer's own
// `Date`, so that our clock does not matter. From 0 to 24 hours; nothing where it is absent or
// cannot be understood.
std::optional<absl::Duration> RetryAfter(const HttpResponse& response);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_RESPONSE_HEADERS_H_
