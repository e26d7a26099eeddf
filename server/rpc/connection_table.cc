#include "server/rpc/connection_table.h"

#include <netinet/in.h>

#include <algorithm>
#include <cassert>

namespace cibad {
namespace {

std::string Bytes(const void* data, size_t size) { return {static_cast<const char*>(data), size}; }

}  // namespace

std::string SourceOf(const sockaddr_storage& peer) {
  constexpr size_t kPrefixBytes = 8;
  if (peer.ss_family == AF_INET) {
    const in_addr& address = reinterpret_cast<const sockaddr_in&>(peer).sin_addr;
    return Bytes(&address, sizeof address);
  }
  if (peer.ss_family != AF_INET6) return "";
  const in6_addr& address = reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr;
  // An IPv4 peer of a socket for both kinds: its address is the last 32 bits.
  if (IN6_IS_ADDR_V4MAPPED(&address)) return Bytes(&address.s6_addr[12], sizeof(in_addr));
  return Bytes(&address, kPrefixBytes);
}

void ConnectionTable::Add(Connection connection) {
  assert(!IsFull());
  std::vector<Connection>& group = by_source_[connection.source];
  Count(connection.source, group.size(), group.size() + 1);
  group.push_back(std::move(connection));
  ++size_;
}

size_t ConnectionTable::Forget(const std::function<bool(const Connection&)>& is_gone) {
  size_t forgotten = 0;
  for (auto group = by_source_.begin(); group != by_source_.end();) {
    std::vector<Connection>& connections = group->second;
    const size_t before = connections.size();
    std::erase_if(connections, is_gone);
    Count(group->first, before, connections.size());
    forgotten += before - connections.size();
    group = connections.empty() ? by_source_.erase(group) : std::next(group);
  }
  size_ -= forgotten;
  return forgotten;
}

std::optional<Connection> ConnectionTable::MakeRoom(const std::string& source) {
  if (sources_by_count_.empty()) return std::nullopt;
  const auto [most, biggest] = *sources_by_count_.rbegin();
  const auto own = by_source_.find(source);
  const size_t has = own == by_source_.end() ? 0 : own->second.size();
  if (most < has + 2) return std::nullopt;
  std::vector<Connection>& group = by_source_.at(biggest);
  Connection leaving = std::move(group.back());
  group.pop_back();
  Count(biggest, most, most - 1);
  --size_;
  return leaving;
}

void ConnectionTable::Count(const std::string& source, size_t before, size_t after) {
  if (before != 0) sources_by_count_.erase({before, source});
  if (after != 0) sources_by_count_.emplace(after, source);
}

size_t ConnectionsOfEach(size_t wanted, size_t open_files, size_t listeners) {
  assert(listeners > 0);
  const size_t share = (open_files - open_files / 4) / listeners;
  return std::clamp<size_t>(wanted, 1, std::max<size_t>(share, 1));
}

}  // namespace cibad
