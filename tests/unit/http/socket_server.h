// A server on loopback that runs a function of the test's for each connection, in a thread of its
// own. The function decides byte by byte what the client gets to see, which no well-behaved HTTP
// server would allow. TlsServer is the same behind TLS.

#ifndef CIBAD_TESTS_UNIT_HTTP_SOCKET_SERVER_H_
#define CIBAD_TESTS_UNIT_HTTP_SOCKET_SERVER_H_

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {

class SocketServer {
 public:
  explicit SocketServer(std::function<void(int fd)> serve);
  ~SocketServer();  // cuts every connection off and waits for the threads
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  int port() const { return port_; }
  int accepted_connections() const;
  int most_connections_at_once() const;

 private:
  void Accept();
  void ServeOne(int fd);

  const std::function<void(int)> serve_;
  int listener_ = -1;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::set<int> open_;  // guarded by mutex_, as are the next three
  int accepted_ = 0;
  size_t most_at_once_ = 0;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// The server's end of one TLS connection.
class TlsConnection {
 public:
  explicit TlsConnection(SSL* ssl) : ssl_(ssl) {}

  // What has come, at least one byte; nothing when the client has gone.
  std::string Read();
  // A whole HTTP/1.1 request, head and body; nothing when the client has gone.
  std::optional<std::string> ReadRequest();
  void Write(absl::string_view bytes);
  // Stays until the client has gone (or the server ends).
  void WaitForEnd();
  // Closes the connection underneath TLS, without its goodbye.
  void CutOff();
  // Segments with data that have come over the connection, as the kernel counts them.
  int received_segments() const;
  // The protocol that was agreed on in the handshake (ALPN); empty: none.
  std::string protocol() const;

 private:
  SSL* const ssl_;
  std::string unread_;
};

struct TlsServerOptions {
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  bool offer_http2 = false;
};

class TlsServer {
 public:
  // When `serve` returns the connection is closed, with TLS's own goodbye.
  TlsServer(const TestCertificate& certificate, std::function<void(TlsConnection&)> serve,
            TlsServerOptions options = {});

  int port() const { return server_->port(); }
  std::string Url(absl::string_view path = "/") const;
  int accepted_connections() const { return server_->accepted_connections(); }
  int most_connections_at_once() const { return server_->most_connections_at_once(); }

 private:
  struct ContextDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  void Serve(int fd) const;

  const std::function<void(TlsConnection&)> serve_;
  std::unique_ptr<SSL_CTX, ContextDeleter> context_;
  std::unique_ptr<SocketServer> server_;  // last: its threads use the others
};

// What a server's threads write down and the test reads.
class Notes {
 public:
  void Add(std::string note);
  std::vector<std::string> all() const;
  std::string last() const;  // empty if there is none
  void Clear();

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> notes_;  // guarded by mutex_
};

// "HTTP/1.1 {status}" with a Content-Length and the body.
std::string Http1Answer(int status, absl::string_view body, absl::string_view headers = "");

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_HTTP_SOCKET_SERVER_H_
