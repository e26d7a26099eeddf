#include "tests/sandbox/https_server.h"

#include <microhttpd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/sandbox/answer_timer.h"
#include "tests/sandbox/loopback_socket.h"

namespace cibad {
namespace {

constexpr size_t kMaxBodyBytes = size_t{64} << 10;
constexpr unsigned int kThreads = 4;  // of each listener
constexpr unsigned int kMaxConnections = 4096;
constexpr const char* kTlsPriorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

// The time of day at the start plus a clock that nobody sets: intervals stay right when the time of
// day is corrected.
class SteadyWallClock {
 public:
  absl::Time Now() const {
    return start_ + absl::FromChrono(std::chrono::steady_clock::now() - steady_start_);
  }

 private:
  const std::chrono::steady_clock::time_point steady_start_ = std::chrono::steady_clock::now();
  const absl::Time start_ = absl::Now();
};

// One request on its way through libmicrohttpd, which calls several times for each.
struct Exchange {
  Request request;
  bool too_large = false;
  std::optional<Answer> answer;  // once it is known; it may still have to wait
};

MHD_Result CopyHeader(void* request, MHD_ValueKind, const char* name, const char* value) {
  static_cast<Request*>(request)->headers.emplace(absl::AsciiStrToLower(name),
                                                  value == nullptr ? "" : value);
  return MHD_YES;
}

MHD_Result FindQuery(void* has_query, MHD_ValueKind, const char*, const char*) {
  *static_cast<bool*>(has_query) = true;
  return MHD_NO;
}

// Gives the first half of the body, then breaks off; libmicrohttpd closes the connection then.
ssize_t ReadHalf(void* body, uint64_t position, char* buffer, size_t max) {
  const auto& text = *static_cast<const std::string*>(body);
  const size_t half = text.size() / 2;
  if (position >= half) return MHD_CONTENT_READER_END_WITH_ERROR;
  const size_t count = std::min(max, half - static_cast<size_t>(position));
  std::memcpy(buffer, text.data() + position, count);
  return static_cast<ssize_t>(count);
}

void FreeText(void* text) { delete static_cast<std::string*>(text); }

MHD_Response* MakeResponse(const Answer& answer) {
  if (answer.delivery == Delivery::kCut) {
    constexpr size_t kBlockBytes = 1024;
    return MHD_create_response_from_callback(answer.body.size(), kBlockBytes, ReadHalf,
                                             new std::string(answer.body), FreeText);
  }
  return MHD_create_response_from_buffer(answer.body.size(), const_cast<char*>(answer.body.data()),
                                         MHD_RESPMEM_MUST_COPY);
}

// Sends the answer, or closes the connection instead.
MHD_Result Send(MHD_Connection* connection, const Answer& answer) {
  if (answer.delivery == Delivery::kDropped) return MHD_NO;
  MHD_Response* response = MakeResponse(answer);
  if (response == nullptr) return MHD_NO;
  for (const auto& [name, value] : answer.headers) {
    MHD_add_response_header(response, name.c_str(), value.c_str());
  }
  const MHD_Result result =
      MHD_queue_response(connection, static_cast<unsigned int>(answer.status), response);
  MHD_destroy_response(response);
  return result;
}

class MicrohttpdServer final : public HttpsServer {
 public:
  MicrohttpdServer(HttpsSettings settings, LoopbackSockets sockets)
      : settings_(std::move(settings)), sockets_(std::move(sockets)) {}

  ~MicrohttpdServer() override {
    timer_.Stop();  // libmicrohttpd insists that no connection is suspended when it stops
    for (MHD_Daemon* daemon : daemons_) MHD_stop_daemon(daemon);
    // Those that no daemon took over; the others were closed by theirs.
    for (size_t i = daemons_.size(); i < sockets_.sockets.size(); ++i) close(sockets_.sockets[i]);
  }

  int port() const override { return sockets_.port; }

  absl::Status Serve(Handler handler) override {
    assert(daemons_.empty());
    handler_ = std::move(handler);
    for (const int listener : sockets_.sockets) {
      MHD_Daemon* daemon = StartDaemon(listener);
      if (daemon == nullptr) return absl::UnavailableError("libmicrohttpd cannot serve TLS");
      daemons_.push_back(daemon);
    }
    return absl::OkStatus();
  }

 private:
  MHD_Daemon* StartDaemon(int listener) {
    constexpr unsigned int kFlags =
        MHD_USE_TLS | MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(kFlags, 0, nullptr, nullptr, &OnRequest, this,  //
                            MHD_OPTION_LISTEN_SOCKET, listener,             //
                            MHD_OPTION_HTTPS_MEM_CERT, settings_.certificate.c_str(),
                            MHD_OPTION_HTTPS_MEM_KEY, settings_.key.c_str(),
                            MHD_OPTION_HTTPS_PRIORITIES, kTlsPriorities,  //
                            MHD_OPTION_THREAD_POOL_SIZE, kThreads,        //
                            MHD_OPTION_CONNECTION_LIMIT, kMaxConnections,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0U,  // idle connections stay open
                            MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, this,
                            MHD_OPTION_NOTIFY_CONNECTION, &OnConnection, this, MHD_OPTION_END);
  }

  static void OnConnection(void* self, MHD_Connection*, void**,
                           MHD_ConnectionNotificationCode code) {
    const int change = code == MHD_CONNECTION_NOTIFY_STARTED ? 1 : -1;
    static_cast<MicrohttpdServer*>(self)->open_connections_ += change;
  }

  static void OnCompleted(void*, MHD_Connection*, void** exchange, MHD_RequestTerminationCode) {
    delete static_cast<Exchange*>(*exchange);
    *exchange = nullptr;
  }

  // Called first when the header has been read, then for each piece of the body, then when the
  // request is whole, and once more if the answer had to wait.
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* url,
                              const char* method, const char*, const char* piece,
                              size_t* piece_size, void** exchange) {
    auto* server = static_cast<MicrohttpdServer*>(self);
    if (*exchange == nullptr) {
      *exchange = server->Begin(connection, url, method).release();
      return MHD_YES;
    }
    auto& begun = *static_cast<Exchange*>(*exchange);
    if (*piece_size > 0) {
      begun.too_large |= begun.request.body.size() + *piece_size > kMaxBodyBytes;
      if (!begun.too_large) begun.request.body.append(piece, *piece_size);
      *piece_size = 0;
      return MHD_YES;
    }
    if (begun.too_large) return Send(connection, {.status = 413});
    return begun.answer.has_value() ? Send(connection, *begun.answer)
                                    : server->Answered(connection, begun);
  }

  std::unique_ptr<Exchange> Begin(MHD_Connection* connection, const char* url,
                                  const char* method) const {
    auto exchange = std::make_unique<Exchange>();
    exchange->request.arrival_time = clock_.Now();
    exchange->request.open_connections = open_connections_;
    exchange->request.method = method;
    exchange->request.path = url;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &CopyHeader, &exchange->request);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &FindQuery,
                              &exchange->request.has_query);
    return exchange;
  }

  MHD_Result Answered(MHD_Connection* connection, Exchange& exchange) {
    exchange.answer = handler_(exchange.request, clock_.Now());
    const absl::Duration delay = exchange.answer->delay;
    if (delay <= absl::ZeroDuration()) return Send(connection, *exchange.answer);
    MHD_suspend_connection(connection);
    timer_.Add(std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(delay),
               [connection] { MHD_resume_connection(connection); });
    return MHD_YES;
  }

  const HttpsSettings settings_;
  const LoopbackSockets sockets_;
  const SteadyWallClock clock_;
  Handler handler_;
  std::atomic<int> open_connections_ = 0;
  AnswerTimer timer_;
  std::vector<MHD_Daemon*> daemons_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpsServer>> HttpsServer::Listen(HttpsSettings settings) {
  absl::StatusOr<LoopbackSockets> sockets = ListenOnLoopback(settings.port);
  if (!sockets.ok()) return sockets.status();
  return std::make_unique<MicrohttpdServer>(std::move(settings), *std::move(sockets));
}

}  // namespace cibad
