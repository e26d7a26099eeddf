// Where the daemon listens, as people write it and as gRPC wants it.

#ifndef CIBAD_CLIENT_ADDRESS_H_
#define CIBAD_CLIENT_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

constexpr char kDefaultAddress[] = "unix:/run/cibad/cibad.sock";

// Turns `unix:PATH`, a path (anything with a `/`), `HOST:PORT` or `[IPV6]:PORT` into a gRPC target.
// INVALID_ARGUMENT: it is none of these, or the path is longer than a socket's may be.
absl::StatusOr<std::string> TargetOf(absl::string_view address);

}  // namespace cibad

#endif  // CIBAD_CLIENT_ADDRESS_H_
