#include "server/rpc/health.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "cibad/v1/login.grpc.pb.h"
#include "server/ops/log.h"
#include "server/ops/service_manager.h"

namespace cibad {
namespace {

constexpr absl::string_view kSalesUnitService = "sales_unit/";

}  // namespace

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

void Health::SetAuditStatus(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  audit_is_written_ = status.ok();
  Show();
}

void Health::SetSalesUnits(const SalesUnits& sales_units) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, bool> refused;
  for (const auto& [msn, unit] : sales_units) {
    const auto known = refused_.find(msn);
    refused.emplace(msn, known != refused_.end() && known->second);
  }
  refused_ = std::move(refused);
  Show();
}

void Health::SetCredentialsRefused(const std::string& sales_unit, bool are_refused) {
  const std::lock_guard lock(mutex_);
  const auto known = refused_.find(sales_unit);
  if (known == refused_.end()) return;  // taken out of the config; its logins are ending
  known->second = are_refused;
  Show();
}

void Health::Describe(Metrics::Present& present) {
  const std::lock_guard lock(mutex_);
  present.provider_is_known = provider_is_known_;
  present.store_can_be_written = store_status_.ok();
  present.audit_can_be_written = audit_is_written_;
  present.credentials_refused = refused_;
}

void Health::Tell(RpcServer* server) {
  const std::lock_guard lock(mutex_);
  server_ = server;
  shown_.clear();
  Show();
}

void Health::Show(const std::string& service, bool is_serving) {
  const auto [shown, is_new] = shown_.emplace(service, is_serving);
  if (!is_new && shown->second == is_serving) return;
  shown->second = is_serving;
  server_->SetServing(service, is_serving);
}

void Health::Show() {
  if (server_ == nullptr) return;
  const bool works = provider_is_known_ && store_status_.ok() && audit_is_written_;
  const bool all_are_refused =
      !refused_.empty() &&
      std::all_of(refused_.begin(), refused_.end(), [](const auto& unit) { return unit.second; });
  for (const auto& [msn, is_refused] : refused_) {
    Show(absl::StrCat(kSalesUnitService, msn), works && !is_refused);
  }
  for (const auto& [service, is_serving] : shown_) {  // a sales unit that is gone
    const absl::string_view name = service;
    if (absl::StartsWith(name, kSalesUnitService) &&
        !refused_.contains(service.substr(kSalesUnitService.size()))) {
      Show(service, false);
    }
  }
  Show("", works && !all_are_refused);
  Show(v1::LoginService::service_full_name(), works && !all_are_refused);
  if (!store_status_.ok()) {
    NotifyStatus("Cannot store logins");
  } else if (!audit_is_written_) {
    NotifyStatus("Cannot write the audit trail");
  } else if (!provider_is_known_) {
    NotifyStatus("Waiting for the provider");
  } else {
    NotifyStatus(all_are_refused ? "The provider refuses the credentials" : "Logging customers in");
  }
}

}  // namespace cibad
