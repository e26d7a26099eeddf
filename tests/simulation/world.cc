#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/login/new_login.h"
#include "server/login/step.h"
#include "tests/simulation/describe.h"
#include "tests/unit/login/transition_promises.h"

namespace cibad {
namespace {

constexpr absl::Duration kLongestWay = absl::Seconds(2);  // of a request or an answer
constexpr absl::Duration kRequestTimeout = absl::Seconds(35);
constexpr absl::Duration kLongestCommit = absl::Seconds(1);
constexpr absl::Duration kSlowestAnswer = absl::Seconds(30);
constexpr int kMostSteps = 5'000;  // far more than any login needs

}  // namespace

World::World(uint64_t seed, bool keep_history)
    : keeps_history_(keep_history),
      random_(seed),
      plan_(MakePlan(random_)),
      provider_(plan_, random_),
      start_(absl::FromUnixSeconds(1'800'000'000)),
      now_(start_) {
  LoginRequest request;
  request.sales_unit = "123456";
  request.scopes = {"openid"};
  stored_ = NewLogin(absl::StrCat(seed), std::move(request), now_);
  memory_ = told_ = stored_;
}

bool World::IsLater(const Happening& one, const Happening& other) {
  return std::pair(one.time, one.order) > std::pair(other.time, other.order);
}

void World::At(absl::Time time, std::function<void()> what) {
  happenings_.push_back({std::max(time, now_), order_++, std::move(what)});
  std::push_heap(happenings_.begin(), happenings_.end(), IsLater);
}

Story World::Run() {
  At(now_, [this] { Deliver(life_, Accepted{}); });
  if (plan_.crashes_after) At(now_ + *plan_.crashes_after, [this] { Crash(); });
  if (plan_.cancels_after) {
    At(now_ + *plan_.cancels_after, [this] { Deliver(life_, CancelRequested{}); });
  }
  while (!happenings_.empty() && story_.violation.empty()) {
    std::pop_heap(happenings_.begin(), happenings_.end(), IsLater);
    Happening next = std::move(happenings_.back());
    happenings_.pop_back();
    now_ = next.time;
    next.what();
    Hold(provider_.violation().empty(), provider_.violation());
    Hold(story_.steps < kMostSteps, "a login comes to an end");
  }
  story_.end = stored_;
  const std::string judgement = Judge();
  Hold(judgement.empty(), judgement);
  return std::move(story_);
}

void World::Hold(bool kept, const std::string& rule) {
  if (kept || !story_.violation.empty()) return;
  story_.violation = rule;
  Note("BROKEN: ", rule);
}

// Mostly quick, so that what comes after a slow one is likely to overtake it.
absl::Duration World::Way() {
  return random_.Percent(80) ? random_.Between(absl::Milliseconds(1), absl::Milliseconds(200))
                             : random_.Between(absl::Milliseconds(1), kLongestWay);
}

absl::Duration World::CommitTime() {
  return random_.Percent(90) ? absl::Milliseconds(1)
                             : random_.Between(absl::ZeroDuration(), kLongestCommit);
}

// ---- The daemon: one event at a time; write, then act, then tell.

void World::Deliver(int life, const Event& event) {
  if (life != life_ || !is_up_) return;
  mailbox_.push_back(event);
  TakeMail();
}

void World::TakeMail() {
  while (is_up_ && !is_writing_ && !mailbox_.empty() && story_.violation.empty()) {
    const Event event = std::move(mailbox_.front());
    mailbox_.pop_front();
    Happen(event);
  }
}

void World::Happen(const Event& event) {
  ++story_.steps;
  Transition transition = Step(memory_, event, now_);
  Note(Describe(event), " -> ", Describe(transition.login));
  Hold(BrokenPromise(memory_, transition, now_).empty(), BrokenPromise(memory_, transition, now_));
  if (HasEnded(memory_.state)) return;
  const bool must_be_written = transition.login.revision != memory_.revision;
  memory_ = std::move(transition.login);
  event_ = event;
  event_time_ = now_;
  if (!must_be_written) {
    Hear();
    Act(transition.commands);
    return;
  }
  is_writing_ = true;
  if (CrashHere()) return;
  At(now_ + CommitTime(), [this, life = life_, commands = std::move(transition.commands)] {
    if (life == life_) Commit(life, commands);
  });
}

void World::Commit(int life, const std::vector<Command>& commands) {
  stored_ = memory_;
  is_writing_ = false;
  Hear();
  if (CrashHere()) return;
  Act(commands);
  if (life == life_) TakeMail();
}

void World::Act(const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    std::visit([this](const auto& what) { Do(what); }, command);
  }
  if (!CrashHere()) Tell();
}

void World::Do(const SendBackchannelRequest&) {
  Exchange<BackchannelAnswered>([this](absl::Time answer_time) {
    return provider_.TakeBackchannelRequest(now_, answer_time);
  });
}

void World::Do(const SendTokenRequest&) {
  Exchange<TokenRequestAnswered>(
      [this](absl::Time answer_time) { return provider_.TakeTokenRequest(now_, answer_time); });
}

void World::Do(const CheckIdToken&) {
  Exchange<IdTokenChecked>([this](absl::Time) { return provider_.TakeKeysRequest(); });
}

void World::Do(const FetchProfile&) {
  Hold(now_ < memory_.tokens->expire_time + kLongestCommit, "a dead access token is not used");
  Exchange<ProfileAnswered>([this](absl::Time) { return provider_.TakeUserinfoRequest(); });
}

void World::Do(const WakeAt& wake) {
  const uint64_t number = ++wake_;
  const int life = life_;
  if (wake.time == absl::InfiniteFuture()) return;
  if (random_.Percent(2)) {  // once too often, and early
    At(random_.Between(absl::ZeroDuration(), wake.time - now_) + now_,
       [this, life] { Deliver(life, Woken{}); });
  }
  At(wake.time, [this, number, life] {
    if (number == wake_) Deliver(life, Woken{});
  });
}

// Carries a request there and its answer back, unless something comes in between.
template <typename Answered, typename Take>
void World::Exchange(Take take) {
  Hold(!request_is_under_way_, "10.1: two requests at once");
  request_is_under_way_ = true;
  const int life = life_;
  const absl::Time give_up = now_ + kRequestTimeout;
  if (random_.Percent(plan_.trouble / 3)) {
    Note("the request does not leave");
    AnswerAt(now_ + Way(), life, Answered{NoAnswer{/*may_have_arrived=*/false, 0, {}, ""}});
    return;
  }
  const Answered broken_off{NoAnswer{/*may_have_arrived=*/true, 0, {}, ""}};
  if (random_.Percent(plan_.trouble / 3)) {
    Note("the request is lost");
    AnswerAt(random_.Between(absl::ZeroDuration(), kRequestTimeout) + now_, life, broken_off);
    return;
  }
  At(now_ + Way(), [this, life, take, give_up, broken_off] {
    const bool is_slow = random_.Percent(2 + plan_.trouble / 3);
    const absl::Time ready = now_ + (is_slow ? random_.Between(absl::ZeroDuration(), kSlowestAnswer)
                                             : absl::ZeroDuration());
    Answered answered{take(life == life_ ? std::min(ready, give_up) : now_)};
    Note("the provider: ", Describe(Event(answered)));
    const absl::Time answer_time = ready + Way();
    if (answer_time > give_up || random_.Percent(plan_.trouble / 3)) {
      Note("the answer is lost");
      AnswerAt(std::max(ready, random_.Between(absl::ZeroDuration(), give_up - now_) + now_), life,
               broken_off);
    } else {
      AnswerAt(answer_time, life, std::move(answered));
    }
  });
}

template <typename Answered>
void World::AnswerAt(absl::Time time, int life, Answered answered) {
  const auto* none = std::get_if<NoAnswer>(&answered.outcome);
  met_trouble_ |= none != nullptr || plan_.trouble > 0;
  answer_was_lost_ |= none != nullptr && none->may_have_arrived;
  At(time, [this, life, answered = std::move(answered)] {
    if (life == life_) request_is_under_way_ = false;
    Deliver(life, answered);
  });
}

bool World::CrashHere() {
  if (!random_.Percent(plan_.crashes)) return false;
  Crash();
  return true;
}

void World::Crash() {
  if (!is_up_) return;
  ++story_.crashes;
  ++life_;
  if (is_writing_ && random_.Percent(50)) {  // the commit was already on its way to the disk
    stored_ = memory_;
    Hear();
  }
  is_up_ = is_writing_ = request_is_under_way_ = false;
  mailbox_.clear();
  provider_.DaemonDied(now_);
  Note("CRASH; stored is ", Describe(stored_));
  At(now_ + random_.Between(kLongestWay, random_.Percent(80) ? absl::Seconds(5) : absl::Minutes(7)),
     [this] { Restart(); });
}

void World::Restart() {
  is_up_ = true;
  restart_time_ = now_;
  memory_ = stored_;
  memory_.progress = Progress{};
  Tell();
  if (!HasEnded(memory_.state)) Deliver(life_, Recovered{});
}

// ---- What is known for good.

void World::Hear() {
  was_cancelled_ |= std::holds_alternative<CancelRequested>(event_);
  if (std::holds_alternative<BackchannelAnswered>(event_)) expiry_runs_from_ = event_time_;
  if (const auto* answered = std::get_if<TokenRequestAnswered>(&event_)) {
    std::optional<absl::Duration> retry_after;
    if (std::holds_alternative<TokenAnswer>(answered->outcome)) {
      tokens_time_ = event_time_;
      provider_.TokensWereHeard();
    } else if (const auto* error = std::get_if<ProviderError>(&answered->outcome)) {
      retry_after = error->retry_after;
      heard_denial_ |= error->code == "access_denied";
      heard_expiry_ |= error->code == "expired_token";
      if (error->code == "slow_down") provider_.SlowDownWasHeard();
    } else if (const auto* none = std::get_if<NoAnswer>(&answered->outcome)) {
      retry_after = none->retry_after;
    } else {
      heard_nonsense_ = true;
    }
    if (retry_after) provider_.RetryAfterWasHeard(event_time_ + *retry_after);
  }
}

void World::Tell() {
  if (memory_.state == told_.state) return;
  Hold(memory_.state == stored_.state, "write, then tell: a till heard what was not written");
  Hold(!HasEnded(told_.state), "a till that heard of an end hears of no other");
  Hold(memory_.state > told_.state, "a till never hears that a login goes back");
  told_ = memory_;
}

// ---- The last judgement.

std::string World::Judge() const {
  if (!HasEnded(stored_.state)) return "every login ends";
  if (told_ != stored_) return "the till hears of the end";
  if (*stored_.end_time > Deadline()) return "every login ends by its deadline";
  if (was_cancelled_ && stored_.state != LoginState::kCancelled) return "a till can cancel";
  if (!FitsThePlan(stored_)) return "what was decided is what comes out";
  if (!plan_.IsCalm() || answer_was_lost_ || stored_.state != LoginState::kExpired) return "";
  // Nothing was in the way, so it was asked until the end, and the customer had not decided.
  if (provider_.told_decision()) return "a decision that was heard does not expire";
  const absl::Duration slowest =
      kSlowestAnswer + (plan_.slow_downs > 0 ? kLongestRetryAfter : absl::ZeroDuration()) +
      3 * kLongestWay + kLongestCommit;
  if (stored_.expire_time - provider_.last_token_request() > provider_.interval() + slowest) {
    return "10.1: polling goes on until the login expires";
  }
  return "";
}

absl::Time World::Deadline() const {
  absl::Time deadline = start_ + absl::Seconds(30) + kRequestTimeout;
  if (stored_.expire_time != absl::InfiniteFuture())
    deadline = stored_.expire_time + kRequestTimeout;
  if (tokens_time_ != absl::InfiniteFuture()) deadline = tokens_time_ + absl::Minutes(5);
  return std::max(deadline, restart_time_) + 2 * kLongestCommit;
}

bool World::FitsThePlan(const Login& end) const {
  const bool heard_tokens = tokens_time_ != absl::InfiniteFuture();
  switch (end.state) {
    case LoginState::kCompleted:
      return heard_tokens && plan_.decision == Decision::kApproves && plan_.id_token_is_good &&
             plan_.profile == ProfileAnswer::kIsTheCustomers && end.profile->subject == kCustomer;
    case LoginState::kDenied:
      return heard_denial_;
    case LoginState::kExpired:
      return !heard_tokens && !heard_denial_ && !heard_nonsense_ &&
             (heard_expiry_ || *end.end_time >= expiry_runs_from_ + plan_.expires_in);
    case LoginState::kCancelled:
      return was_cancelled_;
    default:
      return FailsWithReason(end.failure.reason);
  }
}

bool World::FailsWithReason(FailureReason reason) const {
  const bool heard_tokens = tokens_time_ != absl::InfiniteFuture();
  switch (reason) {
    case FailureReason::kInterrupted:
      return story_.crashes > 0 || answer_was_lost_;
    case FailureReason::kProviderUnavailable:
      return (met_trouble_ || story_.crashes > 0) && !heard_denial_;
    case FailureReason::kTooManyLogins:
      return plan_.push == PushAnswer::kSaysTooMany;
    case FailureReason::kRequestRefused:
      return plan_.push == PushAnswer::kRefuses;
    case FailureReason::kIdTokenRefused:
      return heard_tokens && !plan_.id_token_is_good;
    case FailureReason::kProfileRefused:
      return heard_tokens && (plan_.profile == ProfileAnswer::kIsSomebodyElses ||
                              plan_.profile == ProfileAnswer::kRefuses);
    case FailureReason::kProviderAnswerInvalid:
      return plan_.push == PushAnswer::kMakesNoSense || heard_nonsense_ ||
             (heard_tokens && plan_.profile == ProfileAnswer::kMakesNoSense);
    default:
      return false;
  }
}

}  // namespace cibad
