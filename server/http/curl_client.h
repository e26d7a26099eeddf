// The HTTPS client of a worker, on libcurl's multi interface and the worker's event loop. It keeps
// few connections and keeps them warm: many requests share one over HTTP/2, a bounded pool of them
// serves HTTP/1.1. What does not fit waits in a queue here, as a small value, and its timeout
// counts from Send.
//
// TLS is 1.2 or later and the server's certificate and name are always verified; there is no switch
// for that. Redirects, cookies, compression and the proxies named in the environment are left out
// on purpose.
//
// A POST is sent at most once. libcurl by itself repeats a request, of any method, when a kept
// connection turns out to be dead before an answer came; for a request that asks a customer to
// confirm something that would be a second push. CurlTransfer forbids it.

#ifndef CIBAD_SERVER_HTTP_CURL_CLIENT_H_
#define CIBAD_SERVER_HTTP_CURL_CLIENT_H_

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/http/event_loop.h"
#include "server/http/http_client.h"
#include "server/http/message.h"

namespace cibad {

class CurlTransfer;

struct CurlClientOptions {
  std::string ca_file;  // PEM; the only authorities trusted. Empty: the system's
  std::string proxy;    // "http://host:port" or "https://host:port"; empty: none
  std::string user_agent = "cibad";
  absl::Duration connect_timeout = absl::Seconds(5);  // name, TCP and TLS together
  int max_connections = 32;                           // to one host
  int max_streams = 100;                              // requests at a time on one HTTP/2 connection
  // Over HTTP/2, to one host, over all its connections: 20,000 a second where an answer takes 50
  // ms. Each takes some 40 KiB while it is under way, one that waits a hundredth of it.
  int max_running = 1000;
  size_t max_response_bytes = kMaxResponseBodyBytes;
  size_t max_response_header_bytes = size_t{64} * 1024;
  int max_response_headers = 100;
  size_t max_pending = 100'000;  // requests that are waiting or under way
};

class CurlClient : public HttpClient {
 public:
  // The loop must outlive the client. A ca_file that cannot be read shows in the error of every
  // request.
  CurlClient(EventLoop& loop, CurlClientOptions options);
  // Drops what is under way without calling back. Not to be called from a callback of Send.
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  // Beside the errors of message.h: INVALID_ARGUMENT for a request that CheckRequest refuses,
  // RESOURCE_EXHAUSTED with may_have_arrived == false beyond max_pending, DEADLINE_EXCEEDED where
  // the request's own timeout passed and UNAVAILABLE for all else that went wrong on the way. A GET
  // may be repeated within one Send when a kept connection proves dead (RFC 9110, 9.2.2); its
  // sent_time is that of the last try.
  void Send(HttpRequest request, std::function<void(HttpResult)> done) override;

  // What CurlClientOptions says of both, from the next request on; those under way end as they
  // began. A ca_file whose contents changed counts, without this, for connections made a minute
  // later.
  void SetAuthoritiesAndProxy(const std::string& ca_file, const std::string& proxy);

 private:
  struct Exchange;  // one request from Send to its result
  struct Origin;    // what is known of one host and port, and under way for it
  struct Refusal {
    absl::Status status;
    std::function<void(HttpResult)> done;
  };

  static int OnSocket(void* easy, int fd, int what, void* self, void* is_watched);
  static int OnTimer(void* multi, long timeout_ms, void* self);

  Origin& FindOrigin(absl::string_view authority);
  bool MayStart(const Origin& origin) const;
  void StartWaiting(Origin& origin);
  void Start(Exchange& exchange);
  void Act(int fd, int curl_events);
  void SetCork(bool is_corked);
  void TakeFinished(bool has_left_streams_open);
  void TakeBack(Exchange& exchange);
  void GiveUpOverdue();
  void Finish(Exchange& exchange, HttpResult result);
  void DeliverRefusals();
  void SetDeadlineAlarm();

  EventLoop& loop_;
  std::shared_ptr<const CurlClientOptions> options_;
  void* const multi_;  // CURLM
  std::vector<std::unique_ptr<CurlTransfer>> idle_transfers_;
  std::map<std::string, Origin, std::less<>> origins_;
  std::list<Exchange> running_;           // in libcurl's hands
  std::vector<Origin*> newly_connected_;  // while libcurl is at work
  absl::btree_set<int> sockets_;          // of the connections in use
  bool is_corked_ = false;                // they are, while libcurl is at work
  int newly_started_ = 0;                 // requests over HTTP/2 since libcurl was last at work
  absl::btree_set<std::pair<absl::Time, Exchange*>> deadlines_;  // of every exchange
  std::vector<Refusal> refusals_;                                // not yet delivered

  EventLoop::Alarm curl_alarm_;
  EventLoop::Alarm deadline_alarm_;
  EventLoop::Alarm refusal_alarm_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_CURL_CLIENT_H_
