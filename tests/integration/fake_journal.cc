#include "tests/integration/fake_journal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

// Where systemd's journal has its sockets (sd_journal_stream_fd(3), sd_journal_print(3)).
constexpr char kStreamName[] = "/stdout";
constexpr char kDatagramName[] = "/socket";

// A Unix socket of that name, for everybody; -1: it cannot be had.
int SocketAt(const std::string& path, int type) {
  const int socket_fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  const bool is_bound =
      bind(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      chmod(path.c_str(), 0666) == 0;
  if (is_bound && (type == SOCK_DGRAM || listen(socket_fd, SOMAXCONN) == 0)) return socket_fd;
  close(socket_fd);
  return -1;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FakeJournal>> FakeJournal::Listen(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  std::vector<int> sockets = {SocketAt(folder + kStreamName, SOCK_STREAM),
                              SocketAt(folder + kDatagramName, SOCK_DGRAM)};
  if (sockets[0] < 0 || sockets[1] < 0)
    return absl::UnavailableError(absl::StrCat("cannot listen in ", folder));
  return std::unique_ptr<FakeJournal>(new FakeJournal(folder, std::move(sockets)));
}

FakeJournal::FakeJournal(std::string folder, std::vector<int> sockets)
    : folder_(std::move(folder)), sockets_(std::move(sockets)) {
  if (pipe2(wake_, O_CLOEXEC) == 0) reader_ = std::thread([this] { ReadAll(); });
}

FakeJournal::~FakeJournal() {
  close(wake_[1]);
  if (reader_.joinable()) reader_.join();
  close(wake_[0]);
  for (const int socket_fd : sockets_) close(socket_fd);
}

std::vector<std::string> FakeJournal::Launcher() const {
  // An empty /run of its own, since the machine's may have no journal to put this one over.
  constexpr char kScript[] =
      "folder=$1 && shift && mount -t tmpfs none /run && mkdir -p /run/systemd/journal && "
      "mount --bind \"$folder\" /run/systemd/journal && exec \"$@\"";
  return {"/usr/bin/unshare", "--mount", "/bin/sh", "-c", kScript, "sh", folder_};
}

std::string FakeJournal::Text() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return text_;
}

void FakeJournal::ReadAll() {
  std::array<char, 1 << 16> bytes;
  while (true) {
    std::vector<pollfd> waiting = {{wake_[0], POLLIN, 0}};
    for (const int socket_fd : sockets_) waiting.push_back({socket_fd, POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
    if (waiting[0].revents != 0) return;
    for (size_t i = 1; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      if (i == 1) {  // somebody connects to the stream
        const int connection = accept4(waiting[i].fd, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0) sockets_.push_back(connection);
        continue;
      }
      const ssize_t got = recv(waiting[i].fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got > 0) {
        const std::lock_guard<std::mutex> lock(mutex_);
        text_.append(bytes.data(), static_cast<size_t>(got));
      } else if (got == 0 && i > 2) {  // a connection has ended
        close(waiting[i].fd);
        sockets_.erase(sockets_.begin() + static_cast<ptrdiff_t>(i - 1));
        break;  // the list has moved
      }
    }
  }
}

}  // namespace cibad
