// HTTP requests and results as plain values. The provider folder builds requests and reads results
// as pure functions of these; the client (http_client.h) carries them.

#ifndef CIBAD_SERVER_HTTP_MESSAGE_H_
#define CIBAD_SERVER_HTTP_MESSAGE_H_

#include <cstddef>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/http/header_list.h"

namespace cibad {

// Limits that also bind those who build requests and read answers.
inline constexpr size_t kMaxRequestHeaderBytes = size_t{16} << 10;  // of one header: "Name: value"
inline constexpr size_t kMaxResponseBodyBytes = size_t{256} << 10;

enum class HttpMethod { kGet, kPost, kDelete };

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string url;     // https only
  HeaderList headers;  // may hold credentials, never logged; the User-Agent is the client's
  std::string body;  // of a POST; application/x-www-form-urlencoded where no Content-Type is named
  absl::Duration timeout = absl::Seconds(35);  // for the whole exchange, queueing included
};

struct HttpResponse {
  int status = 0;
  HeaderList headers;
  std::string body;      // at most HttpClient's limit
  absl::Time sent_time;  // when the request went on the wire
};

// No complete answer came.
struct HttpError {
  absl::Status status;  // UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED (answer too large)…
  bool may_have_arrived =
      true;  // false only where the request certainly never left: DNS, connect, TLS
};

using HttpResult = std::variant<HttpResponse, HttpError>;

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_MESSAGE_H_
