#include "tests/integration/cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cibad {
namespace {

constexpr absl::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";
constexpr absl::string_view kEndOfHead = "\r\n\r\n";
constexpr size_t kLongestHead = 8192;
constexpr int kBacklog = 256;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int ConnectTo(int port) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket_fd;
  close(socket_fd);
  return -1;
}

// Closes with a RST, as a router that has lost its memory would.
void Reset(int socket_fd) {
  if (socket_fd < 0) return;
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket_fd);
}

bool SendAll(int socket_fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Passes on what has come. False: there will be no more.
bool Pass(int from, int to) {
  std::array<char, 16384> piece{};
  const ssize_t size = recv(from, piece.data(), piece.size(), 0);
  return size > 0 && SendAll(to, {piece.data(), static_cast<size_t>(size)});
}

}  // namespace

struct CuttingProxy::Tunnel {
  int client = -1;
  int server = -1;  // once the CONNECT was read
  std::string head;
  bool has_ended = false;
};

absl::StatusOr<std::unique_ptr<CuttingProxy>> CuttingProxy::Start(int port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener, kBacklog) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, "the proxy cannot listen");
    close(listener);
    return status;
  }
  return std::unique_ptr<CuttingProxy>(new CuttingProxy(listener, ntohs(address.sin_port), port));
}

CuttingProxy::CuttingProxy(int listener, int listening_port, int target_port)
    : listener_(listener),
      listening_port_(listening_port),
      target_port_(target_port),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { Run(); }) {}

CuttingProxy::~CuttingProxy() {
  stops_ = true;
  eventfd_write(wake_, 1);
  thread_.join();
  close(listener_);
  close(wake_);
}

std::string CuttingProxy::url() const { return absl::StrCat("http://127.0.0.1:", listening_port_); }

void CuttingProxy::Cut() {
  is_cut_ = true;
  eventfd_write(wake_, 1);
}

void CuttingProxy::Open() { is_cut_ = false; }

void CuttingProxy::Run() {
  while (!stops_) {
    std::vector<pollfd> waiting = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Tunnel& tunnel : tunnels_) {
      waiting.push_back({tunnel.client, POLLIN, 0});
      waiting.push_back({tunnel.server, POLLIN, 0});  // -1 is passed over
    }
    poll(waiting.data(), waiting.size(), /*timeout=*/-1);
    if (waiting[0].revents != 0) {
      eventfd_t count = 0;
      eventfd_read(wake_, &count);
      CutAll();
      continue;
    }
    size_t next = 2;
    for (Tunnel& tunnel : tunnels_) {
      const bool from_client = waiting[next++].revents != 0;
      const bool from_server = waiting[next++].revents != 0;
      if (tunnel.server < 0) {
        if (from_client) Serve(tunnel);
        continue;
      }
      if (from_client && !Pass(tunnel.client, tunnel.server)) tunnel.has_ended = true;
      if (from_server && !Pass(tunnel.server, tunnel.client)) tunnel.has_ended = true;
    }
    if (waiting[1].revents != 0) Accept();
    tunnels_.remove_if([](const Tunnel& tunnel) {
      if (!tunnel.has_ended) return false;
      close(tunnel.client);
      if (tunnel.server >= 0) close(tunnel.server);
      return true;
    });
  }
  CutAll();
}

void CuttingProxy::CutAll() {
  for (const Tunnel& tunnel : tunnels_) {
    if (tunnel.server >= 0) ++cut_tunnels_;
    Reset(tunnel.client);
    Reset(tunnel.server);
  }
  tunnels_.clear();
}

void CuttingProxy::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  if (is_cut_) return Reset(client);
  tunnels_.emplace_back().client = client;
}

// Reads the CONNECT, and makes the tunnel.
void CuttingProxy::Serve(Tunnel& tunnel) {
  std::array<char, 4096> piece{};
  const ssize_t size = recv(tunnel.client, piece.data(), piece.size(), 0);
  if (size > 0) tunnel.head.append(piece.data(), static_cast<size_t>(size));
  tunnel.has_ended = size <= 0 || tunnel.head.size() > kLongestHead;
  if (tunnel.has_ended || tunnel.head.find(kEndOfHead.data()) == std::string::npos) return;
  tunnel.server = ConnectTo(target_port_);
  tunnel.has_ended = tunnel.server < 0 || !SendAll(tunnel.client, kEstablished);
}

}  // namespace cibad
