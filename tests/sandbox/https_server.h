// HTTPS on loopback, on GNU libmicrohttpd: HTTP/1.1 with connections kept open for as long as
// clients like, a few threads for all of them, and answers that can be late, cut short or left out.
//
// (civetweb, which serves plain HTTP elsewhere in this project, cannot serve TLS on Debian 12:
// its 1.15 looks for OpenSSL 1.1's SSL_get_peer_certificate at run time, which OpenSSL 3 does not
// have.)

#ifndef CIBAD_TESTS_SANDBOX_HTTPS_SERVER_H_
#define CIBAD_TESTS_SANDBOX_HTTPS_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/sandbox/message.h"

namespace cibad {

struct HttpsSettings {
  int port = 0;             // 0: any that is free
  std::string certificate;  // PEM
  std::string key;          // PEM
};

class HttpsServer {
 public:
  // Answers a request; called on several threads at once. The time is when the request had been
  // read whole, on a clock that is never set back.
  using Handler = std::function<Answer(const Request& request, absl::Time now)>;

  // Listens on 127.0.0.1, and on ::1 where the machine has it. Requests that come before Serve
  // wait.
  static absl::StatusOr<std::unique_ptr<HttpsServer>> Listen(HttpsSettings settings);
  virtual ~HttpsServer() = default;

  virtual int port() const = 0;

  // Begins to answer; to be called once. The destructor ends it, after late answers have been
  // hurried.
  virtual absl::Status Serve(Handler handler) = 0;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_HTTPS_SERVER_H_
