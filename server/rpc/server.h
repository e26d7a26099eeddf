// The daemon's gRPC server: where it listens, how large a message may be, reflection and health.

#ifndef CIBAD_SERVER_RPC_SERVER_H_
#define CIBAD_SERVER_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/rpc/login_service.h"

namespace grpc {
class Server;
}

namespace cibad {

class RpcServer {
 public:
  // Listens on each address, as ops/config.h has checked them: "unix:/path" or a loopback
  // "host:port". A socket file may be used by its owner and group. UNAVAILABLE, naming the address:
  // it cannot be listened on. The service must outlive the server.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Listen(
      const std::vector<std::string>& addresses, LoginServiceImpl* service);
  ~RpcServer();

  // The addresses, with the port that was found where 0 was asked for.
  const std::vector<std::string>& addresses() const { return addresses_; }

  // What the standard health service says of a service from now on; empty: of the server. At first
  // neither the server nor LoginService is serving. Thread-safe.
  void SetServing(const std::string& service, bool is_serving);

  // Takes no more calls, ends the streams, and waits for the calls under way, but not longer than
  // `limit`.
  void Stop(absl::Duration limit);

 private:
  RpcServer(LoginServiceImpl* service, std::unique_ptr<grpc::Server> server,
            std::vector<std::string> addresses);

  LoginServiceImpl* const service_;
  const std::unique_ptr<grpc::Server> server_;
  const std::vector<std::string> addresses_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_SERVER_H_
