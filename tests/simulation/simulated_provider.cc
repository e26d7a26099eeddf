#include "tests/simulation/simulated_provider.h"

#include <algorithm>
#include <optional>

namespace cibad {
namespace {

ProviderError Error(const char* code) { return ProviderError{400, code, "", std::nullopt}; }

}  // namespace

void SimulatedProvider::Hold(bool kept, const char* rule) {
  if (!kept && violation_.empty()) violation_ = rule;
}

absl::Duration SimulatedProvider::RetryAfter() {
  return random_.Between(absl::ZeroDuration(), kLongestRetryAfter);
}

NoAnswer SimulatedProvider::ServiceUnavailable() {
  NoAnswer answer{/*may_have_arrived=*/true, 503, std::nullopt, ""};
  if (random_.Percent(50)) answer.retry_after = RetryAfter();
  return answer;
}

Outcome<Acknowledgement> SimulatedProvider::TakeBackchannelRequest(absl::Time now,
                                                                   absl::Time answer_time) {
  Hold(!was_pushed_, "the customer is asked once: a second backchannel request arrived");
  was_pushed_ = true;
  if (IsOutOfOrder()) return ServiceUnavailable();
  switch (plan_.push) {
    case PushAnswer::kRefuses:
      return Error("invalid_request");
    case PushAnswer::kSaysTooMany:
      return ProviderError{429, "", "", absl::Seconds(30)};
    case PushAnswer::kMakesNoSense:
      return InvalidAnswer{};
    case PushAnswer::kAcknowledges:
      break;
  }
  interval_ = plan_.interval;
  acknowledge_time_ = answer_time;
  decide_time_ = now + plan_.decides_after;
  expire_time_ = answer_time + plan_.expires_in;
  return Acknowledgement{"auth-req-id", plan_.expires_in, plan_.interval};
}

void SimulatedProvider::CheckTokenRequest(absl::Time now) {
  Hold(!tokens_were_heard_, "10.1.1: tokens were asked for again");
  Hold(now >= busy_until_, "10.1: two token requests overlap");
  Hold(now >= acknowledge_time_ + interval_, "10.1: the first token request came early");
  Hold(now >= last_token_request_ + interval_, "10.1, 11: a token request came early");
  Hold(now >= not_before_, "10.1: a token request came before Retry-After");
}

Outcome<TokenAnswer> SimulatedProvider::TakeTokenRequest(absl::Time now, absl::Time answer_time) {
  CheckTokenRequest(now);
  last_token_request_ = now;
  busy_until_ = answer_time;
  if (IsOutOfOrder()) {
    if (random_.Percent(70)) return ServiceUnavailable();
    return ProviderError{429, "", "", ServiceUnavailable().retry_after};
  }
  if (random_.Percent(plan_.nonsense)) return InvalidAnswer{};
  if (random_.Percent(plan_.slow_downs)) {
    ProviderError slow_down = Error("slow_down");
    if (random_.Percent(20)) slow_down.retry_after = RetryAfter();
    return slow_down;
  }
  return Grant(now);
}

Outcome<TokenAnswer> SimulatedProvider::Grant(absl::Time now) {
  if (grant_is_gone_) return Error("invalid_grant");
  if (now >= expire_time_) return Error("expired_token");
  if (plan_.decision == Decision::kNeverDecides || now < decide_time_) {
    return Error("authorization_pending");
  }
  told_decision_ = true;
  if (plan_.decision == Decision::kDenies) return Error("access_denied");
  grant_is_gone_ = true;
  return TokenAnswer{"access-token", "id-token", absl::Seconds(300)};
}

IdTokenOutcome SimulatedProvider::TakeKeysRequest() {
  if (IsOutOfOrder()) return ServiceUnavailable();
  if (plan_.id_token_is_good) return AcceptedIdToken{kCustomer};
  return RefusedIdToken{};
}

Outcome<Profile> SimulatedProvider::TakeUserinfoRequest() {
  Hold(plan_.id_token_is_good, "Core 3.1.3.7: userinfo was called though the ID token is bad");
  if (IsOutOfOrder()) return ServiceUnavailable();
  Profile profile;
  switch (plan_.profile) {
    case ProfileAnswer::kRefuses:
      return ProviderError{401, "invalid_token", "", std::nullopt};
    case ProfileAnswer::kMakesNoSense:
      return InvalidAnswer{};
    case ProfileAnswer::kIsSomebodyElses:
      profile.subject = "somebody else";
      return profile;
    case ProfileAnswer::kIsTheCustomers:
      break;
  }
  profile.subject = kCustomer;
  return profile;
}

void SimulatedProvider::DaemonDied(absl::Time now) {
  busy_until_ = std::min(busy_until_, now);
  not_before_ = absl::InfinitePast();
}

}  // namespace cibad
