#include "server/engine/number_guard.h"

#include <algorithm>
#include <iterator>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "server/engine/call_status.h"
#include "server/engine/random.h"

namespace cibad {
namespace {

absl::Status IsPending(const std::string& own_id) {
  constexpr char kWhat[] = "phone_number: a login of this customer is pending at the sales unit";
  if (own_id.empty()) {
    return absl::AlreadyExistsError(absl::StrCat(kWhat, "; wait until it has ended"));
  }
  return absl::AlreadyExistsError(absl::StrCat(
      kWhat, ", ", own_id, "; watch it, cancel it, or start again with replace_pending"));
}

absl::Status IsAskedTooOften(absl::Duration wait) {
  return WithRetryDelay(
      absl::ResourceExhaustedError(
          "phone_number: this customer has been asked too often; try again in some minutes"),
      wait);
}

}  // namespace

NumberGuard::NumberGuard() : seed_(RandomBits<uint64_t>()) {}

size_t NumberGuard::CustomerOf(const LoginRequest& request) const {
  return absl::HashOf(seed_, request.msisdn, request.customer_token);
}

size_t NumberGuard::PlaceOf(const LoginRequest& request) const {
  return absl::HashOf(seed_, request.sales_unit, request.msisdn, request.customer_token);
}

size_t NumberGuard::StartOf(const LoginRequest& request) const {
  return request.request_id.empty() ? 0 : absl::HashOf(seed_, request.caller, request.request_id);
}

NumberGuard::Verdict NumberGuard::Admit(const LoginRequest& request, const std::string& id,
                                        const Limits& limits, absl::Time now) {
  const std::lock_guard lock(mutex_);
  const size_t caller = absl::HashOf(seed_, request.caller);
  const size_t start = StartOf(request);
  const auto pending = pending_.find(PlaceOf(request));
  const bool is_repeated =
      pending != pending_.end() && start != 0 && pending->second.start == start;
  if (is_repeated) return {};
  // Before what is in the way, so that none is cancelled for a start that cannot be.
  const absl::Time oldest = now - limits.window;
  if (starts_.size() >= forget_at_) ForgetOld(oldest);
  Starts& starts = starts_[CustomerOf(request)];
  starts.erase(starts.begin(), std::upper_bound(starts.begin(), starts.end(), oldest));
  if (static_cast<int64_t>(starts.size()) >= limits.starts) {
    return {IsAskedTooOften(starts.front() - oldest), nullptr, ""};
  }
  if (pending != pending_.end()) {
    const std::string own_id = pending->second.caller == caller ? pending->second.id : "";
    return {IsPending(own_id), nullptr, own_id};
  }
  starts.push_back(now);
  pending_.emplace(PlaceOf(request), Pending{id, start, caller});
  return {absl::OkStatus(), std::make_shared<Hold>(this, request, id), ""};
}

void NumberGuard::Add(const Login& login) {
  const std::lock_guard lock(mutex_);
  pending_.insert_or_assign(
      PlaceOf(login.request),
      Pending{login.id, StartOf(login.request), absl::HashOf(seed_, login.request.caller)});
  Starts& starts = starts_[CustomerOf(login.request)];
  starts.insert(std::upper_bound(starts.begin(), starts.end(), login.create_time),
                login.create_time);
}

void NumberGuard::Remove(const Login& login) {
  const std::lock_guard lock(mutex_);
  RemovePending(login.request, login.id);
}

void NumberGuard::TakeBack(const LoginRequest& request, const std::string& id) {
  const std::lock_guard lock(mutex_);
  RemovePending(request, id);
  const auto starts = starts_.find(CustomerOf(request));
  if (starts == starts_.end() || starts->second.empty()) return;
  starts->second.pop_back();
  if (starts->second.empty()) starts_.erase(starts);
}

void NumberGuard::RemovePending(const LoginRequest& request, const std::string& id) {
  const auto pending = pending_.find(PlaceOf(request));
  if (pending != pending_.end() && pending->second.id == id) pending_.erase(pending);
}

void NumberGuard::ForgetOld(absl::Time oldest) {
  for (auto customer = starts_.begin(); customer != starts_.end();) {
    const Starts& starts = customer->second;
    const bool is_over = starts.empty() || starts.back() <= oldest;
    customer = is_over ? starts_.erase(customer) : std::next(customer);
  }
  forget_at_ = std::max<size_t>(1024, 2 * starts_.size());
}

}  // namespace cibad
