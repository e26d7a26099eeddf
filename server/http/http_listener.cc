#include "server/http/http_listener.h"

#include <arpa/inet.h>
#include <civetweb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/http/clock.h"

namespace cibad {
namespace {

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;
constexpr int kRequestTimeout = 408;
constexpr int kContentTooLarge = 413;
constexpr int kTooManyHeaders = 431;
constexpr int kInternalError = 500;

absl::string_view ReasonOf(int status) {
  const char* reason = mg_get_response_code_text(nullptr, status);
  return reason == nullptr ? "" : reason;
}

ServerResponse Plain(int status) {
  ServerResponse response;
  response.status = status;
  response.body = absl::StrCat(ReasonOf(status), "\n");
  return response;
}

void Send(mg_connection* connection, const ServerResponse& response) {
  std::string text = absl::StrCat("HTTP/1.1 ", response.status, " ", ReasonOf(response.status),
                                  "\r\nContent-Type: ", response.content_type,
                                  "\r\nContent-Length: ", response.body.size(),
                                  "\r\nCache-Control: no-store\r\nConnection: close\r\n");
  for (const auto& [name, value] : response.headers)
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  absl::StrAppend(&text, "\r\n", response.body);
  mg_write(connection, text.data(), text.size());
}

// ---- Addresses.

struct HostAndPort {
  absl::string_view host;  // without brackets
  int port = 0;
};

absl::StatusOr<HostAndPort> ParseAddress(absl::string_view address) {
  constexpr int kMaxPort = 65535;
  constexpr std::array<std::pair<absl::string_view, absl::string_view>, 3> kHosts = {
      {{"127.0.0.1:", "127.0.0.1"}, {"localhost:", "127.0.0.1"}, {"[::1]:", "::1"}}};
  for (const auto& [prefix, host] : kHosts) {
    absl::string_view port_text = address;
    if (!absl::ConsumePrefix(&port_text, prefix)) continue;
    int port = 0;
    const bool is_number = !port_text.empty() && port_text.size() <= 5 &&
                           std::all_of(port_text.begin(), port_text.end(), absl::ascii_isdigit) &&
                           absl::SimpleAtoi(port_text, &port);
    if (is_number && port <= kMaxPort) return HostAndPort{host, port};
    return absl::InvalidArgumentError("needs a port, 0 to 65535, behind the colon");
  }
  return absl::InvalidArgumentError(
      "must be a loopback address, 127.0.0.1:PORT, [::1]:PORT or localhost:PORT; who comes from "
      "elsewhere comes through a proxy that speaks TLS");
}

std::string AddressText(absl::string_view host, int port) {
  return absl::StrContains(host, ':') ? absl::StrCat("[", host, "]:", port)
                                      : absl::StrCat(host, ":", port);
}

// ---- The head of a request.

ServerRequest HeadOf(const mg_request_info& info) {
  ServerRequest request;
  request.method = info.request_method;
  request.path = info.local_uri_raw == nullptr ? "" : info.local_uri_raw;
  request.query = info.query_string == nullptr ? "" : info.query_string;
  for (int i = 0; i < info.num_headers; ++i) {
    request.headers.emplace_back(absl::AsciiStrToLower(info.http_headers[i].name),
                                 absl::StripAsciiWhitespace(info.http_headers[i].value));
  }
  return request;
}

// How a body is delimited. The library is more lenient than RFC 9112 6.3 and takes the first of
// several; what a proxy in front may have read otherwise is refused.
struct BodyPlan {
  bool chunked = false;
  uint64_t length = 0;  // where it is not chunked
};

absl::StatusOr<BodyPlan> PlanBody(const ServerRequest& request) {
  const auto length = OnlyHeader(request, "content-length");
  const auto encoding = OnlyHeader(request, "transfer-encoding");
  for (const absl::Status& status : {length.status(), encoding.status()}) {
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  if (encoding.ok()) {
    if (length.ok()) return absl::InvalidArgumentError("two lengths");
    if (!absl::EqualsIgnoreCase(*encoding, "chunked"))
      return absl::InvalidArgumentError("unknown transfer encoding");
    return BodyPlan{.chunked = true};
  }
  BodyPlan plan;
  if (!length.ok()) return plan;
  const bool digits =
      !length->empty() && std::all_of(length->begin(), length->end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(*length, &plan.length))
    return absl::InvalidArgumentError("wrong length");
  return plan;
}

// ---- The body.

// Reads it, or gives what to refuse it with. Byte by byte: the library's read has no end of its own
// as long as a byte comes now and then, and what has come already costs no system call.
std::optional<ServerResponse> ReadBody(mg_connection* connection, const BodyPlan& plan,
                                       const HttpListenerOptions& options, std::string& body) {
  const Clock clock = MonotonicClock();
  const absl::Time deadline = clock() + options.timeout;
  while (plan.chunked || body.size() < plan.length) {
    char byte = 0;
    const int read = mg_read(connection, &byte, 1);
    if (read == 0 && plan.chunked) break;
    if (read <= 0) return Plain(clock() >= deadline ? kRequestTimeout : kBadRequest);
    if (body.size() == options.max_body_bytes) return Plain(kContentTooLarge);
    body.push_back(byte);
    if (clock() >= deadline) return Plain(kRequestTimeout);
  }
  return std::nullopt;
}

// ---- Which handler.

bool Covers(const HttpHandler& handler, absl::string_view path) {
  if (handler.path == "/") return true;
  return absl::ConsumePrefix(&path, handler.path) && (path.empty() || path[0] == '/');
}

}  // namespace

struct HttpListener::Server {
  HttpListenerOptions options;
  std::vector<HttpHandler> handlers;
  mg_context* context = nullptr;

  ServerResponse Answer(mg_connection* connection, const mg_request_info& info) const;
  absl::StatusOr<const HttpHandler*> Find(const ServerRequest& request,
                                          ServerResponse& refusal) const;
  // What civetweb calls; no exception may get into its C.
  static int BeginRequest(mg_connection* connection);
};

// The handler, or the refusal: 404, or 405 with the methods that the path has.
absl::StatusOr<const HttpHandler*> HttpListener::Server::Find(const ServerRequest& request,
                                                              ServerResponse& refusal) const {
  size_t longest = 0;
  const HttpHandler* found = nullptr;
  std::vector<std::string> methods;
  for (const HttpHandler& handler : handlers) {
    if (!Covers(handler, request.path) || handler.path.size() < longest) continue;
    if (handler.path.size() > longest) {
      longest = handler.path.size();
      found = nullptr;
      methods.clear();
    }
    methods.push_back(handler.method);
    if (handler.method == request.method) found = &handler;
  }
  if (found != nullptr) return found;
  refusal = Plain(methods.empty() ? kNotFound : kMethodNotAllowed);
  if (!methods.empty()) refusal.headers.emplace_back("Allow", absl::StrJoin(methods, ", "));
  return absl::NotFoundError("no handler");
}

ServerResponse HttpListener::Server::Answer(mg_connection* connection,
                                            const mg_request_info& info) const {
  if (info.num_headers > kMaxHeaders) return Plain(kTooManyHeaders);
  ServerRequest request = HeadOf(info);
  if (!absl::StartsWith(request.path, "/")) return Plain(kBadRequest);
  ServerResponse refusal;
  const absl::StatusOr<const HttpHandler*> handler = Find(request, refusal);
  if (!handler.ok()) return refusal;
  const absl::StatusOr<BodyPlan> plan = PlanBody(request);
  if (!plan.ok()) return Plain(kBadRequest);
  if (plan->length > options.max_body_bytes) return Plain(kContentTooLarge);
  if ((*handler)->admit) {
    if (std::optional<ServerResponse> refused = (*handler)->admit(request)) return *refused;
  }
  const absl::StatusOr<absl::string_view> expect = OnlyHeader(request, "expect");
  if (expect.ok() && absl::EqualsIgnoreCase(*expect, "100-continue")) {
    constexpr absl::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    mg_write(connection, kContinue.data(), kContinue.size());
  }
  if (std::optional<ServerResponse> refused = ReadBody(connection, *plan, options, request.body)) {
    return *refused;
  }
  return (*handler)->answer(request);
}

int HttpListener::Server::BeginRequest(mg_connection* connection) {
  mg_disable_connection_keep_alive(connection);  // which also leaves unread what was not asked for
  const mg_request_info* info = mg_get_request_info(connection);
  int status = kInternalError;
  try {
    const auto& server = *static_cast<const Server*>(info->user_data);
    const ServerResponse response = server.Answer(connection, *info);
    status = response.status;
    Send(connection, response);
  } catch (...) {
    static constexpr absl::string_view kFailed =
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    mg_write(connection, kFailed.data(), kFailed.size());
  }
  return status;
}

namespace {

// While this thread is in mg_start2: what civetweb says of why it cannot.
thread_local std::string* start_message = nullptr;

// What civetweb refuses by itself: what is no HTTP, or is too large for its buffer.
int SendError(mg_connection* connection, int status, const char*) {
  mg_disable_connection_keep_alive(connection);
  try {
    Send(connection, Plain(status));
  } catch (...) {
  }
  return 0;
}

// Its messages name paths and addresses, so none is logged.
int TakeMessage(const mg_connection*, const char* message) {
  try {
    if (start_message != nullptr && start_message->empty()) *start_message = message;
  } catch (...) {
  }
  return 1;
}

absl::Status CheckOptions(const HttpListenerOptions& options) {
  constexpr int kMaxThreads = 64;
  constexpr int kMaxQueue = 4096;
  constexpr size_t kMaxHeaderBytes = size_t{1} << 20;
  constexpr size_t kMinHeaderBytes = 1024;  // civetweb takes no less
  const bool right = options.threads > 0 && options.threads <= kMaxThreads && options.queue > 0 &&
                     options.queue <= kMaxQueue && options.max_header_bytes >= kMinHeaderBytes &&
                     options.max_header_bytes <= kMaxHeaderBytes &&
                     options.timeout >= absl::Milliseconds(1) &&
                     options.timeout <= absl::Minutes(1);
  return right ? absl::OkStatus() : absl::InvalidArgumentError("a limit of the listener is none");
}

// Wakes civetweb's thread that waits for connections, which would sleep for up to two seconds more.
void Poke(const std::string& address) {
  const absl::StatusOr<HostAndPort> parsed = ParseAddress(address);
  const bool is_v6 = parsed->host == "::1";
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<uint16_t>(parsed->port));
  v6.sin6_addr = in6addr_loopback;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = v6.sin6_port;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  const auto* target =
      is_v6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
  static_cast<void>(connect(fd, target, is_v6 ? sizeof(v6) : sizeof(v4)));
  close(fd);
}

}  // namespace

absl::StatusOr<absl::string_view> OnlyHeader(const ServerRequest& request, absl::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [header, value] : request.headers) {
    if (header != name) continue;
    if (found != nullptr) return absl::InvalidArgumentError(absl::StrCat(name, " comes twice"));
    found = &value;
  }
  if (found == nullptr) return absl::NotFoundError(absl::StrCat(name, " is missing"));
  return *found;
}

absl::Status CheckHttpAddress(absl::string_view address) { return ParseAddress(address).status(); }

HttpListener::HttpListener(std::unique_ptr<Server> server, std::string address)
    : server_(std::move(server)), address_(std::move(address)) {}

HttpListener::~HttpListener() { Stop(); }

absl::StatusOr<std::unique_ptr<HttpListener>> HttpListener::Listen(
    const HttpListenerOptions& options, std::vector<HttpHandler> handlers) {
  const absl::StatusOr<HostAndPort> parsed = ParseAddress(options.address);
  if (!parsed.ok()) return parsed.status();
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  static const unsigned initialised = mg_init_library(MG_FEATURES_DEFAULT);
  static_cast<void>(initialised);

  auto server = std::make_unique<Server>();
  server->options = options;
  server->handlers = std::move(handlers);
  mg_callbacks callbacks{};
  callbacks.begin_request = Server::BeginRequest;
  callbacks.http_error = SendError;
  callbacks.log_message = TakeMessage;
  const std::string address = AddressText(parsed->host, parsed->port);
  const std::string threads = absl::StrCat(options.threads);
  const std::string queue = absl::StrCat(options.queue);
  const std::string header_bytes = absl::StrCat(options.max_header_bytes);
  const std::string timeout = absl::StrCat(absl::ToInt64Milliseconds(options.timeout));
  const char* settings[] = {"listening_ports",
                            address.c_str(),
                            "num_threads",
                            threads.c_str(),
                            "connection_queue",
                            queue.c_str(),
                            "listen_backlog",
                            queue.c_str(),
                            "max_request_size",
                            header_bytes.c_str(),
                            "request_timeout_ms",
                            timeout.c_str(),
                            "enable_keep_alive",
                            "no",
                            "decode_url",
                            "no",
                            "tcp_nodelay",
                            "1",
                            "enable_directory_listing",
                            "no",
                            "allow_sendfile_call",
                            "no",
                            nullptr};
  std::string message;
  start_message = &message;
  const mg_init_data init{&callbacks, server.get(), settings};
  server->context = mg_start2(const_cast<mg_init_data*>(&init), nullptr);
  start_message = nullptr;
  if (server->context == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", message.empty() ? "failed" : message));
  }
  mg_server_port port{};
  mg_get_server_ports(server->context, 1, &port);
  return std::unique_ptr<HttpListener>(
      new HttpListener(std::move(server), AddressText(parsed->host, port.port)));
}

void HttpListener::Stop() {
  if (server_->context == nullptr) return;
  std::atomic<bool> stopped = false;
  std::thread poker([&] {
    while (!stopped) {
      Poke(address_);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
  mg_stop(server_->context);
  stopped = true;
  poker.join();
  server_->context = nullptr;
}

}  // namespace cibad
