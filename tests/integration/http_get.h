// Fetches a page over plain HTTP, as Prometheus does.

#ifndef CIBAD_TESTS_INTEGRATION_HTTP_GET_H_
#define CIBAD_TESTS_INTEGRATION_HTTP_GET_H_

#include <string>

#include "absl/status/statusor.h"

namespace cibad {

// The whole answer, head and body, of 127.0.0.1:PORT. UNAVAILABLE: it cannot be had.
absl::StatusOr<std::string> HttpGet(int port, const std::string& path);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_HTTP_GET_H_
