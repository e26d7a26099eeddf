#include "tests/simulation/simulated_provider.h"

#include <algorithm>
#include <optional>

namespace cibad {
namespace {

// However short the interval that the provider asks for, it is not polled in a busy loop.
constexpr absl::Duration kShortestInterval = absl::Seconds(1);

ProviderError Error(const char* code) { return ProviderError{400, code, "", std::nullopt}; }

}  // namespace

void SimulatedProvider::Hold(bool kept, const Invariant& invariant) {
  if (!kept && violation_ == nullptr) violation_ = &invariant;
}

absl::Duration SimulatedProvider::RetryAfter() {
  return random_.Between(absl::ZeroDuration(), kLongestRetryAfter);
}

NoAnswer SimulatedProvider::ServiceUnavailable() {
  NoAnswer answer{/*may_have_arrived=*/true, 503, std::nullopt, ""};
  if (random_.Percent(50)) answer.retry_after = RetryAfter();
  return answer;
}

Outcome<UserExists> SimulatedProvider::AnswerUserCheck() {
  if (IsOutOfOrder()) {
    if (random_.Percent(70)) return ServiceUnavailable();
    return ProviderError{429, "", "", ServiceUnavailable().retry_after};
  }
  if (random_.Percent(plan_.nonsense)) return InvalidAnswer{};
  return UserExists{plan_.user_exists};
}

void SimulatedProvider::BackchannelRequestArrives() {
  Hold(!was_asked_, kAskedOnce);
  Hold(!no_user_was_heard_, kNoPushToNobody);
  was_asked_ = true;
}

Outcome<Acknowledgement> SimulatedProvider::AnswerBackchannelRequest(absl::Time now) {
  if (IsOutOfOrder()) return ServiceUnavailable();
  if (!plan_.user_exists) return Error("unknown_user_id");
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
  interval_ = std::max(plan_.interval, kShortestInterval);
  acknowledge_time_ = now;
  decide_time_ = now + plan_.decides_after;
  expire_time_ = now + plan_.expires_in;
  return Acknowledgement{"auth-req-id", plan_.expires_in, plan_.interval};
}

int SimulatedProvider::TokenRequestArrives(absl::Time now, absl::Time hang_up) {
  Hold(!plan_.on_web_page, kWebPageNotPolled);
  Hold(!tokens_were_heard_, kTokensAskedForOnce);
  Hold(!end_was_heard_, kNoPollAfterTheEnd);
  Hold(now >= busy_until_, kPollNotOverlapping);
  Hold(now >= std::max(acknowledge_time_, last_token_request_) + interval_, kPollNotEarly);
  last_token_request_ = now;
  busy_until_ = hang_up;
  return ++token_requests_;
}

Outcome<TokenAnswer> SimulatedProvider::AnswerTokenRequest(int number, absl::Time now) {
  if (number == token_requests_) busy_until_ = std::min(busy_until_, now);
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
  return Grant(number, now);
}

Outcome<TokenAnswer> SimulatedProvider::Grant(int number, absl::Time now) {
  const bool is_out_of_turn = number < last_answered_token_request_;
  last_answered_token_request_ = std::max(last_answered_token_request_, number);
  if (gave_tokens_) return Error("invalid_grant");
  if (now >= expire_time_) return Error("expired_token");
  if (plan_.decision == Decision::kNeverDecides || now < decide_time_) {
    return Error("authorization_pending");
  }
  gave_decision_ = true;
  switch (plan_.decision) {
    case Decision::kDenies:
      return Error("access_denied");
    case Decision::kPicksTheWrongNumber:
      return Error("wrong_challenge");
    case Decision::kMeetsAnUnknownError:
      return Error("no_document_lists_this");
    case Decision::kApproves:
    case Decision::kNeverDecides:
      break;
  }
  gave_tokens_out_of_turn_ = is_out_of_turn;
  return GiveTokens(now);
}

TokenAnswer SimulatedProvider::GiveTokens(absl::Time now) {
  gave_tokens_ = true;
  access_token_expire_time_ = now + kAccessTokenLife;
  return TokenAnswer{"access-token", "id-token", kAccessTokenLife};
}

void SimulatedProvider::CodeArrives() {
  Hold(!code_arrived_, kCodeExchangedOnce);
  code_arrived_ = true;
}

Outcome<TokenAnswer> SimulatedProvider::AnswerCode(absl::Time now) {
  if (IsOutOfOrder()) {
    if (random_.Percent(70)) return ServiceUnavailable();
    return ProviderError{429, "", "", ServiceUnavailable().retry_after};
  }
  if (random_.Percent(plan_.nonsense)) return InvalidAnswer{};
  if (random_.Percent(plan_.slow_downs)) {  // senseless here, and so an error like any other
    return Error(random_.Percent(50) ? "slow_down" : "authorization_pending");
  }
  if (now >= code_expire_time_) return Error("invalid_grant");
  gave_decision_ = true;
  return GiveTokens(now);
}

IdTokenOutcome SimulatedProvider::AnswerKeysRequest() {
  if (IsOutOfOrder()) return ServiceUnavailable();
  if (plan_.id_token_is_good && !plan_.brings_anothers_code)
    return AcceptedIdToken{kSubjectOfTheCustomer};
  return RefusedIdToken{};
}

void SimulatedProvider::UserinfoRequestArrives() {
  Hold(plan_.id_token_is_good && !plan_.brings_anothers_code, kBadIdTokenNotUsed);
}

Outcome<Profile> SimulatedProvider::AnswerUserinfoRequest(absl::Time now) {
  if (IsOutOfOrder()) {
    if (random_.Percent(70)) return ServiceUnavailable();
    return ProviderError{429, "", "", ServiceUnavailable().retry_after};
  }
  Profile profile;
  saw_a_dead_token_ |= now >= access_token_expire_time_;
  if (saw_a_dead_token_) return ProviderError{401, "invalid_token", "", std::nullopt};
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
  profile.subject = kSubjectOfTheCustomer;
  return profile;
}

void SimulatedProvider::DaemonDied(absl::Time now) { busy_until_ = std::min(busy_until_, now); }

}  // namespace cibad
