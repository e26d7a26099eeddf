#include "tests/sandbox/provider_state.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "tests/sandbox/random_text.h"
#include "tests/sandbox/test_numbers.h"

namespace cibad {
namespace {

constexpr size_t kAuthReqIdBytes = 24;
constexpr size_t kAccessTokenBytes = 32;

// CIBA 7.3: an acknowledgement without `interval` means 5 seconds, whatever the sandbox was told at
// its start.
absl::Duration IntervalOf(const Behaviour& behaviour, absl::Duration configured) {
  const bool says_none =
      behaviour.backchannel.fault.distortion == Distortion::kOptionalMemberMissing;
  return says_none ? kDefaultInterval : configured;
}

// CIBA 7.3: without a usable acknowledgement no token request may follow. (One that is lost on the
// way cannot be polled for either, as nobody knows its auth_req_id.)
bool IsAcknowledged(const Behaviour& behaviour) {
  return behaviour.backchannel.failure.times == 0 &&
         !MustBeRefused(behaviour.backchannel.fault.distortion);
}

bool IsSlowDown(const EndpointFailure& failure) {
  return std::strcmp(failure.error, "slow_down") == 0;
}

// A refusal is final; trouble passes.
bool EndsLogin(const EndpointFailure& failure) {
  constexpr int kTooManyRequests = 429;
  constexpr int kFirstServerError = 500;
  return failure.delivery == Delivery::kWhole && failure.status < kFirstServerError &&
         failure.status != kTooManyRequests && !IsSlowDown(failure);
}

// From when on a client may ask again. A date has whole seconds, so it may mean a second less.
absl::Time RetryTime(const EndpointFailure& failure, absl::Time answer_time) {
  if (failure.retry_after.seconds == 0) return absl::InfinitePast();
  const int lost_to_rounding = failure.retry_after.as_http_date ? 1 : 0;
  return answer_time + absl::Seconds(failure.retry_after.seconds - lost_to_rounding);
}

bool CanBeDecided(const SandboxLogin& login) {
  return login.decision == Decision::kByHand && login.end == LoginEnd::kNone;
}

}  // namespace

ProviderState::ProviderState(absl::Duration interval, absl::Duration expires_in)
    : interval_(interval), expires_in_(expires_in) {}

std::optional<SandboxLogin> ProviderState::Start(const BackchannelRequest& request,
                                                 absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++totals_.backchannel_requests;
  ++requests_by_phone_[request.msisdn];
  if (logins_.size() >= kMaxLogins) return std::nullopt;

  SandboxLogin login;
  login.number = ++totals_.logins;
  login.auth_req_id = RandomToken(kAuthReqIdBytes);
  login.request = request;
  login.behaviour = BehaviourOf(request.msisdn);
  login.start_time = now;
  login.acknowledged_time = now + login.behaviour.backchannel.delay;
  login.expire_time = login.acknowledged_time + request.requested_expiry.value_or(expires_in_);
  login.interval = IntervalOf(login.behaviour, interval_);
  login.decision = login.behaviour.decision;
  login.decision_time = now + login.behaviour.decides_after;
  if (!IsAcknowledged(login.behaviour)) End(login, LoginEnd::kRefused);

  const auto in_advance = decisions_in_advance_.find(request.msisdn);
  if (in_advance != decisions_in_advance_.end() && CanBeDecided(login)) {
    login.decision = in_advance->second;
    decisions_in_advance_.erase(in_advance);
  }
  if (login.decision == Decision::kApprove || login.decision == Decision::kDeny) Decided(login);
  return logins_.emplace(login.auth_req_id, login).first->second;
}

PollOutcome ProviderState::Poll(absl::string_view auth_req_id, absl::Time arrival) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++totals_.polls;
  const auto found = logins_.find(std::string(auth_req_id));
  if (found == logins_.end()) {
    ++totals_.unknown_polls;
    return {};
  }
  SandboxLogin& login = found->second;
  const PollVerdict verdict = Judge(login, arrival);
  ++login.polls;
  login.last_poll_time = std::max(login.last_poll_time, arrival);
  login.answered_time = std::max(login.answered_time, arrival + login.behaviour.token.delay);
  return {verdict, login};
}

PollVerdict ProviderState::Judge(SandboxLogin& login, absl::Time arrival) {
  if (FinishesOnWebPage(login)) {
    CountOf(login, Violation::kPollOfWebPageLogin);
    return PollVerdict::kEnded;
  }
  if (login.end != LoginEnd::kNone) return JudgeEnded(login);
  if (arrival >= login.expire_time) {
    if (arrival >= login.expire_time + kExpiryAllowance) {
      CountOf(login, Violation::kPollAfterExpiry);
    }
    End(login, LoginEnd::kExpired);
    return PollVerdict::kExpired;
  }
  if (IsTooSoon(login, arrival)) {
    login.interval += kSlowDownStep;
    return PollVerdict::kTooSoon;
  }
  if (login.token_failures < login.behaviour.token.failure.times) return Fail(login, arrival);
  if (arrival < login.decision_time) return PollVerdict::kPending;
  if (login.decision == Decision::kDeny) {
    End(login, LoginEnd::kDenied);
    return PollVerdict::kDenied;
  }
  return login.decision == Decision::kApprove ? GiveTokens(login, arrival) : PollVerdict::kPending;
}

// A poll after the tokens were given is the client's fault only if it can know that they were:
// where the test number loses the answer, asking again is right.
PollVerdict ProviderState::JudgeEnded(SandboxLogin& login) {
  if (login.end != LoginEnd::kTokensGiven) {
    CountOf(login, Violation::kPollAfterEnd);
  } else if (login.behaviour.token.delivery == Delivery::kWhole) {
    CountOf(login, Violation::kSecondTokenRequest);
  }
  return PollVerdict::kEnded;
}

// CIBA 10.1. Arrivals are compared with arrivals, and the first with the acknowledgement.
bool ProviderState::IsTooSoon(SandboxLogin& login, absl::Time arrival) {
  const bool overlapping = arrival < login.answered_time;
  if (overlapping) CountOf(login, Violation::kOverlappingPoll);
  const absl::Time earliest =
      std::max(login.acknowledged_time, login.last_poll_time) + login.interval;
  const bool early = arrival < earliest;
  if (early) {
    CountOf(login, Violation::kEarlyPoll);
    totals_.largest_earliness = std::max(totals_.largest_earliness, earliest - arrival);
  }
  const bool ignores_retry_after = arrival < login.retry_time;
  if (ignores_retry_after) CountOf(login, Violation::kIgnoredRetryAfter);
  return early || overlapping || ignores_retry_after;
}

PollVerdict ProviderState::Fail(SandboxLogin& login, absl::Time arrival) {
  ++login.token_failures;
  const EndpointFailure& failure = login.behaviour.token.failure;
  login.retry_time = RetryTime(failure, arrival + login.behaviour.token.delay);
  if (IsSlowDown(failure)) login.interval += kSlowDownStep;
  if (EndsLogin(failure)) End(login, LoginEnd::kRefused);
  return PollVerdict::kFailure;
}

PollVerdict ProviderState::GiveTokens(SandboxLogin& login, absl::Time now) {
  login.access_token = RandomToken(kAccessTokenBytes);
  login.access_token_expire_time = now + login.behaviour.token.delay + kAccessTokenLife;
  access_tokens_.emplace(login.access_token, login.auth_req_id);
  End(login, LoginEnd::kTokensGiven);
  return PollVerdict::kTokens;
}

bool ProviderState::IsOfAnother(absl::string_view auth_req_id, absl::string_view msn) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = logins_.find(std::string(auth_req_id));
  return found != logins_.end() && found->second.request.msn != msn;
}

UserinfoOutcome ProviderState::Userinfo(absl::string_view access_token, absl::Time arrival) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++totals_.userinfo_requests;
  const auto found = access_tokens_.find(std::string(access_token));
  if (found == access_tokens_.end()) {
    ++totals_.unknown_access_tokens;
    return {};
  }
  SandboxLogin& login = logins_.at(found->second);
  ++login.userinfo_requests;
  if (MustBeRefused(login.behaviour.id_token, login.request.by_partner, FinishesOnWebPage(login)))
    CountOf(login, Violation::kUserinfoAfterRefusal);
  if (arrival < login.userinfo_retry_time) CountOf(login, Violation::kIgnoredRetryAfter);
  if (arrival >= login.access_token_expire_time) return {UserinfoVerdict::kUnknownToken, login};
  if (login.userinfo_failures < login.behaviour.userinfo.failure.times) {
    ++login.userinfo_failures;
    login.userinfo_retry_time = RetryTime(login.behaviour.userinfo.failure, arrival);
    return {UserinfoVerdict::kFailure, login};
  }
  return {UserinfoVerdict::kProfile, login};
}

int ProviderState::Decide(absl::string_view auth_req_id, Decision decision, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = logins_.find(std::string(auth_req_id));
  if (found == logins_.end() || !CanBeDecided(found->second)) return 0;
  found->second.decision = decision;
  found->second.decision_time = now;
  Decided(found->second);
  return 1;
}

int ProviderState::DecidePhone(absl::string_view msisdn, Decision decision, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  int decided = 0;
  bool is_under_way = false;
  for (auto& [auth_req_id, login] : logins_) {
    if (login.request.msisdn != msisdn) continue;
    is_under_way |= login.end == LoginEnd::kNone;
    if (!CanBeDecided(login)) continue;
    login.decision = decision;
    login.decision_time = now;
    Decided(login);
    ++decided;
  }
  if (!is_under_way) decisions_in_advance_[std::string(msisdn)] = decision;
  return decided;
}

int ProviderState::DecideAll(Decision decision, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  int decided = 0;
  for (auto& [auth_req_id, login] : logins_) {
    if (!CanBeDecided(login)) continue;
    login.decision = decision;
    login.decision_time = now;
    Decided(login);
    ++decided;
  }
  return decided;
}

void ProviderState::Decided(const SandboxLogin& login) {
  // A login that finishes on a web page is not pinged.
  const bool is_pinged = login.end == LoginEnd::kNone && login.request.redirect_uri.empty();
  if (decided_ && is_pinged) decided_(login);
}

void ProviderState::End(SandboxLogin& login, LoginEnd end) {
  login.end = end;
  ++totals_.ends[end];
}

void ProviderState::CountOf(SandboxLogin& login, Violation violation) {
  login.violations.Count(violation);
  violations_.Count(violation);
}

void ProviderState::Count(Violation violation) {
  const std::lock_guard<std::mutex> lock(mutex_);
  violations_.Count(violation);
}

Violations ProviderState::AllViolations() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return violations_;
}

Totals ProviderState::AllTotals() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return totals_;
}

std::map<std::string, int64_t> ProviderState::BackchannelRequestsByPhone() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return requests_by_phone_;
}

std::vector<SandboxLogin> ProviderState::Logins() const {
  std::vector<SandboxLogin> logins;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    logins.reserve(logins_.size());
    for (const auto& [auth_req_id, login] : logins_) logins.push_back(login);
  }
  std::sort(logins.begin(), logins.end(),
            [](const SandboxLogin& a, const SandboxLogin& b) { return a.number < b.number; });
  return logins;
}

ProviderMemory ProviderState::Remember() const {
  std::vector<SandboxLogin> logins = Logins();
  const std::lock_guard<std::mutex> lock(mutex_);
  return {std::move(logins), requests_by_phone_, decisions_in_advance_, violations_, totals_};
}

void ProviderState::Recall(ProviderMemory memory) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (SandboxLogin& login : memory.logins) {
    const std::string auth_req_id = login.auth_req_id;
    if (!login.access_token.empty()) access_tokens_.emplace(login.access_token, auth_req_id);
    logins_.emplace(auth_req_id, std::move(login));
  }
  requests_by_phone_ = std::move(memory.requests_by_phone);
  decisions_in_advance_ = std::move(memory.decisions_in_advance);
  violations_ = memory.violations;
  totals_ = std::move(memory.totals);
}

}  // namespace cibad
