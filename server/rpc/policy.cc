#include "server/rpc/policy.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/login/scope.h"

namespace cibad {
namespace {

bool Allows(const std::vector<std::string>& allowed, absl::string_view what) {
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& one) { return one == "*" || one == what; });
}

absl::Status NoSuchSalesUnit(const std::string& msn) {
  constexpr size_t kMostShown = 20;
  return absl::NotFoundError(
      absl::StrCat("sales_unit: there is none for this caller with the merchant serial number \"",
                   absl::CHexEscape(msn.substr(0, kMostShown)), "\""));
}

// For a start that names none; null: that depends on which.
const SalesUnit* DefaultSalesUnit(const CallerPolicy& policy, const SalesUnits& sales_units) {
  std::vector<const SalesUnit*> allowed;
  for (const auto& [msn, unit] : sales_units) {
    if (!Allows(policy.sales_units, msn)) continue;
    if (msn == policy.default_sales_unit) return &unit;
    allowed.push_back(&unit);
  }
  if (!policy.default_sales_unit.empty()) return nullptr;
  if (allowed.size() == 1) return allowed.front();
  const auto chosen = std::find_if(allowed.begin(), allowed.end(),
                                   [](const SalesUnit* unit) { return unit->is_default; });
  return chosen == allowed.end() ? nullptr : *chosen;
}

}  // namespace

absl::Status CheckRpc(const CallerPolicy& policy, absl::string_view rpc) {
  if (Allows(policy.rpcs, rpc)) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("this caller may not call ", rpc, "; the daemon's operator can allow it"));
}

absl::StatusOr<const SalesUnit*> FindSalesUnit(const std::string& msn, const CallerPolicy& policy,
                                               const SalesUnits& sales_units) {
  if (!msn.empty()) {
    const auto found = sales_units.find(msn);
    const bool is_there = found != sales_units.end() && Allows(policy.sales_units, msn);
    if (!is_there) return NoSuchSalesUnit(msn);
    return &found->second;
  }
  const SalesUnit* unit = DefaultSalesUnit(policy, sales_units);
  if (unit != nullptr) return unit;
  return absl::InvalidArgumentError(
      "sales_unit: name one by its merchant serial number; there are several for this caller, and "
      "none of them is the default");
}

absl::Status CheckStart(const CallerPolicy& policy, const LoginRequest& request) {
  for (const absl::string_view scope : SplitScopes(request.scope)) {
    if (scope == "openid" || Allows(policy.scopes, scope))
      continue;  // without it there is no login
    return absl::PermissionDeniedError(
        absl::StrCat("scopes: this caller may not ask for ", scope,
                     "; name only those that it may, or have the daemon's operator allow it"));
  }
  if (!FinishesOnWebPage(request) || Allows(policy.redirect_uris, request.web_page->redirect_uri)) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      "redirect_uri: this caller may not send customers there; the daemon's operator can allow it");
}

}  // namespace cibad
