#include "server/rpc/listening_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

constexpr absl::string_view kUnixPrefix = "unix:";

absl::Status CannotListen(absl::string_view address) {
  const int why = errno;
  return absl::UnavailableError(
      absl::StrCat("cannot listen on ", address, ": ", strerror(why),
                   "; is another daemon using it, or may this user not create it?"));
}

int NewSocket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

bool BindAndListen(int descriptor, const sockaddr* address, socklen_t size) {
  return bind(descriptor, address, size) == 0 && listen(descriptor, SOMAXCONN) == 0;
}

// What a daemon left that did not end by itself; anything but a socket is somebody else's.
void RemoveOldSocket(const std::string& path) {
  struct stat facts {};
  if (lstat(path.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode)) unlink(path.c_str());
}

// An IPv4 address, or an IPv6 one in brackets, and a port, as the system takes them.
struct IpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

IpAddress ReadIpAddress(absl::string_view host, int port) {
  IpAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]")) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<uint16_t>(port));
    address.size = sizeof *v6;
    const int read = inet_pton(AF_INET6, std::string(host).c_str(), &v6->sin6_addr);
    assert(read == 1);
    static_cast<void>(read);
  } else {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
    address.size = sizeof *v4;
    const int read = inet_pton(AF_INET, std::string(host).c_str(), &v4->sin_addr);
    assert(read == 1);
    static_cast<void>(read);
  }
  return address;
}

int PortOf(int descriptor) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

int PortIn(const std::string& address) {
  int port = 0;
  const bool is_number = absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port);
  assert(is_number);
  static_cast<void>(is_number);
  return port;
}

bool HasIpv6Loopback() {
  const int descriptor = NewSocket(AF_INET6);
  if (descriptor < 0) return false;
  const IpAddress address = ReadIpAddress("[::1]", 0);
  const bool is_there =
      bind(descriptor, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0;
  close(descriptor);
  return is_there;
}

}  // namespace

ListeningSocket::ListeningSocket(int descriptor, std::string address)
    : descriptor_(descriptor), address_(std::move(address)) {}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), address_(std::move(other.address_)) {}

ListeningSocket::~ListeningSocket() {
  if (descriptor_ < 0) return;
  absl::string_view path = address_;
  if (absl::ConsumePrefix(&path, kUnixPrefix)) RemoveOldSocket(std::string(path));
  close(descriptor_);
}

absl::StatusOr<ListeningSocket> ListeningSocket::ListenToFile(const std::string& path) {
  const std::string name = absl::StrCat(kUnixPrefix, path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  assert(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int descriptor = NewSocket(AF_UNIX);
  if (descriptor < 0) return CannotListen(name);
  RemoveOldSocket(path);
  if (!BindAndListen(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address)) {
    absl::Status status = CannotListen(name);
    close(descriptor);
    return status;
  }
  ListeningSocket listening(descriptor, name);
  if (chmod(path.c_str(), 0660) != 0) return CannotListen(name);
  return listening;
}

absl::StatusOr<ListeningSocket> ListeningSocket::ListenToPort(const std::string& host, int port) {
  const std::string name = absl::StrCat(host, ":", port);
  const IpAddress address = ReadIpAddress(host, port);
  const int descriptor = NewSocket(address.storage.ss_family);
  if (descriptor < 0) return CannotListen(name);
  constexpr int kYes = 1;
  constexpr int kNo = 0;
  // A restart need not wait for the connections of before. Two daemons on one port are refused all
  // the same: that would take SO_REUSEPORT.
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &kYes, sizeof kYes);
  if (address.storage.ss_family == AF_INET6)
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &kNo, sizeof kNo);
  if (!BindAndListen(descriptor, reinterpret_cast<const sockaddr*>(&address.storage),
                     address.size)) {
    absl::Status status = CannotListen(name);
    close(descriptor);
    return status;
  }
  return ListeningSocket(descriptor, absl::StrCat(host, ":", PortOf(descriptor)));
}

absl::StatusOr<std::vector<ListeningSocket>> ListeningSocket::Listen(const std::string& address) {
  std::vector<ListeningSocket> sockets;
  const auto add = [&](absl::StatusOr<ListeningSocket> socket) {
    if (!socket.ok()) return socket.status();
    sockets.push_back(*std::move(socket));
    return absl::OkStatus();
  };
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, kUnixPrefix)) {
    if (absl::Status status = add(ListenToFile(std::string(path))); !status.ok()) return status;
    return sockets;
  }
  const std::string host = address.substr(0, address.rfind(':'));
  const bool is_localhost = host == "localhost";
  const int port = PortIn(address);
  absl::Status status = add(ListenToPort(is_localhost ? "127.0.0.1" : host, port));
  // The same port, also where the system chose it.
  if (status.ok() && is_localhost && HasIpv6Loopback())
    status = add(ListenToPort("[::1]", PortOf(sockets.front().descriptor())));
  if (!status.ok()) return status;
  return sockets;
}

}  // namespace cibad
