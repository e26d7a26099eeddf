// A small HTTP/1.1 server for what others bring to the daemon (webhooks) and fetch from it
// (metrics). It stands behind the operator's proxy or is asked by a program of the same machine, so
// it listens on loopback alone and speaks no TLS. What comes in is hostile: threads, connections,
// sizes and times are bounded, a connection carries one request, and nothing of the file system is
// served. Bodies and query strings are never logged. The library behind it, civetweb, does not
// show.

#ifndef CIBAD_SERVER_HTTP_HTTP_LISTENER_H_
#define CIBAD_SERVER_HTTP_HTTP_LISTENER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cibad {

// A request that has come, as it was sent: nothing is decoded.
struct ServerRequest {
  std::string method;
  std::string path;   // begins with '/'
  std::string query;  // behind the '?'; may hold secrets, never logged
  // Names in lower case, in their order, repeated ones as often as they came.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // as it is after the transfer encoding is undone; never logged
};

// The value of the only header of that name (in lower case). NOT_FOUND: there is none.
// INVALID_ARGUMENT: there are several, and readers would differ in which one they take.
absl::StatusOr<absl::string_view> OnlyHeader(const ServerRequest& request, absl::string_view name);

struct ServerResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers;  // further ones; plain ASCII
  std::string body;
};

// What answers the requests of one method whose path is `path`, or begins with it and a further
// '/'; "/" answers every path. The longest that fits is taken. Both functions are called from
// several threads at once, and must not wait for anything.
struct HttpHandler {
  std::string method;
  std::string path;
  // Asked when the body has not been read yet, so `body` is empty; an answer refuses the request at
  // that price. Null: all are admitted.
  std::function<std::optional<ServerResponse>(const ServerRequest&)> admit;
  std::function<ServerResponse(const ServerRequest&)> answer;
};

struct HttpListenerOptions {
  std::string address;  // see CheckHttpAddress
  int threads = 4;      // so many requests are looked at at once
  // Connections that wait for a thread. What comes beyond waits in the kernel, up to as many again.
  int queue = 64;
  size_t max_header_bytes = size_t{16} << 10;  // request line and headers; more is answered 400
  size_t max_body_bytes = size_t{16} << 10;    // more is answered 413, and not read
  // For the head of a request, and again for its body.
  absl::Duration timeout = absl::Seconds(3);
};

// INVALID_ARGUMENT unless it is 127.0.0.1:PORT, [::1]:PORT or localhost:PORT (which is the first of
// them). Port 0 takes one that is free.
absl::Status CheckHttpAddress(absl::string_view address);

class HttpListener {
 public:
  // A request with more headers is answered 431.
  static constexpr int kMaxHeaders = 60;

  // Listens, and answers from now on. INVALID_ARGUMENT: the address, or a limit, is none.
  // UNAVAILABLE: it cannot be listened on, and why.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Listen(const HttpListenerOptions& options,
                                                              std::vector<HttpHandler> handlers);
  ~HttpListener();  // stops
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  // With the port that was taken: 127.0.0.1:41337.
  const std::string& address() const { return address_; }

  // Takes no more connections, cuts off those whose request has not come whole, and returns when no
  // handler runs any more; what one of these answers may be cut off.
  void Stop();

 private:
  struct Server;

  HttpListener(std::unique_ptr<Server> server, std::string address);

  std::unique_ptr<Server> server_;
  const std::string address_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_HTTP_LISTENER_H_
