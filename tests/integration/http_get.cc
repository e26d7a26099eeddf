#include "tests/integration/http_get.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

absl::StatusOr<std::string> Exchange(int socket, int port, const std::string& request) {
  timeval limit{.tv_sec = 30, .tv_usec = 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      send(socket, request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
    return absl::ErrnoToStatus(errno, absl::StrCat("port ", port));
  }
  std::string answer;
  std::array<char, 4096> part{};
  ssize_t got = 0;
  while ((got = recv(socket, part.data(), part.size(), 0)) > 0) {
    answer.append(part.data(), static_cast<size_t>(got));
  }
  if (got < 0) return absl::ErrnoToStatus(errno, "the answer");
  return answer;
}

}  // namespace

absl::StatusOr<std::string> HttpGet(int port, const std::string& path) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return absl::ErrnoToStatus(errno, "socket");
  auto answer = Exchange(
      connection, port,
      absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
  close(connection);
  return answer;
}

}  // namespace cibad
