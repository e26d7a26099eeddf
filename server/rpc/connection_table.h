// The connections that came through one listener, and who has to go when there are as many as there
// may be: so that a stranger who opens thousands fills a listener up for himself, and not for
// callers who come from elsewhere. A value without sockets; rpc/acceptor.h has those.

#ifndef CIBAD_SERVER_RPC_CONNECTION_TABLE_H_
#define CIBAD_SERVER_RPC_CONNECTION_TABLE_H_

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace cibad {

// Where a connection comes from, as far as one peer can be told from another: an IPv4 address, the
// first 64 bits of an IPv6 one, of which a peer has as many as it likes; all of a Unix socket are
// one.
std::string SourceOf(const sockaddr_storage& peer);

struct Connection {
  int descriptor = -1;
  uint64_t cookie = 0;  // the kernel's number of the socket, which no other socket ever has
  std::string source;
};

class ConnectionTable {
 public:
  // `most`: at least 1.
  explicit ConnectionTable(size_t most) : most_(most) {}

  size_t most() const { return most_; }
  size_t size() const { return size_; }
  bool IsFull() const { return size_ >= most_; }

  // Not while it is full.
  void Add(Connection connection);

  // Forgets those that are gone; gives how many.
  size_t Forget(const std::function<bool(const Connection&)>& is_gone);

  // Takes out the connection that has to go so that the source can have one: the latest of the
  // source that has the most, if that is left with no fewer than `source` then has. Absent: no
  // source has so many; it is the newcomer that has to go.
  std::optional<Connection> MakeRoom(const std::string& source);

 private:
  void Count(const std::string& source, size_t before, size_t after);

  const size_t most_;
  size_t size_ = 0;
  // The latest last; no source has none.
  std::unordered_map<std::string, std::vector<Connection>> by_source_;
  std::set<std::pair<size_t, std::string>> sources_by_count_;
};

// How many connections each listener may have: as many as are wanted, but of the files that the
// process may have open a quarter is left for its own, and each listener has an equal share of the
// rest, so that none takes another's. At least 1.
size_t ConnectionsOfEach(size_t wanted, size_t open_files, size_t listeners);

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_CONNECTION_TABLE_H_
