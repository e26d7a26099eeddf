// The sockets behind the addresses of listen.grpc. gRPC could open them itself, but its listener
// gives up for good when once no file descriptor is left for a connection (gRPC 1.51), and knows no
// limit on connections; so the daemon listens, and hands gRPC what it has let in (rpc/acceptor.h).

#ifndef CIBAD_SERVER_RPC_LISTENING_SOCKET_H_
#define CIBAD_SERVER_RPC_LISTENING_SOCKET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cibad {

// Open until it goes; then the file of a Unix socket goes too.
class ListeningSocket {
 public:
  // Listens on an address as ops/config.h has checked it: "unix:/path" or "host:port"; on two
  // sockets where that is localhost. 0.0.0.0 is every IPv4 address of the machine, [::] every one
  // of both kinds. The file of a Unix socket, of which one that is there already is replaced, may
  // be used by its owner and group. UNAVAILABLE, naming the address and why: it cannot be done.
  static absl::StatusOr<std::vector<ListeningSocket>> Listen(const std::string& address);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;
  ~ListeningSocket();

  // Does not block.
  int descriptor() const { return descriptor_; }
  // With the port that was found where 0 was asked for.
  const std::string& address() const { return address_; }

 private:
  ListeningSocket(int descriptor, std::string address);

  static absl::StatusOr<ListeningSocket> ListenToFile(const std::string& path);
  static absl::StatusOr<ListeningSocket> ListenToPort(const std::string& host, int port);

  int descriptor_;       // -1: moved from
  std::string address_;  // as the config writes it
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_LISTENING_SOCKET_H_
