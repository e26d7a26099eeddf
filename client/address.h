// Where the daemon listens, as people write it and as gRPC wants it.

#ifndef CIBAD_CLIENT_ADDRESS_H_
#define CIBAD_CLIENT_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

constexpr char kDefaultAddress[] = "unix:/run/cibad/cibad.sock";

// Whether the address asks for TLS by itself: https://HOST:PORT.
bool AsksForTls(absl::string_view address);

// Turns `unix:PATH`, a path (anything else with a `/`), `HOST:PORT` or `[IPV6]:PORT`, with or
// without https:// in front, into a gRPC target. INVALID_ARGUMENT: it is none of these, or the path
// is longer than a socket's may be.
absl::StatusOr<std::string> TargetOf(absl::string_view address);

}  // namespace cibad

#endif  // CIBAD_CLIENT_ADDRESS_H_
