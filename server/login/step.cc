#include "server/login/step.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "server/login/back_off.h"
#include "server/login/phase.h"
#include "server/login/refusal.h"
#include "server/login/secret.h"

namespace cibad {
namespace {

// Functions here take a login over, as `Login&&`, and give it back in their transition. It is a
// large value that thousands of polls a second go through: it is moved once a step, not once a
// call.

// A backchannel request that could not even be sent is tried again for this long: staff are
// waiting.
constexpr absl::Duration kStartLimit = absl::Seconds(30);

// Before asking again for what can be asked again at will: keys, profile, a start that never left.
constexpr absl::Duration kRetryBase = absl::Seconds(1);

// Between two tries of a start, at the most, without the jitter and a Retry-After. With ever longer
// waits it would have five in its half minute, the last after 15 seconds or more, and could miss a
// provider that is away for moments only; and staff would wait for seconds after it is back.
constexpr absl::Duration kLongestStartBackOff = absl::Seconds(2);

// CIBA 11: slow_down makes the interval at least 5 seconds longer, for this and all later requests.
constexpr absl::Duration kSlowDownStep = absl::Seconds(5);

// A provider that asks for no interval at all, or next to none, is still not polled in a busy loop.
constexpr absl::Duration kShortestInterval = absl::Seconds(1);

// What was sent may still be on its way when its connection is known to have broken, and the
// provider counts the interval from its arrival (CIBA 10.1).
constexpr absl::Duration kStillOnItsWay = absl::Seconds(1);

// How long the proof and the profile of a customer who said yes may take: the life of the access
// token, where the provider says it, and never more than this.
constexpr absl::Duration kProfileLimit = absl::Minutes(5);

constexpr int kTooManyRequests = 429;

// When the phase is over whatever the provider does. A backchannel or token request under way is
// heard out: to give up on the one would leave a customer asked and nobody polling, to give up on
// the other could call expired what the customer has just agreed to.
absl::Time DeadlineOf(const Login& login) {
  const bool in_flight = login.progress.request_in_flight;
  switch (PhaseOf(login)) {
    case Phase::kChecking:  // nobody has been asked yet: to give up loses nothing
      return login.create_time + kStartLimit;
    case Phase::kAsking:
      return in_flight ? absl::InfiniteFuture() : login.create_time + kStartLimit;
    case Phase::kPolling:
    case Phase::kAwaiting:
      return in_flight ? absl::InfiniteFuture() : login.expire_time;
    case Phase::kProving:
    case Phase::kFetching:
      break;
  }
  return login.tokens->expire_time;
}

// Notes a change that must survive.
void Change(Login& login, absl::Time now) {
  ++login.revision;
  login.update_time = now;
}

// Ends the login, and drops what only an unfinished login needs.
Transition Finish(Login&& login, LoginState state, Failure failure, absl::Time now) {
  assert(!HasEnded(login.state) && HasEnded(state));
  Change(login, now);
  login.state = state;
  login.failure = std::move(failure);
  login.end_time = now;
  WipeText(login.auth_req_id);
  WipeText(login.progress.code);
  login.tokens.reset();
  login.code_may_be_used = false;
  login.progress = Progress{};
  return {std::move(login), {}};
}

Transition Fail(Login&& login, FailureReason reason, absl::Time now) {
  return Finish(std::move(login), LoginState::kFailed, Failure{reason, "", std::nullopt}, now);
}

Transition Refuse(Login&& login, const ProviderError& error, absl::Time now) {
  End end = EndOfRefusal(error);
  return Finish(std::move(login), end.state, std::move(end.failure), now);
}

// Waits until the next request or the deadline, whichever is first.
Transition Wait(Login&& login) {
  const absl::Time next_request =
      login.progress.request_in_flight ? absl::InfiniteFuture() : login.progress.next_request_time;
  const WakeAt wake{std::min(next_request, DeadlineOf(login))};
  return {std::move(login), {wake}};
}

// Never before the provider wants to hear of it again.
Transition WaitUntil(Login&& login, absl::Time next_request) {
  login.progress.next_request_time = std::max(next_request, login.retry_time);
  login.progress.earliest_request_time = login.progress.next_request_time;
  return Wait(std::move(login));
}

// Waits for a ping to tell of the end, where one is to come, and without it for longer than the
// interval asks (10.2). But a poll falls into the last interval of the login's life, as it would
// without pings: the customer may have decided, and the ping be lost.
Transition WaitForPing(Login&& login, absl::Time earliest, absl::Time now) {
  const std::optional<absl::Duration> fallback = login.handling.ping_fallback;
  Transition transition = WaitUntil(std::move(login), earliest);
  Progress& progress = transition.login.progress;
  if (!fallback.has_value() || progress.pinged) return transition;
  const absl::Time last = transition.login.expire_time - transition.login.interval;
  progress.next_request_time =
      std::max(progress.earliest_request_time, std::min(now + *fallback, last));
  return Wait(std::move(transition.login));
}

// A Retry-After holds whatever it came with (10.1), and after a restart too.
void NoteRetryAfter(Login& login, std::optional<absl::Duration> retry_after, absl::Time now) {
  if (!retry_after.has_value()) return;
  Change(login, now);
  login.retry_time = now + *retry_after;
}

// Sends the phase's request. Never two at once (10.1).
Transition SendRequest(Login&& login) {
  assert(!login.progress.request_in_flight);
  login.progress.request_in_flight = true;
  login.progress.pinged = false;
  const Command request = RequestOf(PhaseOf(login));
  const Command wake = WakeAt{DeadlineOf(login)};
  return {std::move(login), {request, wake}};
}

// Sends the browser's code. The provider takes it once, so that it may be gone has to survive.
Transition SendCode(Login&& login, absl::Time now) {
  assert(!login.progress.code.empty());
  Change(login, now);
  login.code_may_be_used = true;
  return SendRequest(std::move(login));
}

// A new phase begins with a clean slate and its first request at once.
Transition EnterAndSend(Login&& login) {
  WipeText(login.progress.code);  // an assignment would leave its bytes where they are
  login.progress = Progress{};
  login.retry_time = absl::InfinitePast();  // it was of another endpoint
  return SendRequest(std::move(login));
}

// Asks again later: exponential back-off with jitter, never faster than `base` or what the provider
// asked for (10.1).
Transition AskAgain(Login&& login, absl::Duration base, std::optional<absl::Duration> retry_after,
                    absl::Time now) {
  NoteRetryAfter(login, retry_after, now);
  const int unanswered = ++login.progress.unanswered_requests;
  const absl::Duration longest =
      login.state == LoginState::kStarting ? kLongestStartBackOff : kLongestBackOff;
  const absl::Time next = now + BackOff(base, unanswered, login.id, longest);
  return WaitUntil(std::move(login), next);
}

// The customer's time is up, or what the customer agreed to cannot be fetched in time.
Transition DeadlinePassed(Login&& login, absl::Time now) {
  if (login.state == LoginState::kPending && !login.tokens.has_value())
    return Finish(std::move(login), LoginState::kExpired, {}, now);
  return Fail(std::move(login), FailureReason::kProviderUnavailable, now);
}

// ---- What each event means. The login has not ended, and an answer is one that the login waits
// for.

Transition On(Login&& login, const Accepted&, absl::Time) { return SendRequest(std::move(login)); }

Transition On(Login&& login, const Recovered& event, absl::Time now) {
  login.progress = Progress{};
  // A clock that was set back meanwhile makes no wait longer than the provider asked for.
  const absl::Time retry_time =
      std::min(login.retry_time, now + (login.retry_time - login.update_time));
  switch (PhaseOf(login)) {
    case Phase::kChecking:  // what was done before the crash is not known
    case Phase::kAsking:
      // The request may have left before the crash, and must not be sent twice: the customer would
      // be asked twice.
      return Fail(std::move(login), FailureReason::kInterrupted, now);
    case Phase::kPolling: {
      if (now >= login.expire_time) return DeadlinePassed(std::move(login), now);
      // A token request may have been under way at the crash: a whole interval from now is never
      // early, and its answer may be lost.
      login.progress.token_answer_may_be_lost = true;
      const absl::Time earliest = std::max(now + kStillOnItsWay + login.interval, retry_time);
      login.progress.earliest_request_time = earliest;
      login.progress.next_request_time = earliest + event.stagger;
      return Wait(std::move(login));
    }
    case Phase::kAwaiting:
      // The crash lost what the exchange brought, and the code is good for one.
      if (login.code_may_be_used) return Fail(std::move(login), FailureReason::kInterrupted, now);
      if (now >= login.expire_time) return DeadlinePassed(std::move(login), now);
      return Wait(std::move(login));
    case Phase::kProving:
    case Phase::kFetching:
      // It was the daemon, not the provider, that was away for longer than the tokens live.
      if (now >= DeadlineOf(login)) return Fail(std::move(login), FailureReason::kInterrupted, now);
      break;
  }
  if (now >= retry_time) return SendRequest(std::move(login));
  login.progress.next_request_time = retry_time;
  return Wait(std::move(login));
}

Transition On(Login&& login, const Woken&, absl::Time now) {
  if (now >= DeadlineOf(login)) return DeadlinePassed(std::move(login), now);
  const Progress& progress = login.progress;
  if (progress.request_in_flight || now < progress.next_request_time) return Wait(std::move(login));
  if (PhaseOf(login) == Phase::kAwaiting) return SendCode(std::move(login), now);
  return SendRequest(std::move(login));
}

// A ping permits one poll at once, but never inside the interval, the provider's Retry-After or the
// back-off (10.1, 10.2). One that comes while a poll is under way may have overtaken its answer,
// and permits the next.
Transition On(Login&& login, const Pinged&, absl::Time now) {
  if (now >= DeadlineOf(login)) return DeadlinePassed(std::move(login), now);
  Progress& progress = login.progress;
  progress.pinged = true;
  if (progress.request_in_flight) return Wait(std::move(login));
  progress.next_request_time = std::min(progress.next_request_time, progress.earliest_request_time);
  if (now < progress.next_request_time) return Wait(std::move(login));
  return SendRequest(std::move(login));
}

Transition On(Login&& login, const CancelRequested&, absl::Time now) {
  return Finish(std::move(login), LoginState::kCancelled, {}, now);
}

// ---- The answer to the question whether the customer has an account.

Transition On(Login&& login, const UserChecked& event, absl::Time now) {
  const auto* user = std::get_if<UserExists>(&event.outcome);
  if (user != nullptr && !user->exists)
    return Fail(std::move(login), FailureReason::kInvalidUser, now);
  // Without a no the customer is asked, also where the check itself went wrong: it is there to
  // spare a push to nobody, and its trouble must not keep out a customer whom the backchannel
  // endpoint, which has the last word, would let in.
  if (now >= DeadlineOf(login)) return DeadlinePassed(std::move(login), now);
  login.progress.user_is_checked = true;
  return SendRequest(std::move(login));
}

// ---- The backchannel request's answer.

Transition OnAnswer(Login&& login, const Acknowledgement& acknowledgement, absl::Time now) {
  Change(login, now);
  login.state = LoginState::kPending;
  login.auth_req_id = acknowledgement.auth_req_id;
  login.interval = std::max(acknowledgement.interval, kShortestInterval);
  login.expire_time =
      now + acknowledgement.expires_in;  // 7.3: from the moment the answer was received
  login.progress = Progress{};
  if (FinishesOnWebPage(*login.request)) return Wait(std::move(login));  // it is never polled for
  // The first poll waits one interval too (10.1; the conformance tests insist).
  const absl::Time first_poll = now + login.interval;
  return WaitUntil(std::move(login), first_poll);
}

Transition OnBackchannelOutcome(Login&& login, const NoAnswer& no_answer, absl::Time now) {
  // What surely never left may be sent again; what may have arrived never is.
  if (!no_answer.may_have_arrived)
    return AskAgain(std::move(login), kRetryBase, no_answer.retry_after, now);
  return Fail(std::move(login),
              no_answer.http_status != 0 ? FailureReason::kProviderUnavailable
                                         : FailureReason::kInterrupted,
              now);
}

Transition On(Login&& login, const BackchannelAnswered& event, absl::Time now) {
  if (const auto* acknowledgement = std::get_if<Acknowledgement>(&event.outcome)) {
    return OnAnswer(std::move(login), *acknowledgement, now);
  }
  if (const auto* error = std::get_if<ProviderError>(&event.outcome))
    return Refuse(std::move(login), *error, now);
  if (const auto* no_answer = std::get_if<NoAnswer>(&event.outcome)) {
    return OnBackchannelOutcome(std::move(login), *no_answer, now);
  }
  return Fail(std::move(login), FailureReason::kProviderAnswerInvalid,
              now);  // 7.3: no token request follows
}

// ---- What the customer's browser brings.

Transition On(Login&& login, const CodeReceived& event, absl::Time now) {
  if (now >= DeadlineOf(login)) return DeadlinePassed(std::move(login), now);
  login.progress.code = event.code;
  return SendCode(std::move(login), now);
}

Transition On(Login&& login, const CodeRefused& event, absl::Time now) {
  return Refuse(std::move(login), event.error, now);
}

// What never left leaves the code as good as it was. After anything else it may be used, and an
// answer that held the tokens is not given twice: the login ends.
Transition OnCodeNotAnswered(Login&& login, const NoAnswer& no_answer, absl::Time now) {
  if (no_answer.may_have_arrived) {
    return Fail(std::move(login),
                no_answer.http_status != 0 ? FailureReason::kProviderUnavailable
                                           : FailureReason::kInterrupted,
                now);
  }
  Change(login, now);
  login.code_may_be_used = false;
  return AskAgain(std::move(login), kRetryBase, std::nullopt, now);
}

// ---- A token request's answer.

Transition OnAnswer(Login&& login, const TokenAnswer& answer, absl::Time now) {
  Change(login, now);
  login.code_may_be_used = false;
  const absl::Duration life = std::min(answer.expires_in.value_or(kProfileLimit), kProfileLimit);
  login.tokens = Tokens{answer.access_token, answer.id_token, now + life};
  return EnterAndSend(std::move(login));
}

// The interval is counted from the answer, not from the sending: the provider counts from the
// request's arrival, which lies between the two, so a request sent one interval after the answer is
// never early, however long the network held the one before. (10.1 would allow the next request at
// once where the answer took longer than the interval.)
Transition PollAgain(Login&& login, absl::Time now) {
  login.progress.unanswered_requests = 0;
  const absl::Time next = now + login.interval;
  return WaitForPing(std::move(login), next, now);
}

Transition OnTokenError(Login&& login, const ProviderError& error, absl::Time now) {
  // Of a code that was refused there is nothing to wait for, whatever the error says.
  if (PhaseOf(login) == Phase::kAwaiting) return Refuse(std::move(login), error, now);
  if (error.code == "authorization_pending") {
    // The customer had not decided: no answer that was lost before this one held the tokens.
    login.progress.token_answer_may_be_lost = false;
    NoteRetryAfter(login, error.retry_after, now);
    return PollAgain(std::move(login), now);
  }
  if (error.code == "slow_down") {
    Change(login, now);
    login.interval += kSlowDownStep;
    login.retry_time = now + error.retry_after.value_or(absl::ZeroDuration());
    return PollAgain(std::move(login), now);
  }
  // Here a 429 speaks of requests, not of this customer's logins: the login goes on, more slowly.
  if (error.http_status == kTooManyRequests) {
    const absl::Duration interval = login.interval;
    return AskAgain(std::move(login), interval, error.retry_after, now);
  }
  // The grant is gone because an earlier request took it, and its answer was lost.
  if (error.code == "invalid_grant" && login.progress.token_answer_may_be_lost) {
    return Fail(std::move(login), FailureReason::kInterrupted, now);
  }
  return Refuse(std::move(login), error, now);  // 11: any other error is the end
}

Transition On(Login&& login, const TokenRequestAnswered& event, absl::Time now) {
  if (const auto* answer = std::get_if<TokenAnswer>(&event.outcome))
    return OnAnswer(std::move(login), *answer, now);
  if (const auto* error = std::get_if<ProviderError>(&event.outcome)) {
    return OnTokenError(std::move(login), *error, now);
  }
  if (const auto* no_answer = std::get_if<NoAnswer>(&event.outcome)) {
    if (PhaseOf(login) == Phase::kAwaiting)
      return OnCodeNotAnswered(std::move(login), *no_answer, now);
    login.progress.token_answer_may_be_lost |= no_answer->may_have_arrived;
    const bool broke_off = no_answer->may_have_arrived && no_answer->http_status == 0;
    const absl::Duration interval =
        login.interval + (broke_off ? kStillOnItsWay : absl::ZeroDuration());
    return AskAgain(std::move(login), interval, no_answer->retry_after, now);
  }
  // It may have held the tokens, and they are given out once.
  return Fail(std::move(login), FailureReason::kProviderAnswerInvalid, now);
}

// ---- The ID token's check.

Transition On(Login&& login, const IdTokenChecked& event, absl::Time now) {
  if (const auto* accepted = std::get_if<AcceptedIdToken>(&event.outcome)) {
    // The answer waited for a daemon that was stopped for longer than the tokens live.
    if (now >= DeadlineOf(login)) return Fail(std::move(login), FailureReason::kInterrupted, now);
    Change(login, now);
    login.state = LoginState::kConfirmed;
    login.subject = accepted->subject;
    WipeText(login.tokens->id_token);  // it has done its work
    return EnterAndSend(std::move(login));
  }
  if (const auto* no_answer = std::get_if<NoAnswer>(&event.outcome)) {
    return AskAgain(std::move(login), kRetryBase, no_answer->retry_after, now);
  }
  // OpenID Connect Core 3.1.3.7: userinfo is not called.
  return Fail(std::move(login), FailureReason::kIdTokenRefused, now);
}

// ---- Userinfo's answer.

Transition OnAnswer(Login&& login, const Profile& profile, absl::Time now) {
  // OpenID Connect Core 5.3.2: a profile of somebody else must not be used.
  if (profile.subject != login.subject)
    return Fail(std::move(login), FailureReason::kProfileRefused, now);
  login.profile = profile;
  return Finish(std::move(login), LoginState::kCompleted, {}, now);
}

Transition On(Login&& login, const ProfileAnswered& event, absl::Time now) {
  if (const auto* profile = std::get_if<Profile>(&event.outcome))
    return OnAnswer(std::move(login), *profile, now);
  if (const auto* no_answer = std::get_if<NoAnswer>(&event.outcome)) {
    return AskAgain(std::move(login), kRetryBase, no_answer->retry_after, now);
  }
  if (const auto* error = std::get_if<ProviderError>(&event.outcome)) {
    if (error->http_status == kTooManyRequests) {
      return AskAgain(std::move(login), kRetryBase, error->retry_after, now);
    }
    return Finish(std::move(login), LoginState::kFailed,
                  Failure{FailureReason::kProfileRefused, error->code, std::nullopt}, now);
  }
  return Fail(std::move(login), FailureReason::kProviderAnswerInvalid, now);
}

// ---- Which events still concern the login.

// Only where polls wait for it.
bool AwaitsPing(const Login& login) {
  return PhaseOf(login) == Phase::kPolling && login.handling.ping_fallback.has_value();
}

bool IsAwaited(const Login& login, const Event& event) {
  if (std::holds_alternative<Pinged>(event)) return AwaitsPing(login);
  const Phase phase = PhaseOf(login);
  const bool in_flight = login.progress.request_in_flight;
  if (std::holds_alternative<Accepted>(event))
    return login.state == LoginState::kStarting &&
           login.progress == Progress{};  // a login begins once
  if (std::holds_alternative<UserChecked>(event)) return in_flight && phase == Phase::kChecking;
  if (std::holds_alternative<CodeReceived>(event) || std::holds_alternative<CodeRefused>(event))
    return phase == Phase::kAwaiting && login.progress.code.empty();  // one code at a time
  if (std::holds_alternative<BackchannelAnswered>(event))
    return in_flight && phase == Phase::kAsking;
  if (std::holds_alternative<TokenRequestAnswered>(event))
    return in_flight && (phase == Phase::kPolling || phase == Phase::kAwaiting);
  if (std::holds_alternative<IdTokenChecked>(event)) return in_flight && phase == Phase::kProving;
  if (std::holds_alternative<ProfileAnswered>(event)) return in_flight && phase == Phase::kFetching;
  return true;
}

bool IsAnswer(const Event& event) {
  return std::holds_alternative<UserChecked>(event) ||
         std::holds_alternative<BackchannelAnswered>(event) ||
         std::holds_alternative<TokenRequestAnswered>(event) ||
         std::holds_alternative<IdTokenChecked>(event) ||
         std::holds_alternative<ProfileAnswered>(event);
}

}  // namespace

Transition Step(Login login, const Event& event, absl::Time now) {
  // A login ends exactly once.
  if (HasEnded(login.state) || !IsAwaited(login, event)) return {std::move(login), {}};
  if (IsAnswer(event)) login.progress.request_in_flight = false;
  return std::visit([&](const auto& what) { return On(std::move(login), what, now); }, event);
}

}  // namespace cibad
