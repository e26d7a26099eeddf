#include "tests/simulation/judge.h"

#include <algorithm>
#include <variant>

namespace cibad {
namespace {

// How long a backchannel request that never left is tried again.
constexpr absl::Duration kStartLimit = absl::Seconds(30);

// A commit when the login is to end, and one that was under way.
constexpr absl::Duration kCommits = absl::Seconds(2);

absl::Time Deadline(const Login& end, const Record& record) {
  absl::Time deadline = record.create_time + kStartLimit + kRequestTimeout;
  if (end.expire_time != absl::InfiniteFuture()) deadline = end.expire_time + kRequestTimeout;
  if (record.heard_tokens()) deadline = record.tokens_time + kAccessTokenLife;
  return std::max(deadline, record.restart_time) + kCommits + record.delay;
}

bool EndsByCancel(const Record& record) {
  const absl::Time limit = std::max(record.true_cancel_time, record.true_restart_time);
  return record.true_end_time <= limit + kCancelRetry + kCommits + record.delay;
}

bool FailsWithReason(FailureReason reason, const Login& end, const Record& record, const Plan& plan,
                     const SimulatedProvider& provider) {
  const bool heard_tokens = record.heard_tokens();
  const bool tokens_are_dead =
      heard_tokens && *end.end_time >= record.tokens_time + kAccessTokenLife;
  switch (reason) {
    case FailureReason::kInterrupted:
      return record.died_while_starting || record.push_was_broken_off ||
             (plan.on_web_page &&
              (record.died_while_exchanging || record.exchange_was_broken_off)) ||
             (provider.gave_tokens() && !heard_tokens) || (tokens_are_dead && record.restarts > 0);
    case FailureReason::kProviderUnavailable:
      return record.push_met_outage || tokens_are_dead ||
             // The check of the user can take up the time for asking.
             ((record.push_never_left || plan.checks_user) &&
              *end.end_time >= record.create_time + kStartLimit) ||
             (plan.on_web_page && record.exchange_met_outage);
    case FailureReason::kInvalidUser:
      return !plan.user_exists;
    case FailureReason::kTooManyLogins:
      return plan.push == PushAnswer::kSaysTooMany || (plan.on_web_page && record.exchange_met_429);
    case FailureReason::kRequestRefused:
      return plan.push == PushAnswer::kRefuses ||
             (plan.on_web_page && record.exchange_was_refused) ||
             provider.gave_tokens_out_of_turn();
    case FailureReason::kWrongChallenge:
      return record.heard_wrong_number;
    case FailureReason::kOther:
      return record.heard_unknown_error || (plan.on_web_page && record.heard_senseless_error);
    case FailureReason::kIdTokenRefused:
      return heard_tokens && (!plan.id_token_is_good || plan.brings_anothers_code);
    case FailureReason::kProfileRefused:
      return heard_tokens &&
             (plan.profile == ProfileAnswer::kIsSomebodyElses ||
              plan.profile == ProfileAnswer::kRefuses || provider.saw_a_dead_token());
    case FailureReason::kProviderAnswerInvalid:
      return plan.push == PushAnswer::kMakesNoSense || record.heard_nonsense ||
             (heard_tokens && plan.profile == ProfileAnswer::kMakesNoSense);
    default:
      return false;
  }
}

bool EndsAsDecided(const Login& end, const Record& record, const Plan& plan,
                   const SimulatedProvider& provider) {
  switch (end.state) {
    case LoginState::kCompleted:
      return record.heard_tokens() && plan.decision == Decision::kApproves &&
             plan.id_token_is_good && !plan.brings_anothers_code &&
             plan.profile == ProfileAnswer::kIsTheCustomers &&
             end.profile->subject == kSubjectOfTheCustomer;
    case LoginState::kDenied:
      return record.heard_denial;
    case LoginState::kExpired:
      return !record.heard_tokens() && !record.heard_denial && !record.heard_nonsense &&
             !record.heard_wrong_number && !record.heard_unknown_error &&
             (record.heard_expiry || *end.end_time >= record.expiry_runs_from + plan.expires_in);
    case LoginState::kCancelled:
      return record.was_cancelled;
    default:
      return FailsWithReason(end.failure->reason, end, record, plan, provider);
  }
}

// Of a login that expired: where nothing was in the way, it was asked until the end, and after a
// restart it was asked again.
bool WasPolledToTheEnd(const Record& record, const Plan& plan, const SimulatedProvider& provider) {
  if (plan.trouble > 0 || record.heard_no_answer || plan.on_web_page) return true;
  const absl::Duration slowest = kSlowestAnswer + 3 * kLongestWay + kCommits + kLongestStagger +
                                 record.delay +
                                 (plan.slow_downs > 0 ? kLongestRetryAfter : absl::ZeroDuration());
  const absl::Time begin = std::max(
      {provider.acknowledge_time(), provider.last_token_request(), record.true_restart_time});
  // Where pings are to come polls are far apart, and the last of them falls into the last interval:
  // a daemon that was stopped just then could not send it.
  absl::Duration spacing = provider.interval();
  if (plan.ping_fallback && record.delay > absl::ZeroDuration()) {
    spacing = std::max(spacing, *plan.ping_fallback);
  }
  return record.true_end_time - begin <= spacing + slowest;
}

}  // namespace

void Record::Heard(const Event& event, absl::Time now) {
  if (std::holds_alternative<CancelRequested>(event)) was_cancelled = true;
  if (const auto* answered = std::get_if<TokenRequestAnswered>(&event)) {
    HeardOfToken(answered->outcome, now);
  }
  if (std::holds_alternative<CodeReceived>(event)) code_time = std::min(code_time, now);
  if (const auto* refused = std::get_if<CodeRefused>(&event)) HeardOfError(refused->error);
  if (const auto* answered = std::get_if<BackchannelAnswered>(&event)) {
    expiry_runs_from = now;
    const auto* none = std::get_if<NoAnswer>(&answered->outcome);
    if (none == nullptr) return;
    push_never_left |= !none->may_have_arrived;
    push_met_outage |= none->http_status != 0;
    push_was_broken_off |= none->may_have_arrived && none->http_status == 0;
  }
}

void Record::HeardOfToken(const Outcome<TokenAnswer>& outcome, absl::Time now) {
  if (std::holds_alternative<TokenAnswer>(outcome)) tokens_time = now;
  heard_nonsense |= std::holds_alternative<InvalidAnswer>(outcome);
  heard_no_answer |= std::holds_alternative<NoAnswer>(outcome);
  if (const auto* error = std::get_if<ProviderError>(&outcome)) HeardOfError(*error);
  if (const auto* none = std::get_if<NoAnswer>(&outcome)) {
    exchange_met_outage |= none->http_status != 0;
    exchange_was_broken_off |= none->may_have_arrived && none->http_status == 0;
  }
}

void Record::HeardOfError(const ProviderError& error) {
  heard_denial |= error.code == "access_denied";
  heard_expiry |= error.code == "expired_token";
  heard_wrong_number |= error.code == "wrong_challenge";
  heard_unknown_error |= error.code == "no_document_lists_this";
  exchange_was_refused |= error.code == "invalid_grant";
  exchange_met_429 |= error.http_status == 429;
  heard_senseless_error |= error.code == "slow_down" || error.code == "authorization_pending";
}

const Invariant* Judge(const Login& end, const Record& record, const Plan& plan,
                       const SimulatedProvider& provider) {
  if (!HasEnded(end.state) || *end.end_time > Deadline(end, record)) return &kEnds;
  if (!EndsByCancel(record)) return &kCancelIsHeard;
  if (record.was_cancelled != (end.state == LoginState::kCancelled)) return &kCancelIsHeard;
  if (!EndsAsDecided(end, record, plan, provider)) return &kEndsAsDecided;
  if (end.state != LoginState::kExpired) return nullptr;
  if (!WasPolledToTheEnd(record, plan, provider)) return &kPollingGoesOn;
  const bool had_its_code =
      plan.on_web_page && record.code_time < record.expiry_runs_from + plan.expires_in;
  if (plan.IsCalm() && !record.heard_no_answer && (provider.gave_decision() || had_its_code)) {
    return &kDecisionIsHeardOut;
  }
  return nullptr;
}

}  // namespace cibad
