#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/login/new_login.h"
#include "server/login/step.h"
#include "tests/unit/login/transition_promises.h"

namespace cibad {
namespace {

constexpr int kMostSteps = 5'000;  // far more than any login needs
constexpr int kTooManyRequests = 429;
constexpr absl::Duration kBringRetry = absl::Seconds(1);

// The least that is waited after an unanswered request, and where its doubling ends (10.1): sooner
// for a start, since staff are waiting.
constexpr absl::Duration kRetryBase = absl::Seconds(1);
constexpr absl::Duration kDoublingEnd = absl::Minutes(1);
constexpr absl::Duration kDoublingEndOfStarts = absl::Seconds(2);

// What is in the way of an answer's being the last word.
struct Trouble {
  bool is_answered;  // slow_down and authorization_pending: no back-off
  absl::Duration retry_after;
};

std::optional<Trouble> TroubleOf(const NoAnswer& none) {
  return Trouble{false, none.retry_after.value_or(absl::ZeroDuration())};
}
std::optional<Trouble> TroubleOf(const ProviderError& error) {
  return Trouble{error.http_status != kTooManyRequests,
                 error.retry_after.value_or(absl::ZeroDuration())};
}
template <typename Answer>
std::optional<Trouble> TroubleOf(const Answer&) {
  return std::nullopt;
}

bool IsAnswer(const Event& event) {
  return std::visit(
      [](const auto& what) {
        return requires { what.outcome; };
      },
      event);
}

std::optional<Trouble> TroubleOf(const Event& event) {
  return std::visit(
      [](const auto& what) -> std::optional<Trouble> {
        if constexpr (requires { what.outcome; }) {
          return std::visit([](const auto& answer) { return TroubleOf(answer); }, what.outcome);
        } else {
          return std::nullopt;
        }
      },
      event);
}

}  // namespace

World::World(uint64_t seed, bool keep_history)
    : keeps_history_(keep_history),
      random_(seed),
      plan_(MakePlan(random_, seed)),
      agenda_(absl::FromUnixSeconds(1'800'000'000)),
      provider_(plan_, random_),
      start_(now()) {
  LoginRequest request;
  request.sales_unit = "123456";
  request.msisdn = "4791234567";
  request.scope = "openid";
  if (plan_.on_web_page) request.web_page = WebPage{"https://shop.example/back", ""};
  memory_ = NewLogin(
      absl::StrCat(seed), std::move(request),
      Handling{.check_user = plan_.checks_user, .ping_fallback = plan_.ping_fallback}, now());
  record_.create_time = now();
  record_.delay = plan_.stopped.length;
}

Story World::Run() {
  Note(plan_);
  agenda_.At(now(), [this] { Start(); });
  if (plan_.crashes_after) {
    agenda_.At(now() + *plan_.crashes_after, [this] { Crash(CrashPoint::kAnywhere); });
  }
  if (plan_.restarts_after) {
    agenda_.At(now() + *plan_.restarts_after, [this] { Terminate(); });
  }
  if (plan_.cancels_after) {
    agenda_.At(now() + *plan_.cancels_after, [this] { AskToCancel(); });
  }
  while (story_.violation.empty() && agenda_.HappenNext()) {
    if (provider_.violation() != nullptr) Hold(false, *provider_.violation());
    Hold(story_.steps < kMostSteps, kEnds, "it goes on and on");
  }
  if (is_stored_) {
    story_.end = stored_;
    const Invariant* broken = Judge(stored_, record_, plan_, provider_);
    if (broken != nullptr) Hold(false, *broken);
    Hold(told_.state == stored_.state, kEnds, "the till never hears of it");
  } else {
    Hold(!provider_.was_asked() && !is_told_, kRefusedStartDoesNotExist);
  }
  return std::move(story_);
}

bool World::Hold(bool kept, const Invariant& invariant, absl::string_view detail) {
  if (kept || !story_.violation.empty()) return kept;
  story_.violation = absl::StrCat(invariant.name, ": ", invariant.promise);
  if (!detail.empty()) absl::StrAppend(&story_.violation, " (", detail, ")");
  Note("BROKEN:", story_.violation);
  return false;
}

void World::DaemonAt(absl::Time time, std::function<void()> what) {
  agenda_.At(time, [this, life = life_, what = std::move(what)]() mutable {
    if (life != life_ || !is_up_) return;
    if (plan_.stopped.Covers(now() - start_)) {
      return DaemonAt(start_ + plan_.stopped.after + plan_.stopped.length, std::move(what));
    }
    what();
  });
}

// ---- The daemon: one event at a time; write, then act, then tell.

void World::Start() {
  Note("StartLogin");
  if (CrashHere(CrashPoint::kBeforeWriting)) return;
  BeginWriting();
}

void World::Deliver(const Event& event) {
  // A wake-up need not wait for a write: the transition that is being written asks for its own.
  const bool is_wake = std::holds_alternative<Woken>(event);
  if (is_wake && is_writing_) return;
  if (is_draining_ &&
      (is_wake || std::holds_alternative<Accepted>(event) || std::holds_alternative<Pinged>(event)))
    return;
  if (is_draining_ && std::holds_alternative<CodeReceived>(event)) return;
  mailbox_.push_back(event);
  TakeMail();
}

void World::TakeMail() {
  while (is_up_ && !is_writing_ && !mailbox_.empty() && story_.violation.empty()) {
    const Event event = std::move(mailbox_.front());
    mailbox_.pop_front();
    Happen(event);
  }
  StopIfDrained();
}

void World::Happen(const Event& event) {
  ++story_.steps;
  Transition transition = Step(memory_, event, daemon_now());
  Note(event, "->", transition.login);
  const std::string broken = BrokenPromise(memory_, transition, daemon_now());
  if (!Hold(broken.empty(), kEachStep, broken) || HasEnded(memory_.state)) return;
  const bool must_be_written = transition.login.revision != memory_.revision;
  memory_ = std::move(transition.login);
  event_ = event;
  event_time_ = now();
  if (!must_be_written) {
    Hear();
    Act(transition.commands);
    return;
  }
  if (HasEnded(memory_.state)) record_.true_end_time = now();
  commands_ = std::move(transition.commands);
  if (!CrashHere(CrashPoint::kBeforeWriting)) BeginWriting();
}

void World::Act(const Commands& commands) {
  for (const Command& command : commands) {
    std::visit([this](const auto& what) { Do(what); }, command);
  }
  if (!CrashHere(CrashPoint::kAfterActing)) Tell();
}

void World::Tell() {
  if (is_told_ && memory_.state == told_.state) return;
  Hold(is_stored_ && memory_.state == stored_.state && memory_.revision == stored_.revision,
       kToldAfterWritten);
  if (is_told_) {
    Hold(!HasEnded(told_.state), kOneEnd, "a till heard of two");
    Hold(memory_.state > told_.state, kToldStaysTrue);
  }
  const bool says_yes =
      memory_.state == LoginState::kConfirmed || memory_.state == LoginState::kCompleted;
  Hold(!says_yes || (plan_.id_token_is_good && !plan_.brings_anothers_code),
       kOnlyProvenIsConfirmed);
  told_ = memory_;
  is_told_ = true;
  Note("the till hears", told_.state);
}

// ---- The till.

void World::AskToCancel() {
  if (is_told_ ? HasEnded(told_.state) : record_.start_was_refused) return;
  if (is_up_ && is_told_) {
    record_.true_cancel_time = std::min(record_.true_cancel_time, now());
    Note("the till cancels");
    DaemonAt(now(), [this] { Deliver(CancelRequested{}); });
  }
  agenda_.At(now() + kCancelRetry, [this] { AskToCancel(); });
}

// The page's server hands over what the browser brought, again and again until it hears of an end.
void World::BringCode() {
  if (is_told_ ? HasEnded(told_.state) : record_.start_was_refused) return;
  DaemonAt(now(), [this] {
    ++story_.codes;
    const auto refused = [](const char* code) {
      return CodeRefused{ProviderError{0, code, "", std::nullopt}};
    };
    switch (plan_.decision) {
      case Decision::kDenies:
        return Deliver(refused("access_denied"));
      case Decision::kPicksTheWrongNumber:
        return Deliver(refused("wrong_challenge"));
      case Decision::kMeetsAnUnknownError:
        return Deliver(refused("no_document_lists_this"));
      case Decision::kApproves:
      case Decision::kNeverDecides:
        break;
    }
    Deliver(CodeReceived{"code"});
  });
  agenda_.At(now() + kBringRetry, [this] { BringCode(); });
}

// ---- The provider's pings.

void World::SendPings() {
  if (!plan_.ping_fallback) return;
  for (const absl::Duration after : plan_.pings_after) {
    agenda_.At(now() + after, [this] { Ping(); });
  }
}

// Comes to whoever is up then. A login is found by an auth_req_id that it has, and has told of.
void World::Ping() {
  if (!is_up_ || memory_.auth_req_id.empty() || told_.auth_req_id.empty()) return;
  DaemonAt(now(), [this] {
    if (is_draining_ || HasEnded(memory_.state) || memory_.tokens.has_value()) return;
    if (!plan_.on_web_page) ping_time_ = std::min(ping_time_, now());
    Deliver(Pinged{});
  });
}

// Whether the poll that leaves now is as soon after the ping as the rules allow. Where the daemon
// was busy otherwise meanwhile (a disk that fails, SIGSTOP, trouble with its jitter) it may be
// later.
bool World::IsPingHeeded() const {
  if (ping_time_ == absl::InfiniteFuture() || unanswered_requests_ > 0) return true;
  const absl::Time soonest = std::max({ping_time_, last_answer_ + memory_.interval, not_before_});
  return now() <= soonest + kLongestCommit;
}

// ---- What is known for good, and how long to wait after it.

void World::Hear() {
  record_.Heard(event_, event_time_ + clock_error_);
  if (const auto* answered = std::get_if<TokenRequestAnswered>(&event_)) {
    HearOfToken(answered->outcome);
  }
  if (const auto* checked = std::get_if<UserChecked>(&event_)) {
    const auto* user = std::get_if<UserExists>(&checked->outcome);
    if (user != nullptr && !user->exists) provider_.NoUserWasHeard();
    return;  // trouble with the check keeps nobody from being asked
  }
  if (!IsAnswer(event_)) return;
  last_answer_ = event_time_;
  const std::optional<Trouble> trouble = TroubleOf(event_);
  retry_time_ = absl::InfinitePast();
  not_before_ = absl::InfinitePast();
  if (!trouble) {
    unanswered_requests_ = 0;
    return;
  }
  not_before_ = event_time_ + trouble->retry_after;
  if (trouble->retry_after > absl::ZeroDuration()) retry_time_ = not_before_;
  clock_error_when_heard_ = clock_error_;
  if (trouble->is_answered) {
    unanswered_requests_ = 0;
    return;
  }
  const bool is_poll = std::holds_alternative<TokenRequestAnswered>(event_) && !plan_.on_web_page;
  const absl::Duration base = is_poll ? std::max(memory_.interval, kRetryBase) : kRetryBase;
  const int doublings = std::min(unanswered_requests_++, 10);
  const bool is_start = std::holds_alternative<BackchannelAnswered>(event_);
  const absl::Duration end = is_start ? kDoublingEndOfStarts : kDoublingEnd;
  const absl::Duration wait = std::min(base * (1 << doublings), std::max(base, end));
  not_before_ = std::max(not_before_, event_time_ + wait);
}

void World::HearOfToken(const Outcome<TokenAnswer>& outcome) {
  if (std::holds_alternative<TokenAnswer>(outcome)) provider_.TokensWereHeard();
  if (std::holds_alternative<InvalidAnswer>(outcome)) provider_.EndWasHeard();
  const auto* error = std::get_if<ProviderError>(&outcome);
  if (error == nullptr) return;
  if (plan_.on_web_page) return provider_.EndWasHeard();
  if (error->http_status == kTooManyRequests) return;
  if (error->code == "slow_down") return provider_.SlowDownWasHeard();
  if (error->code != "authorization_pending") provider_.EndWasHeard();
}

}  // namespace cibad
