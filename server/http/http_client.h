// Asynchronous HTTPS as the rest of the daemon sees it: a request in, one result out, on the same
// thread. A worker owns one client and never waits for it. CurlClient is the real one; tests and
// the simulation have their own.

#ifndef CIBAD_SERVER_HTTP_HTTP_CLIENT_H_
#define CIBAD_SERVER_HTTP_HTTP_CLIENT_H_

#include <functional>

#include "server/http/message.h"

namespace cibad {

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Sends the request; calls `done` exactly once, later, from the owner's event loop, never from
  // within Send. Redirects are not followed. Not thread-safe: only the thread that runs the loop
  // may call it.
  virtual void Send(HttpRequest request, std::function<void(HttpResult)> done) = 0;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_HTTP_CLIENT_H_
