// Lets connections in: one thread that takes them from the listening sockets, keeps each listener
// to its limit, and hands on what it has let in. It never gives up: where the system has no room
// for a connection it rests a moment and goes on.

#ifndef CIBAD_SERVER_RPC_ACCEPTOR_H_
#define CIBAD_SERVER_RPC_ACCEPTOR_H_

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/http/clock.h"
#include "server/rpc/connection_table.h"
#include "server/rpc/listening_socket.h"

namespace cibad {

class Acceptor {
 public:
  // Gets a connection, whose socket does not block, and closes it. From the acceptor's thread.
  using TakeConnection = std::function<void(int descriptor)>;

  struct Door {
    ListeningSocket socket;
    size_t most_connections = 1;  // at once; at least 1
    TakeConnection take;
  };

  // A listener that is full, or for which the system has no room, rests so long between two looks.
  static constexpr absl::Duration kRest = absl::Milliseconds(100);

  // `on_turned_away` is told of each connection that is closed because its listener is full, the
  // newcomer's or one that makes room for it. From the acceptor's thread.
  Acceptor(std::vector<Door> doors, Clock clock, std::function<void()> on_turned_away);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Listens, and lets nobody in before Start.
  void Start();

  // Lets nobody in any more, and closes the listening sockets. Connections stay.
  void Stop();

  // Of the sockets, in the order of the doors.
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  struct Entrance;

  void Run();
  // When the next listener that rests goes on.
  absl::Time RestsUntil(absl::Time now) const;
  void LetIn(Entrance& entrance, absl::Time now);
  void Take(Entrance& entrance, int descriptor, const sockaddr_storage& peer);

  const Clock clock_;
  const std::function<void()> on_turned_away_;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<Entrance>> entrances_;
  int wake_ = -1;  // an eventfd that ends Run
  std::thread thread_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_ACCEPTOR_H_
