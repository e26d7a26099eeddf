// An HTTP/2 server on nghttp2 that counts what it is asked and can be told to hold its answers back
// or to refuse.

#ifndef CIBAD_TESTS_UNIT_HTTP_HTTP2_SERVER_H_
#define CIBAD_TESTS_UNIT_HTTP_HTTP2_SERVER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {

// How an answer ends, and whether it says where.
struct Http2Body {
  std::optional<int> length_off_by = 0;  // its content-length; absent: it has none
  int first_right = 0;                   // but of so many answers the length is right
  bool end_apart = false;                // the stream ends with a frame and a record of its own
  bool breaks_off = false;               // but of the first, in the place of its end comes a DATA
                                         // frame without a stream, which is the connection's end
};

struct Http2ServerOptions {
  uint32_t max_concurrent_streams = 100;  // announced to the client
  size_t answer_when_open =
      1;                  // a connection's requests are answered once so many of them are there
  int refuse_first = 0;   // so many requests get REFUSED_STREAM (RFC 9113, 8.7)
  int go_away_after = 0;  // so many requests on a connection, then GOAWAY; 0: never
  Http2Body body;
};

// Answers every request 200 with the request's own body, or "GET" where it has none.
class Http2Server {
 public:
  Http2Server(const TestCertificate& certificate, Http2ServerOptions options);

  std::string Url() const { return server_.Url("/"); }
  int requests() const { return requests_; }
  // Whose answers are on their way; of one connection, and where none is held back.
  int answered() const { return answered_; }
  // RST_STREAM that have come. One that was sent before a request has come before its answer.
  int resets() const { return resets_; }
  int received_segments() const { return received_segments_; }  // of its latest connection
  int accepted_connections() const { return server_.accepted_connections(); }

 private:
  friend struct Http2Session;

  void Serve(TlsConnection& connection);

  const Http2ServerOptions options_;
  std::atomic<int> requests_ = 0;
  std::atomic<int> answered_ = 0;
  std::atomic<int> refused_ = 0;
  std::atomic<int> resets_ = 0;
  std::atomic<int> received_segments_ = 0;
  TlsServer server_;  // last: its threads use the others
};

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_HTTP_HTTP2_SERVER_H_
