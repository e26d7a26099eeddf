#include "server/rpc/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "server/ops/log.h"

namespace cibad {
namespace {

// Of one listener in one go, so that the others get their turn.
constexpr int kMostAtOnce = 1000;
// Between two warnings about a listener.
constexpr absl::Duration kWarningPause = absl::Minutes(1);

// 0: it is no socket, or not open.
uint64_t CookieOf(int descriptor) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (getsockopt(descriptor, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return 0;
  return cookie;
}

// Its owner has closed it, and its number may be another file's by now. One without a cookie, as
// kernels before Linux 4.12 have it, is never counted.
bool IsGone(const Connection& connection) {
  return connection.cookie == 0 || CookieOf(connection.descriptor) != connection.cookie;
}

// Its owner reads the end of the connection and closes it. The owner may do so at any moment, so
// what is shut down is a descriptor of our own that is known to be the same socket.
void Disconnect(const Connection& connection) {
  if (IsGone(connection)) return;
  const int own = fcntl(connection.descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return;
  if (CookieOf(own) == connection.cookie) shutdown(own, SHUT_RDWR);
  close(own);
}

// Of accept(2): the connection that was to be taken is at fault, and not the listener.
bool IsOfOneConnection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

// A call's answer must not wait for the next one's.
void SendAtOnce(int descriptor, int family) {
  constexpr int kYes = 1;
  if (family == AF_INET || family == AF_INET6)
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &kYes, sizeof kYes);
}

}  // namespace

struct Acceptor::Entrance {
  explicit Entrance(Door the_door)
      : door(std::move(the_door)), connections(door.most_connections) {}

  // Says that some were turned away, or could not be taken, if it is time to.
  void Warn(absl::Time now) {
    const bool is_early = now - warned_at < kWarningPause;
    if (is_early || (turned_away == 0 && no_room_for == 0)) return;
    warned_at = now;
    if (turned_away != 0) {
      Log(LogLevel::kWarning, "Too many connections; some were turned away",
          {{"address", door.socket.address()},
           {"most", connections.most()},
           {"turned_away", turned_away}});
    }
    if (no_room_for != 0) {
      Log(LogLevel::kWarning, "No connection can be taken; trying again all the time",
          {{"address", door.socket.address()}, {"error", strerror(no_room_for)}});
    }
    turned_away = 0;
    no_room_for = 0;
  }

  Door door;
  ConnectionTable connections;
  absl::Time rests_until = absl::InfinitePast();
  absl::Time warned_at = absl::InfinitePast();
  size_t turned_away = 0;  // since the last warning, as is the next
  int no_room_for = 0;     // what accept said: an errno; 0: nothing
};

Acceptor::Acceptor(std::vector<Door> doors, Clock clock, std::function<void()> on_turned_away)
    : clock_(std::move(clock)),
      on_turned_away_(std::move(on_turned_away)),
      wake_(eventfd(0, EFD_CLOEXEC)) {
  assert(wake_ >= 0);
  for (Door& door : doors) {
    addresses_.push_back(door.socket.address());
    entrances_.push_back(std::make_unique<Entrance>(std::move(door)));
  }
}

Acceptor::~Acceptor() {
  Stop();
  close(wake_);
}

void Acceptor::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  entrances_.clear();
}

absl::Time Acceptor::RestsUntil(absl::Time now) const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& entrance : entrances_) {
    if (entrance->rests_until > now) next = std::min(next, entrance->rests_until);
  }
  return next;
}

void Acceptor::Run() {
  std::vector<pollfd> waiting(entrances_.size() + 1);
  waiting.back() = {wake_, POLLIN, 0};
  while (waiting.back().revents == 0) {
    const absl::Time now = clock_();
    for (size_t i = 0; i < entrances_.size(); ++i) {
      const bool rests = entrances_[i]->rests_until > now;
      waiting[i] = {rests ? -1 : entrances_[i]->door.socket.descriptor(), POLLIN, 0};
    }
    const absl::Time next = RestsUntil(now);
    const int64_t wait_ms =
        next == absl::InfiniteFuture() ? -1 : absl::ToInt64Milliseconds(next - now) + 1;
    if (poll(waiting.data(), waiting.size(), static_cast<int>(wait_ms)) <= 0) continue;
    for (size_t i = 0; i < entrances_.size(); ++i) {
      if (waiting[i].revents != 0) LetIn(*entrances_[i], clock_());
    }
  }
}

void Acceptor::LetIn(Entrance& entrance, absl::Time now) {
  // Whether a connection is still there has to be asked of each, so not often: rests follow.
  const bool was_full = entrance.connections.IsFull();
  if (was_full) {
    const size_t forgotten = entrance.connections.Forget(IsGone);
    if (forgotten < entrance.connections.most() / 8 + 1) entrance.rests_until = now + kRest;
  }
  for (int i = 0; i < kMostAtOnce; ++i) {
    if (entrance.connections.IsFull() && !was_full) break;
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int descriptor =
        accept4(entrance.door.socket.descriptor(), reinterpret_cast<sockaddr*>(&peer), &size,
                SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) {
      Take(entrance, descriptor, peer);
    } else if (errno == EAGAIN) {
      break;
    } else if (!IsOfOneConnection(errno)) {
      entrance.no_room_for = errno;
      entrance.rests_until = now + kRest;
      break;
    }
  }
  entrance.Warn(now);
}

void Acceptor::Take(Entrance& entrance, int descriptor, const sockaddr_storage& peer) {
  std::string source = SourceOf(peer);
  if (entrance.connections.IsFull()) {
    ++entrance.turned_away;
    on_turned_away_();
    const std::optional<Connection> leaving = entrance.connections.MakeRoom(source);
    if (!leaving.has_value()) {
      close(descriptor);
      return;
    }
    Disconnect(*leaving);
  }
  entrance.connections.Add({descriptor, CookieOf(descriptor), std::move(source)});
  SendAtOnce(descriptor, peer.ss_family);
  entrance.door.take(descriptor);
}

}  // namespace cibad
