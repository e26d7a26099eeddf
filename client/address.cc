#include "client/address.h"

#include <sys/un.h>

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

constexpr size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr absl::string_view kHttps = "https://";
constexpr int kMaxPort = 65535;

absl::StatusOr<std::string> SocketTarget(absl::string_view path) {
  if (path.empty()) return absl::InvalidArgumentError("the path of the socket is missing");
  if (path.size() > kMaxSocketPath) {
    return absl::InvalidArgumentError(
        absl::StrCat("a socket's path has at most ", kMaxSocketPath, " bytes: ", path));
  }
  return absl::StrCat("unix:", path);
}

bool IsPort(absl::string_view text) {
  int port = 0;
  return absl::SimpleAtoi(text, &port) && port > 0 && port <= kMaxPort;
}

}  // namespace

bool AsksForTls(absl::string_view address) { return absl::StartsWith(address, kHttps); }

absl::StatusOr<std::string> TargetOf(absl::string_view given) {
  absl::string_view address = given;
  if (absl::ConsumePrefix(&address, kHttps)) {
    absl::ConsumeSuffix(&address, "/");
    if (absl::StrContains(address, '/') || absl::StartsWith(address, "unix:")) {
      return absl::InvalidArgumentError(
          absl::StrCat("an address with TLS is https://HOST:PORT, not \"", given, "\""));
    }
  }
  absl::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:")) {
    if (absl::StartsWith(path, "//")) path.remove_prefix(2);
    return SocketTarget(path);
  }
  if (absl::StrContains(address, '/')) return SocketTarget(address);

  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos || colon == 0 || !IsPort(address.substr(colon + 1))) {
    return absl::InvalidArgumentError(
        absl::StrCat("an address is unix:/PATH, /PATH or HOST:PORT, not \"", given, "\""));
  }
  return std::string(address);
}

}  // namespace cibad
