#include "tests/unit/http/socket_server.h"

#include <arpa/inet.h>
#include <linux/tcp.h>  // netinet/tcp.h has an older, shorter tcp_info
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <csignal>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

// In the server's threads only: that the client minds its own SIGPIPE is part of what is tested.
void BlockSigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

// Prefers HTTP/2 among what the client offers.
int ChooseHttp2(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                const unsigned char* offered, unsigned int offered_size, void* /*argument*/) {
  static constexpr unsigned char kOurs[] = {2, 'h', '2'};
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, chosen_size, kOurs, sizeof kOurs, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

size_t BodyLength(absl::string_view head) {
  size_t length = 0;
  for (const absl::string_view line : absl::StrSplit(head, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> header =
        absl::StrSplit(line, absl::MaxSplits(": ", 1));
    if (header.first == "Content-Length") {
      const bool is_number = absl::SimpleAtoi(header.second, &length);
      assert(is_number);
      static_cast<void>(is_number);
    }
  }
  return length;
}

}  // namespace

SocketServer::SocketServer(std::function<void(int)> serve) : serve_(std::move(serve)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool listens = bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       listen(listener_, SOMAXCONN) == 0 &&
                       getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  assert(listens);
  static_cast<void>(listens);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

SocketServer::~SocketServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

int SocketServer::accepted_connections() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return accepted_;
}

int SocketServer::most_connections_at_once() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<int>(most_at_once_);
}

void SocketServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    ++accepted_;
    open_.insert(fd);
    most_at_once_ = std::max(most_at_once_, open_.size());
    threads_.emplace_back([this, fd] { ServeOne(fd); });
  }
}

void SocketServer::ServeOne(int fd) {
  BlockSigpipe();
  serve_(fd);
  const std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(fd);
  close(fd);
}

std::string TlsConnection::Read() {
  if (!unread_.empty()) return std::exchange(unread_, "");
  std::array<char, size_t{16} << 10> buffer;
  const int size = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
  return size > 0 ? std::string(buffer.data(), static_cast<size_t>(size)) : std::string();
}

std::optional<std::string> TlsConnection::ReadRequest() {
  std::string request;
  while (true) {
    const size_t head_size = request.find("\r\n\r\n");
    if (head_size != std::string::npos) {
      const size_t size = head_size + 4 + BodyLength(request.substr(0, head_size));
      if (request.size() >= size) {
        unread_ = request.substr(size);
        return request.substr(0, size);
      }
    }
    const std::string more = Read();
    if (more.empty()) return std::nullopt;
    request += more;
  }
}

void TlsConnection::Write(absl::string_view bytes) {
  if (!bytes.empty()) SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
}

void TlsConnection::WaitForEnd() {
  while (!Read().empty()) {
  }
}

void TlsConnection::CutOff() { shutdown(SSL_get_fd(ssl_), SHUT_RDWR); }

int TlsConnection::received_segments() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  const int result = getsockopt(SSL_get_fd(ssl_), IPPROTO_TCP, TCP_INFO, &info, &size);
  assert(result == 0);
  static_cast<void>(result);
  return static_cast<int>(info.tcpi_data_segs_in);
}

std::string TlsConnection::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return std::string(reinterpret_cast<const char*>(name), size);
}

TlsServer::TlsServer(const TestCertificate& certificate, std::function<void(TlsConnection&)> serve,
                     TlsServerOptions options)
    : serve_(std::move(serve)), context_(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_use_certificate(context, certificate.certificate.get());
  SSL_CTX_use_PrivateKey(context, certificate.key.get());
  SSL_CTX_set_min_proto_version(context, options.min_version);
  SSL_CTX_set_max_proto_version(context, options.max_version);
  // OpenSSL 3 speaks TLS 1.1 only at the lowest of its security levels.
  if (options.max_version < TLS1_2_VERSION) SSL_CTX_set_security_level(context, 0);
  if (options.offer_http2) SSL_CTX_set_alpn_select_cb(context, &ChooseHttp2, nullptr);
  server_ = std::make_unique<SocketServer>([this](int fd) { Serve(fd); });
}

std::string TlsServer::Url(absl::string_view path) const {
  return absl::StrCat("https://localhost:", port(), path);
}

void TlsServer::Serve(int fd) const {
  SSL* const ssl = SSL_new(context_.get());
  SSL_set_fd(ssl, fd);
  if (SSL_accept(ssl) == 1) {
    TlsConnection connection(ssl);
    serve_(connection);
    SSL_shutdown(ssl);
  }
  SSL_free(ssl);
}

void Notes::Add(std::string note) {
  const std::lock_guard<std::mutex> lock(mutex_);
  notes_.push_back(std::move(note));
}

std::vector<std::string> Notes::all() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return notes_;
}

std::string Notes::last() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return notes_.empty() ? "" : notes_.back();
}

void Notes::Clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  notes_.clear();
}

std::string Http1Answer(int status, absl::string_view body, absl::string_view headers) {
  return absl::StrCat("HTTP/1.1 ", status, " Status\r\nContent-Length: ", body.size(), "\r\n",
                      headers, "\r\n", body);
}

}  // namespace cibad
