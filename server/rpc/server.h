// The daemon's gRPC server: where it listens, how many connections and how large a message there
// may be, reflection and health.

#ifndef CIBAD_SERVER_RPC_SERVER_H_
#define CIBAD_SERVER_RPC_SERVER_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/ops/caller_policy.h"
#include "server/rpc/acceptor.h"
#include "server/rpc/gate.h"
#include "server/rpc/login_service.h"

namespace grpc {
class Server;
}

namespace cibad {

class RpcServer {
 public:
  // Listens on each address, as ops/config.h has checked them: "unix:/path", or "host:port", which
  // is encrypted where there is a `tls`, and loopback where it is null. Each takes at most
  // `most_connections` at once, and fewer where the process may not have so many files open
  // (ConnectionsOfEach). UNAVAILABLE, naming the address: it cannot be listened on. The service
  // must outlive the server. `on_turned_away`: see Acceptor.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Listen(
      const std::vector<std::string>& addresses, size_t most_connections,
      const std::shared_ptr<Doorkeeper>& keeper, const std::shared_ptr<TlsWatch>& tls,
      LoginServiceImpl* service, std::function<void()> on_turned_away);
  ~RpcServer();

  // The addresses, with the port that was found where 0 was asked for.
  const std::vector<std::string>& addresses() const { return acceptor_->addresses(); }

  // From now on only these may call, on open connections as well; streams stay. Thread-safe.
  void SetCallers(CallerPolicies callers) { keeper_->SetPolicies(std::move(callers)); }

  // What the standard health service says of a service from now on; empty: of the server. At first
  // neither the server nor LoginService is serving. Thread-safe.
  void SetServing(const std::string& service, bool is_serving);

  // Takes no more calls, ends the streams, and waits for the calls under way, but not longer than
  // `limit`.
  void Stop(absl::Duration limit);

 private:
  RpcServer(LoginServiceImpl* service, std::shared_ptr<Doorkeeper> keeper,
            std::unique_ptr<grpc::Server> server, std::unique_ptr<Acceptor> acceptor);

  LoginServiceImpl* const service_;
  const std::shared_ptr<Doorkeeper> keeper_;
  const std::unique_ptr<grpc::Server> server_;
  const std::unique_ptr<Acceptor> acceptor_;  // goes first: it hands connections to the server
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_SERVER_H_
