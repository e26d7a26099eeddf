// The simulated world's network: what becomes of the requests that the core wants made.

#include <algorithm>
#include <utility>

#include "server/login/step.h"
#include "tests/simulation/world.h"

namespace cibad {
namespace {

// Longer than the daemon waits: the answer comes when it has given up.
constexpr absl::Duration kLongestThinking = absl::Seconds(90);

// What was sent still goes its way when its sender hears that the connection has broken.
constexpr absl::Duration kLongestWayAfterBreak = absl::Milliseconds(900);

constexpr int kNoLife = -1;  // of a daemon that has died before its request arrived

template <typename Answered>
constexpr size_t IndexOf() {
  return Event(Answered{}).index();
}

}  // namespace

// Mostly quick, so that what comes after a slow one is likely to overtake it.
absl::Duration World::Way() {
  return random_.Percent(80) ? random_.Between(absl::Milliseconds(1), absl::Milliseconds(200))
                             : random_.Between(absl::Milliseconds(1), kLongestWay);
}

void World::Do(const CheckUser&) {
  Exchange<UserChecked>([](absl::Time) { return 0; },
                        [this](int) { return provider_.AnswerUserCheck(); });
}

void World::Do(const SendBackchannelRequest&) {
  if (!Hold(!may_have_asked_, kAskedOnce, "it may have arrived")) return;
  Exchange<BackchannelAnswered>(
      [this](absl::Time) {
        provider_.BackchannelRequestArrives();
        return 0;
      },
      [this](int) {
        SendPings();
        Outcome<Acknowledgement> answer = provider_.AnswerBackchannelRequest(now());
        const bool browser_comes = std::holds_alternative<Acknowledgement>(answer) &&
                                   plan_.on_web_page && plan_.decision != Decision::kNeverDecides &&
                                   plan_.browser_takes < absl::InfiniteDuration();
        if (browser_comes) {
          agenda_.At(provider_.decide_time() + plan_.browser_takes, [this] {
            Note("the browser comes");
            provider_.BrowserLeaves(now());
            BringCode();
          });
        }
        return answer;
      });
}

void World::Do(const SendTokenRequest&) {
  // Where the clock is set between two lives, a Retry-After may hold for longer.
  const bool is_hindered = story_.failed_writes > 0 || record_.delay > absl::ZeroDuration() ||
                           (story_.restarts > 0 && plan_.clock_jumps > 0);
  Hold(is_hindered || IsPingHeeded(), kPingIsHeeded);
  ping_time_ = absl::InfiniteFuture();
  Exchange<TokenRequestAnswered>(
      [this](absl::Time hang_up) { return provider_.TokenRequestArrives(now(), hang_up); },
      [this](int number) { return provider_.AnswerTokenRequest(number, now()); });
}

void World::Do(const ExchangeCode&) {
  ++story_.exchanges;
  Exchange<TokenRequestAnswered>(
      [this](absl::Time) {
        provider_.CodeArrives();
        return 0;
      },
      [this](int) { return provider_.AnswerCode(now()); });
}

void World::Do(const CheckIdToken&) {
  Exchange<IdTokenChecked>([](absl::Time) { return 0; },
                           [this](int) { return provider_.AnswerKeysRequest(); });
}

void World::Do(const FetchProfile&) {
  Hold(event_time_ + clock_error_ < memory_.tokens->expire_time, kDeadTokenNotUsed);
  Exchange<ProfileAnswered>(
      [this](absl::Time) {
        provider_.UserinfoRequestArrives();
        return 0;
      },
      [this](int) { return provider_.AnswerUserinfoRequest(now()); });
}

void World::Do(const WakeAt& wake) {
  const uint64_t number = ++wake_;
  const absl::Time time = wake.time - clock_error_;
  if (random_.Percent(3)) {  // once too often, and early
    const absl::Duration span = std::min(time - now(), kRequestTimeout);
    DaemonAt(random_.Between(absl::ZeroDuration(), span) + now(), [this] { Deliver(Woken{}); });
  }
  if (wake.time == absl::InfiniteFuture()) return;
  DaemonAt(time, [this, number] {
    if (number == wake_) Deliver(Woken{});
  });
}

// Carries a request there and its answer back, unless something comes in between.
template <typename Answered, typename Arrive, typename Answer>
void World::Exchange(Arrive arrive, Answer answer) {
  if (!is_up_) return;
  if (!Hold(under_way_ == 0, kOneRequestAtATime)) return;
  if (!Hold(now() >= not_before_, kWaitsAfterTrouble)) return;
  under_way_ = IndexOf<Answered>();
  const absl::Duration age = now() - start_;
  if (plan_.network_is_down.Covers(age) || random_.Percent(plan_.trouble / 3)) {
    Note("the request does not leave");
    return AnswerAt(now() + Way(), Answered{NoAnswer{/*may_have_arrived=*/false, 0, {}, ""}});
  }
  may_have_asked_ |= under_way_ == IndexOf<BackchannelAnswered>();
  const absl::Time give_up = now() + kRequestTimeout;
  if (random_.Percent(plan_.trouble / 3)) {
    const absl::Time hang_up = random_.Between(absl::ZeroDuration(), kRequestTimeout) + now();
    AnswerAt(hang_up, Answered{NoAnswer{/*may_have_arrived=*/true, 0, {}, ""}});
    if (random_.Percent(50)) return Note("the request is lost");
    Note("the request goes on when the connection has broken");
    agenda_.At(hang_up + random_.Between({}, kLongestWayAfterBreak),
               [this, arrive, answer, life = life_] {
                 if (life != life_) return;  // it broke earlier, when the daemon was killed
                 AwaitAnswer<Answered>(answer, arrive(now()), absl::ZeroDuration(), kNoLife, now());
               });
    return;
  }
  agenda_.At(now() + Way(), [this, arrive, answer, give_up, life = life_] {
    const bool is_awaited = life == life_;
    if (!is_awaited && is_up_ && now() - boot_time_ > kLongestWayAfterBreak) return;
    const bool breaks_off = random_.Percent(plan_.trouble / 3);
    const absl::Time hang_up = !is_awaited  ? now()
                               : breaks_off ? random_.Between({}, give_up - now()) + now()
                                            : give_up;
    absl::Duration thinking;
    if (random_.Percent(2 + plan_.trouble / 3)) {
      thinking = random_.Between(
          {}, plan_.trouble > 0 && random_.Percent(30) ? kLongestThinking : kSlowestAnswer);
    }
    const int number = arrive(hang_up);
    if (is_awaited) CrashHere(CrashPoint::kWhileAsking);
    AwaitAnswer<Answered>(answer, number, thinking, is_awaited ? life : kNoLife, hang_up);
  });
}

// The request takes effect once the provider has thought about it, whoever waits for its answer.
template <typename Answered, typename Answer>
void World::AwaitAnswer(Answer answer, int number, absl::Duration thinking, int life,
                        absl::Time hang_up) {
  const absl::Time effect_time = now() + thinking;
  const absl::Time answer_time = effect_time + Way();
  const bool is_lost = answer_time > hang_up;
  if (is_lost && life == life_) {
    AnswerAt(hang_up, Answered{NoAnswer{/*may_have_arrived=*/true, 0, {}, ""}});
  }
  agenda_.At(effect_time, [this, answer, number, life, answer_time, is_lost] {
    const Event event = Answered{answer(number)};
    Note("the provider:", event);
    if (life == life_ && is_up_ && !is_lost) {
      CrashHere(CrashPoint::kWhileBeingAnswered);
      if (life == life_) return AnswerAt(answer_time, event);
    }
    agenda_.At(answer_time, [this, event] { ComeStale(event); });
  });
}

void World::AnswerAt(absl::Time time, Event event) {
  DaemonAt(time, [this, event = std::move(event)] {
    under_way_ = 0;
    Deliver(event);
    if (random_.Percent(2)) DaemonAt(now() + Way(), [this, event] { ComeStale(event); });
  });
}

// An answer that nobody waits for: given up, sent twice, or to a daemon that has died since. The
// HTTP client drops it while a request of its kind is under way; else the core must.
void World::ComeStale(const Event& event) {
  if (!is_up_ || is_writing_ || !is_told_ || under_way_ == event.index()) return;
  if (under_way_ == 0 && !mailbox_.empty()) return;
  ++story_.stale_events;
  const Transition transition = Step(memory_, event, daemon_now());
  const bool changes_nothing = transition.commands.empty() && transition.login == memory_;
  Note("too late:", event);
  Hold(changes_nothing, kStaleChangesNothing);
}

}  // namespace cibad
