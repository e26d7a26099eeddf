// Whether the daemon can log customers in now, told to the standard health service, to the service
// manager, to the log and to the metrics. It takes four things: the provider is known, the store
// and the audit trail can be written, and the provider takes the credentials of at least one sales
// unit. What holds for one sales unit is told under a name of its own: `sales_unit/123456`.

#ifndef CIBAD_SERVER_RPC_HEALTH_H_
#define CIBAD_SERVER_RPC_HEALTH_H_

#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "server/ops/metrics.h"
#include "server/provider/sales_unit.h"
#include "server/rpc/server.h"

namespace cibad {

// Thread-safe.
class Health {
 public:
  // Discovery has succeeded.
  void SetProviderKnown();
  // What Store::status() says.
  void SetStoreStatus(const absl::Status& status);
  // What AuditLog::status() says.
  void SetAuditStatus(const absl::Status& status);
  // The sales units that there are from now on, by MSN. What is known of those that stay, stays.
  void SetSalesUnits(const SalesUnits& sales_units);
  // The provider refuses the credentials of a sales unit, or no longer.
  void SetCredentialsRefused(const std::string& sales_unit, bool are_refused);

  // Fills in what the metrics have of this.
  void Describe(Metrics::Present& present);

  // Tells this server's health service, from now on. Null: none any more; one that was told before
  // is not touched after this returns.
  void Tell(RpcServer* server);

 private:
  void Show();
  // Tells the server where it was told otherwise.
  void Show(const std::string& service, bool is_serving);

  std::mutex mutex_;  // guards what follows
  bool provider_is_known_ = false;
  absl::Status store_status_;
  bool audit_is_written_ = true;
  std::map<std::string, bool> refused_;  // whether credentials are, by sales unit
  RpcServer* server_ = nullptr;
  std::map<std::string, bool> shown_;  // to the server, by service
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_HEALTH_H_
