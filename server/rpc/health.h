// Whether the daemon can log customers in now, told to the standard health service, to the service
// manager and to the log. It takes two things: the provider is known, and the store can be written.

#ifndef CIBAD_SERVER_RPC_HEALTH_H_
#define CIBAD_SERVER_RPC_HEALTH_H_

#include <mutex>

#include "absl/status/status.h"
#include "server/rpc/server.h"

namespace cibad {

// Thread-safe.
class Health {
 public:
  // Discovery has succeeded.
  void SetProviderKnown();
  // What Store::status() says.
  void SetStoreStatus(const absl::Status& status);

  // Tells this server's health service, from now on. Null: none any more; one that was told before
  // is not touched after this returns.
  void Tell(RpcServer* server);

 private:
  void Show();

  std::mutex mutex_;  // guards what follows
  bool provider_is_known_ = false;
  absl::Status store_status_;
  RpcServer* server_ = nullptr;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_HEALTH_H_
