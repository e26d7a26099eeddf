#include "server/engine/number_guard.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "server/engine/call_status.h"
#include "server/login/random.h"

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

// While there is no room: to look for some takes a look at everything.
constexpr absl::Duration kForgetInterval = absl::Seconds(1);

absl::Status AreTooMany() {
  return absl::ResourceExhaustedError(
      "too many customers have been asked lately; try again in a moment");
}

absl::string_view Text(const auto& id) { return {id.data(), id.size()}; }

}  // namespace

NumberGuard::NumberGuard(HashesOf hashes_of, size_t most_starts)
    : seed_(RandomBits<uint64_t>()), hashes_of_(std::move(hashes_of)), most_starts_(most_starts) {}

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
  // Before the lock: the store has one of its own.
  const std::vector<CustomerHash> stored_as =
      has_earlier_ ? hashes_of_(request) : std::vector<CustomerHash>();
  const size_t customer = CustomerOf(request);
  const size_t place = PlaceOf(request);
  const size_t caller = absl::HashOf(seed_, request.caller);
  const size_t start = StartOf(request);
  const std::lock_guard lock(mutex_);
  const auto pending = pending_.find(place);
  const bool is_repeated =
      pending != pending_.end() && start != 0 && pending->second.start == start;
  if (is_repeated) return {};
  // Before what is in the way, so that none is cancelled for a start that cannot be.
  const absl::Time oldest = now - limits.window;
  if (has_earlier_ && newest_earlier_ <= oldest) ForgetEarlier();
  const bool may_be_full = IsFull() && now - forgot_at_ >= kForgetInterval;
  if (starts_.size() >= forget_at_ || may_be_full) {
    ForgetOld(oldest);
    forgot_at_ = now;
  }
  Starts& starts = starts_[customer];
  const auto first = std::upper_bound(starts.begin(), starts.end(), oldest);
  starts_count_ -= static_cast<size_t>(first - starts.begin());
  starts.erase(starts.begin(), first);
  const Asked earlier = CountEarlier(stored_as, oldest);
  if (static_cast<int64_t>(starts.size() + earlier.count) >= limits.starts) {
    const absl::Time frees = starts.empty() ? earlier.first : std::min(earlier.first, starts[0]);
    return {IsAskedTooOften(frees - oldest), nullptr, ""};
  }
  if (pending != pending_.end()) {
    const std::string own_id(pending->second.caller == caller ? Text(pending->second.id) : "");
    return {IsPending(own_id), nullptr, own_id};
  }
  if (IsFull()) return {AreTooMany(), nullptr, ""};
  starts.push_back(now);
  ++starts_count_;
  pending_.emplace(place, Pending{{id.begin(), id.end()}, start, caller});
  return {absl::OkStatus(), std::make_shared<Hold>(this, customer, place, id), ""};
}

void NumberGuard::AddPending(const Login& login) {
  const std::lock_guard lock(mutex_);
  pending_.insert_or_assign(PlaceOf(*login.request),
                            Pending{{login.id.begin(), login.id.end()},
                                    StartOf(*login.request),
                                    absl::HashOf(seed_, login.request->caller)});
}

void NumberGuard::Add(const Login& login) {
  AddPending(login);
  const std::lock_guard lock(mutex_);
  ++starts_count_;
  Starts& starts = starts_[CustomerOf(*login.request)];
  starts.insert(std::upper_bound(starts.begin(), starts.end(), login.create_time),
                login.create_time);
}

void NumberGuard::SetEarlier(std::vector<KeptStart> starts) {
  std::sort(starts.begin(), starts.end(), [](const KeptStart& one, const KeptStart& other) {
    return std::tie(one.customer, one.time) < std::tie(other.customer, other.time);
  });
  const std::lock_guard lock(mutex_);
  earlier_ = std::move(starts);
  newest_earlier_ = absl::InfinitePast();
  for (const KeptStart& start : earlier_) newest_earlier_ = std::max(newest_earlier_, start.time);
  has_earlier_ = !earlier_.empty();
}

NumberGuard::Asked NumberGuard::CountEarlier(const std::vector<CustomerHash>& customer,
                                             absl::Time oldest) const {
  Asked asked;
  for (const CustomerHash hash : customer) {
    auto start = std::partition_point(earlier_.begin(), earlier_.end(), [&](const KeptStart& one) {
      return std::tie(one.customer, one.time) <= std::tie(hash, oldest);
    });
    for (; start != earlier_.end() && start->customer == hash; ++start) {
      ++asked.count;
      asked.first = std::min(asked.first, start->time);
    }
  }
  return asked;
}

void NumberGuard::Remove(const Login& login) {
  const std::lock_guard lock(mutex_);
  RemovePending(PlaceOf(*login.request), login.id);
}

void NumberGuard::TakeBack(size_t customer, size_t place, absl::string_view id) {
  const std::lock_guard lock(mutex_);
  RemovePending(place, id);
  const auto starts = starts_.find(customer);
  if (starts == starts_.end() || starts->second.empty()) return;
  starts->second.pop_back();
  --starts_count_;
  if (starts->second.empty()) starts_.erase(starts);
}

void NumberGuard::RemovePending(size_t place, absl::string_view id) {
  const auto pending = pending_.find(place);
  if (pending != pending_.end() && Text(pending->second.id) == id) pending_.erase(pending);
}

void NumberGuard::ForgetEarlier() {
  earlier_ = {};
  has_earlier_ = false;
}

void NumberGuard::ForgetOld(absl::Time oldest) {
  for (auto customer = starts_.begin(); customer != starts_.end();) {
    const Starts& starts = customer->second;
    const bool is_over = starts.empty() || starts.back() <= oldest;
    if (is_over) starts_count_ -= starts.size();
    customer = is_over ? starts_.erase(customer) : std::next(customer);
  }
  forget_at_ = std::max<size_t>(1024, 2 * starts_.size());
}

}  // namespace cibad
