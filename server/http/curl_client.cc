#include "server/http/curl_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"
#include "server/http/curl_transfer.h"
#include "server/http/request_check.h"
#include "server/http/stream_reset.h"

namespace cibad {
namespace {

constexpr size_t kMaxIdleTransfers = 64;  // some 40 KiB each
constexpr size_t kMaxOrigins = 64;        // remembered, while nothing is under way for them
constexpr long kHostsKeptConnected = 4;   // idle connections are kept for so many hosts

CURLM* MakeMulti() {
  // libcurl's own setup is once per process and, in this version, safe from any thread.
  static const CURLcode setup = curl_global_init(CURL_GLOBAL_DEFAULT);
  assert(setup == CURLE_OK);
  static_cast<void>(setup);
  CURLM* const multi = curl_multi_init();
  assert(multi != nullptr);
  return multi;
}

template <typename Value>
void Set(CURLM* multi, CURLMoption option, Value value) {
  const CURLMcode code = curl_multi_setopt(multi, option, value);
  assert(code == CURLM_OK);
  static_cast<void>(code);
}

void Require(CURLMcode code) {
  assert(code == CURLM_OK);
  static_cast<void>(code);
}

// Best effort: libcurl may have closed it already, and be yet to say so.
void Cork(int fd, bool is_on) {
  const int value = is_on ? 1 : 0;
  setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value);
}

}  // namespace

// Limits are per origin, so that one that hangs does not hold up the others.
struct CurlClient::Origin {
  enum class Protocol { kUnknown, kHttp1, kHttp2 };

  Protocol protocol = Protocol::kUnknown;  // of its latest connection
  // An answer of it had all its bytes before its HTTP/2 stream ended. Waiting for the end costs a
  // request a fifteenth more, so it is done only where it is needed.
  bool ends_apart = false;
  int running = 0;    // requests in libcurl's hands,
  int connected = 0;  // of these, those that have a connection
  // The one that is making a connection. Over HTTP/2 there is one at a time, because libcurl opens
  // one for every request for which none that stands has room, instead of waiting for the one that
  // is being made.
  const Exchange* connecting = nullptr;
  std::list<Exchange> waiting;   // in the order of Send
  std::list<Exchange> returned;  // was refused a connection; comes before those in `waiting`
};

struct CurlClient::Exchange final : CurlTransfer::Listener {
  bool MayConnect() override;
  void OnConnected(bool is_http2) override;
  bool MayEndApart() const override;

  CurlClient* client = nullptr;
  Origin* origin = nullptr;
  HttpRequest request;
  std::function<void(HttpResult)> done;
  absl::Time deadline;
  std::unique_ptr<CurlTransfer> transfer;  // while libcurl has it
  bool is_connected = false;
  bool was_refused_a_connection = false;
  std::list<Exchange>* list =
      nullptr;  // that it is in: the origin's `waiting` or `returned`, or running_
  std::list<Exchange>::iterator self;

  void MoveToEndOf(std::list<Exchange>& other) {
    other.splice(other.end(), *list, self);
    list = &other;
  }
};

CurlClient::CurlClient(EventLoop& loop, CurlClientOptions options)
    : loop_(loop),
      options_(std::make_shared<const CurlClientOptions>(std::move(options))),
      multi_(MakeMulti()),
      curl_alarm_(loop, [this] { Act(CURL_SOCKET_TIMEOUT, 0); }),
      deadline_alarm_(loop, [this] { GiveUpOverdue(); }),
      refusal_alarm_(loop, [this] { DeliverRefusals(); }) {
  assert(options_->max_connections > 0 && options_->max_streams > 0);
  Set(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
  Set(multi_, CURLMOPT_SOCKETDATA, this);
  Set(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
  Set(multi_, CURLMOPT_TIMERDATA, this);
  Set(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  Set(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_->max_connections));
  Set(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, static_cast<long>(options_->max_streams));
  Set(multi_, CURLMOPT_MAXCONNECTS, kHostsKeptConnected * options_->max_connections);
}

void CurlClient::SetAuthoritiesAndProxy(const std::string& ca_file, const std::string& proxy) {
  if (ca_file == options_->ca_file && proxy == options_->proxy) return;
  CurlClientOptions options = *options_;
  options.ca_file = ca_file;
  options.proxy = proxy;
  options_ = std::make_shared<const CurlClientOptions>(std::move(options));
  idle_transfers_.clear();
}

CurlClient::~CurlClient() {
  for (const Exchange& exchange : running_) {
    Require(curl_multi_remove_handle(multi_, exchange.transfer->handle()));
  }
  running_.clear();
  idle_transfers_.clear();
  Require(curl_multi_cleanup(multi_));
}

void CurlClient::Send(HttpRequest request, std::function<void(HttpResult)> done) {
  absl::Status status = CheckRequest(request);
  if (status.ok() && deadlines_.size() >= options_->max_pending) {
    status = absl::ResourceExhaustedError(
        absl::StrCat("more than ", options_->max_pending, " requests are under way already"));
  }
  if (!status.ok()) {
    refusals_.push_back({std::move(status), std::move(done)});
    refusal_alarm_.Set(absl::InfinitePast());
    return;
  }
  Origin& origin = FindOrigin(*AuthorityOf(request.url));
  Exchange& exchange = origin.waiting.emplace_back();
  exchange.client = this;
  exchange.list = &origin.waiting;
  exchange.self = std::prev(origin.waiting.end());
  exchange.deadline = loop_.Now() + request.timeout;
  exchange.request = std::move(request);
  exchange.done = std::move(done);
  exchange.origin = &origin;
  deadlines_.emplace(exchange.deadline, &exchange);
  SetDeadlineAlarm();
  StartWaiting(origin);
}

CurlClient::Origin& CurlClient::FindOrigin(absl::string_view authority) {
  const auto found = origins_.find(authority);
  if (found != origins_.end()) return found->second;
  if (origins_.size() >= kMaxOrigins) {
    std::erase_if(origins_, [](const auto& entry) {
      return entry.second.running == 0 && entry.second.waiting.empty() &&
             entry.second.returned.empty();
    });
  }
  return origins_[std::string(authority)];
}

// Whether libcurl can carry one more of its requests. libcurl has a queue too, but what waits there
// is costly, loses its order, knows no timeout and can be forgotten when several hosts are waited
// for.
bool CurlClient::MayStart(const Origin& origin) const {
  if (origin.protocol == Origin::Protocol::kHttp1)
    return origin.running < options_->max_connections;
  if (origin.connecting != nullptr) return false;
  // The first finds or makes the connection that the others share.
  if (origin.connected == 0) return origin.running == 0;
  return origin.running <
         std::min(options_->max_running, options_->max_connections * options_->max_streams);
}

void CurlClient::StartWaiting(Origin& origin) {
  while (MayStart(origin)) {
    std::list<Exchange>& next = origin.returned.empty() ? origin.waiting : origin.returned;
    if (next.empty()) return;
    Start(next.front());
  }
}

void CurlClient::Start(Exchange& exchange) {
  if (idle_transfers_.empty()) {
    exchange.transfer = std::make_unique<CurlTransfer>(options_, loop_);
  } else {
    exchange.transfer = std::move(idle_transfers_.back());
    idle_transfers_.pop_back();
  }
  exchange.MoveToEndOf(running_);
  if (exchange.origin->protocol == Origin::Protocol::kHttp2) ++newly_started_;
  ++exchange.origin->running;
  exchange.transfer->Prepare(exchange.request, exchange);
  // Only sets libcurl's timer to now; the work begins when the loop comes round.
  Require(curl_multi_add_handle(multi_, exchange.transfer->handle()));
}

bool CurlClient::Exchange::MayConnect() {
  if (is_connected || origin->protocol == Origin::Protocol::kHttp1) return true;
  if (origin->connecting == nullptr) origin->connecting = this;
  was_refused_a_connection = origin->connecting != this;
  return !was_refused_a_connection;
}

void CurlClient::Exchange::OnConnected(bool is_http2) {
  is_connected = true;
  ++origin->connected;
  origin->protocol = is_http2 ? Origin::Protocol::kHttp2 : Origin::Protocol::kHttp1;
  if (origin->connecting == this) origin->connecting = nullptr;
  if (client->newly_connected_.empty() || client->newly_connected_.back() != origin) {
    client->newly_connected_.push_back(origin);
  }
}

bool CurlClient::Exchange::MayEndApart() const { return origin->ends_apart; }

int CurlClient::OnSocket(void* /*easy*/, int fd, int what, void* self, void* is_watched) {
  auto& client = *static_cast<CurlClient*>(self);
  if (what == CURL_POLL_REMOVE) {
    if (client.sockets_.erase(fd) > 0 && client.is_corked_) Cork(fd, false);
    client.loop_.UnwatchFd(fd);
    return 0;
  }
  const uint32_t events =
      ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  if (is_watched != nullptr) {
    client.loop_.ChangeFd(fd, events);
    return 0;
  }
  client.loop_.WatchFd(fd, events, [&client, fd](uint32_t ready) {
    // libcurl takes up the requests that have just begun as well, and has the first of them do what
    // it is told here: without CURL_CSELECT_OUT its body would have to wait for the next round.
    // The socket nearly always has room; where it has not, libcurl notices and waits.
    const bool may_write = (ready & EPOLLOUT) != 0 || client.newly_started_ > 0;
    const int curl_events = ((ready & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                            (may_write ? CURL_CSELECT_OUT : 0) |
                            ((ready & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
    client.Act(fd, curl_events);
  });
  Require(curl_multi_assign(client.multi_, fd, &client));
  client.sockets_.insert(fd);
  if (client.is_corked_) Cork(fd, true);
  return 0;
}

int CurlClient::OnTimer(void* /*multi*/, long timeout_ms, void* self) {
  auto& client = *static_cast<CurlClient*>(self);
  if (timeout_ms < 0) {
    client.curl_alarm_.Clear();
  } else if (timeout_ms == 0) {
    client.curl_alarm_.Set(absl::InfinitePast());
  } else {
    client.curl_alarm_.Set(client.loop_.Now() + absl::Milliseconds(timeout_ms));
  }
  return 0;
}

void CurlClient::Act(int fd, int curl_events) {
  SetCork(std::exchange(newly_started_, 0) > 1);
  int running = 0;
  const int64_t resets_before = OpenStreamResets();
  Require(curl_multi_socket_action(multi_, fd, curl_events, &running));
  // Not of requests that were given up: that is done elsewhere. Of answers that were too large,
  // too, but those are few, and to wait for an end does no harm.
  const bool has_left_streams_open = OpenStreamResets() > resets_before;
  SetCork(false);
  for (Origin* origin : newly_connected_) StartWaiting(*origin);
  newly_connected_.clear();
  TakeFinished(has_left_streams_open);
}

// Lets the kernel send full segments only, or no longer. So the heads and bodies of the requests
// that begin in a round leave together: each in a segment of its own costs the kernel, the network
// and the provider more than the request does.
void CurlClient::SetCork(bool is_corked) {
  if (is_corked == is_corked_) return;
  is_corked_ = is_corked;
  for (const int fd : sockets_) Cork(fd, is_corked);
}

void CurlClient::TakeFinished(bool has_left_streams_open) {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    assert(message->msg == CURLMSG_DONE);
    const CURLcode code = message->data.result;
    auto& exchange = static_cast<Exchange&>(CurlTransfer::ListenerOf(message->easy_handle));
    CurlTransfer& transfer = *exchange.transfer;
    Require(curl_multi_remove_handle(multi_, transfer.handle()));
    HttpResult result = transfer.TakeResult(code);
    if (code == CURLE_OK && has_left_streams_open) exchange.origin->ends_apart = true;
    if (idle_transfers_.size() < kMaxIdleTransfers && &transfer.options() == options_.get()) {
      idle_transfers_.push_back(std::move(exchange.transfer));
    }
    if (exchange.was_refused_a_connection && !exchange.is_connected) {
      TakeBack(exchange);
    } else {
      Finish(exchange, std::move(result));
    }
  }
}

// Puts the exchange back where it waited.
void CurlClient::TakeBack(Exchange& exchange) {
  exchange.was_refused_a_connection = false;
  exchange.transfer.reset();
  --exchange.origin->running;
  exchange.MoveToEndOf(exchange.origin->returned);
  StartWaiting(*exchange.origin);  // the one that was in its way may be gone already
}

void CurlClient::GiveUpOverdue() {
  const absl::Time now = loop_.Now();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Exchange& exchange = *deadlines_.begin()->second;
    const bool may_have_been_sent =
        exchange.transfer != nullptr && exchange.transfer->may_have_been_sent();
    if (exchange.transfer != nullptr) {
      CURL* const handle = exchange.transfer->handle();
      // A connection that does not answer is not one to keep, unless others are using it.
      curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
      Require(curl_multi_remove_handle(multi_, handle));
    }
    const absl::string_view missing = may_have_been_sent ? "no answer" : "no connection was ready";
    const std::string timeout = absl::FormatDuration(exchange.request.timeout);
    Finish(exchange,
           HttpError{absl::DeadlineExceededError(absl::StrCat(missing, " within ", timeout)),
                     may_have_been_sent});
  }
  SetDeadlineAlarm();
}

// Forgets the exchange and calls back, last of all: the callback may send the next request.
void CurlClient::Finish(Exchange& exchange, HttpResult result) {
  Origin& origin = *exchange.origin;
  const std::function<void(HttpResult)> done = std::move(exchange.done);
  deadlines_.erase({exchange.deadline, &exchange});
  SetDeadlineAlarm();
  if (exchange.list == &running_) --origin.running;
  if (exchange.is_connected) --origin.connected;
  if (origin.connecting == &exchange) origin.connecting = nullptr;
  exchange.list->erase(exchange.self);
  StartWaiting(origin);
  done(std::move(result));
}

void CurlClient::DeliverRefusals() {
  const std::vector<Refusal> refusals = std::exchange(refusals_, {});
  for (const Refusal& refusal : refusals) refusal.done(HttpError{refusal.status, false});
}

void CurlClient::SetDeadlineAlarm() {
  deadline_alarm_.Set(deadlines_.empty() ? absl::InfiniteFuture() : deadlines_.begin()->first);
}

}  // namespace cibad
