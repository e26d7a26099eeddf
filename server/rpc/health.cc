#include "server/rpc/health.h"

#include "server/ops/log.h"
#include "server/ops/service_manager.h"

namespace cibad {

void Health::SetProviderKnown() {
  const std::lock_guard lock(mutex_);
  provider_is_known_ = true;
  Show();  // before the log says so: who reads there that logins can start finds it true
  Log(LogLevel::kInfo, "The provider is known; logins can start", {});
}

void Health::SetStoreStatus(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  store_status_ = status;
  Show();
  if (status.ok()) {
    Log(LogLevel::kInfo, "The store can be written again", {});
  } else {
    Log(LogLevel::kError, "The store cannot be written; no login starts until it can",
        {{"error", status.message()}});
  }
}

void Health::Tell(RpcServer* server) {
  const std::lock_guard lock(mutex_);
  server_ = server;
  Show();
}

void Health::Show() {
  if (server_ == nullptr) return;
  server_->SetServing(provider_is_known_ && store_status_.ok());
  if (!store_status_.ok()) {
    NotifyStatus("Cannot store logins");
  } else {
    NotifyStatus(provider_is_known_ ? "Logging customers in" : "Waiting for the provider");
  }
}

}  // namespace cibad
