#include "tests/sandbox/loopback_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr int kBacklog = 1024;
constexpr int kFreePortTries = 20;

// Binds and listens; closes the socket if that fails.
absl::StatusOr<int> Listen(int family, const sockaddr* address, socklen_t size) {
  const int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return absl::ErrnoToStatus(errno, "cannot make a socket");
  const int on = 1;
  // A restarted sandbox takes its port again at once, whatever connections the last one left
  // behind.
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (family == AF_INET6) setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (bind(listener, address, size) == 0 && listen(listener, kBacklog) == 0) return listener;
  const int error = errno;
  close(listener);
  return absl::ErrnoToStatus(error, "cannot listen on loopback");
}

absl::StatusOr<int> ListenV4(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Listen(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

absl::StatusOr<int> ListenV6(int port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<uint16_t>(port));
  address.sin6_addr = in6addr_loopback;
  return Listen(AF_INET6, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

int PortOf(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// EADDRINUSE: somebody else has the port on ::1, and clients of "localhost" would reach them.
bool IsTaken(const absl::Status& status) { return absl::IsAlreadyExists(status); }

}  // namespace

absl::StatusOr<LoopbackSockets> ListenOnLoopback(int port) {
  for (int tries = 0; tries < kFreePortTries; ++tries) {
    const absl::StatusOr<int> v4 = ListenV4(port);
    if (!v4.ok()) return v4.status();
    const int bound = PortOf(*v4);
    const absl::StatusOr<int> v6 = ListenV6(bound);
    if (v6.ok()) return LoopbackSockets{bound, {*v4, *v6}};
    if (!IsTaken(v6.status())) return LoopbackSockets{bound, {*v4}};
    close(*v4);
    if (port != 0) return v6.status();
  }
  return absl::UnavailableError(absl::StrCat("found no port that is free on 127.0.0.1 and ::1 in ",
                                             kFreePortTries, " tries"));
}

}  // namespace cibad
