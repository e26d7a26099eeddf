// Sockets that listen on this machine alone.

#ifndef CIBAD_TESTS_SANDBOX_LOOPBACK_SOCKET_H_
#define CIBAD_TESTS_SANDBOX_LOOPBACK_SOCKET_H_

#include <vector>

#include "absl/status/statusor.h"

namespace cibad {

struct LoopbackSockets {
  int port = 0;
  std::vector<int>
      sockets;  // of 127.0.0.1, and of ::1 where the machine has it; the caller closes them
};

// Listens on the port, or on one that is free if it is 0.
absl::StatusOr<LoopbackSockets> ListenOnLoopback(int port);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_LOOPBACK_SOCKET_H_
