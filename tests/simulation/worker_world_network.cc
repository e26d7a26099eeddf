// The worker's world: its network, and what carries the daemon's calls.

#include <algorithm>
#include <utility>

#include "tests/simulation/worker_world_parts.h"

namespace cibad {
namespace {

// There or back; and what a request may still go when its sender hears that the connection broke.
constexpr absl::Duration kLongestWayOfARequest = absl::Milliseconds(900);
constexpr absl::Duration kSlowestThinking = absl::Seconds(30);  // that is still waited for
constexpr int kTroubleOfDirectory = 10;                         // percent
constexpr int kCancelsWhileWriting = 3;                         // percent
constexpr absl::Duration kLatestAlarm = absl::Milliseconds(500);

std::shared_ptr<const SalesUnits> TheSalesUnits() {
  static const auto units = std::make_shared<const SalesUnits>(SalesUnits{
      {"123456",
       {.msn = "123456", .client_id = kSimulatedClientId, .client_secret = Secret("secret")}}});
  return units;
}

HttpError NoConnection(bool may_have_arrived) {
  return {absl::UnavailableError("the connection broke"), may_have_arrived};
}

absl::string_view NameOfEndpoint(Endpoint endpoint) {
  constexpr std::array<absl::string_view, 6> kNames = {"discovery", "keys",     "push",
                                                       "poll",      "userinfo", "nonsense"};
  return kNames[static_cast<size_t>(endpoint)];
}

std::string Words(const HttpResult& result) {
  const auto* response = std::get_if<HttpResponse>(&result);
  if (response == nullptr) {
    return std::get<HttpError>(result).may_have_arrived ? "broken off" : "never left";
  }
  if (response->status == 200) return "200";
  return absl::StrCat(response->status, " ", response->body);
}

}  // namespace

WorkerWorld::Daemon::Daemon(WorkerWorld& world)
    : store({.disk = &world.disk_,
             .on_waiting = [&world] { world.OnWaiting(); },
             .refuses = [&world](const Login& login) { return world.Refuses(login); },
             .on_commit = [&world](const Login* before,
                                   const Login& after) { world.OnCommit(before, after); }}),
      http(world),
      directory(kSimulatedIssuer, ProviderDirectory::Environment{
                                      .http = &http,
                                      .clock = [&world] { return world.now(); },
                                      .set_alarm =
                                          [&world, this](absl::Time time) {
                                            world.Ring(time, directory_alarm,
                                                       [this] { directory.OnAlarm(); });
                                          },
                                      .post =
                                          [&world](std::function<void()> what) {
                                            world.DaemonAt(world.now(), std::move(what));
                                          },
                                  }),
      access_tokens(kSimulatedIssuer, AccessTokens::Environment{
                                          .http = &http,
                                          .clock = [&world] { return world.now(); },
                                          .set_alarm = [](absl::Time) {},
                                          .post =
                                              [&world](std::function<void()> what) {
                                                world.DaemonAt(world.now(), std::move(what));
                                              },
                                      }),
      worker(Worker::Environment{
          .http = &http,
          .store = &store,
          .provider = &directory,
          .access_tokens = &access_tokens,
          .sales_units = TheSalesUnits(),
          .clock = [&world] { return world.now(); },
          .wall_clock = [&world] { return world.now(); },
          .set_alarm =
              [&world, this](absl::Time time) {
                world.Ring(time, worker_alarm, [this] { worker.OnAlarm(); });
              },
          .post = [&world](
                      std::function<void()> what) { world.DaemonAt(world.now(), std::move(what)); },
      }) {}

// Mostly at once, sometimes late, seldom once too often.
void WorkerWorld::Ring(absl::Time time, uint64_t& alarm, const std::function<void()>& on_alarm) {
  const uint64_t number = ++alarm;
  if (time == absl::InfiniteFuture()) return;
  if (random_.Percent(1)) DaemonAt(random_.Between(now(), std::max(now(), time)), on_alarm);
  const absl::Duration lateness = random_.Percent(3)
                                      ? random_.Between(absl::ZeroDuration(), kLatestAlarm)
                                      : absl::ZeroDuration();
  DaemonAt(time + lateness, [&alarm, number, on_alarm] {
    if (number == alarm) on_alarm();
  });
}

bool WorkerWorld::Refuses(const Login& login) {
  if (!IsUp()) return true;  // a dying daemon writes nothing more
  Hold(!daemon_->store.IsWaiting(login.id), kOneWriteAtATime);
  CrashHere(WorkerCrash::kWhileWriting);
  if (!IsUp()) return true;
  if (!plan_.is_calm && random_.Percent(kCancelsWhileWriting)) {
    Till& till = *tills_[static_cast<size_t>(TillOf(login))];
    agenda_.At(now(), [this, &till] { CancelLogin(till); });
  }
  if (!random_.Percent(plan_.refused_writes)) return false;
  ++story_.refused_writes;
  Note("refused:", login.id, login);
  return true;
}

// Mostly quick, so that what comes after a slow one is likely to overtake it.
absl::Duration WorkerWorld::Way() {
  return random_.Between(absl::Milliseconds(1),
                         random_.Percent(80) ? absl::Milliseconds(100) : kLongestWayOfARequest);
}

void WorkerWorld::Send(const HttpRequest& request, std::function<void(HttpResult)> done) {
  if (!IsUp()) return;
  auto exchange = std::make_shared<Exchange>();
  exchange->target = provider_.Find(request);
  exchange->done = std::move(done);
  exchange->life = life_;
  const bool is_of_a_login = exchange->target.customer >= 0;
  Note("asks:", NameOfEndpoint(exchange->target.endpoint),
       absl::StrCat("of ", exchange->target.customer));
  CheckIsWritten(exchange->target);
  CrashHere(WorkerCrash::kWhileAsking);
  if (!IsUp()) return;
  int trouble = plan_.is_calm ? 0 : kTroubleOfDirectory;
  if (is_of_a_login) {
    ++daemon_->requests;
    trouble = provider_.plan(exchange->target.customer).trouble;
  }
  Travel(exchange, request.timeout, trouble);
  CrashHere(WorkerCrash::kWhileAsking);
}

// Write, then act: what leads to the request stands on the disk.
void WorkerWorld::CheckIsWritten(const Target& target) {
  if (!Hold(target.endpoint != Endpoint::kNone, kActsAfterWriting, "it makes no sense")) return;
  if (target.customer < 0) return;
  const Till& till = *tills_[static_cast<size_t>(target.customer)];
  const Login* stored = nullptr;
  for (const auto& [id, login] : disk_) {
    if (TillOf(login) == till.index) stored = &login;
  }
  if (!Hold(stored != nullptr, kActsAfterWriting, "there is no such login")) return;
  const bool has_tokens = stored->tokens.has_value();
  switch (target.endpoint) {
    case Endpoint::kBackchannel:
      Hold(!daemon_->drains, kDrains, "a push");
      Hold(stored->state == LoginState::kStarting, kActsAfterWriting, "a push");
      break;
    case Endpoint::kToken:
      Hold(!daemon_->drains, kDrains, "a poll");
      Hold(stored->state == LoginState::kPending && !has_tokens, kActsAfterWriting, "a poll");
      break;
    default:
      Hold(stored->state == LoginState::kConfirmed && has_tokens, kActsAfterWriting, "userinfo");
  }
}

// Carries a request there and its answer back, unless something comes in between.
void WorkerWorld::Travel(const std::shared_ptr<Exchange>& exchange, absl::Duration timeout,
                         int trouble) {
  if (plan_.network_is_down.Covers(age()) || random_.Percent(trouble / 3))
    return AnswerAt(now() + Way(), exchange, NoConnection(/*may_have_arrived=*/false));
  const bool breaks_off = random_.Percent(trouble / 3);
  exchange->hang_up =
      now() + (breaks_off ? random_.Between(absl::ZeroDuration(), timeout) : timeout);
  AnswerAt(exchange->hang_up, exchange, NoConnection(/*may_have_arrived=*/true));
  if (breaks_off && random_.Percent(30)) return;  // the request is lost
  const bool is_late = breaks_off && random_.Percent(30);
  ArriveAt(is_late ? exchange->hang_up + Way() : now() + Way(), exchange, trouble);
}

void WorkerWorld::ArriveAt(absl::Time time, const std::shared_ptr<Exchange>& exchange,
                           int trouble) {
  agenda_.At(time, [this, exchange, trouble] {
    const bool is_of_this_life = exchange->life == life_ && daemon_ != nullptr;
    // It had not even broken when the daemon was killed, and that is when it broke instead.
    if (!is_of_this_life && now() > exchange->hang_up) return;
    const bool is_awaited = is_of_this_life && !exchange->is_over;
    const int number =
        provider_.Arrive(exchange->target, now(), is_awaited ? exchange->hang_up : now());
    const absl::Duration thinking = random_.Percent(2 + trouble / 3)
                                        ? random_.Between(absl::ZeroDuration(), kSlowestThinking)
                                        : absl::ZeroDuration();
    agenda_.At(now() + thinking, [this, exchange, number] {
      HttpResult answer = provider_.Answer(exchange->target, number, now());
      if (exchange->is_over || exchange->life != life_) return;
      CrashHere(WorkerCrash::kWhileBeingAnswered);
      AnswerAt(now() + Way(), exchange, std::move(answer));
    });
  });
}

void WorkerWorld::AnswerAt(absl::Time time, const std::shared_ptr<Exchange>& exchange,
                           HttpResult result) {
  agenda_.At(time, [this, exchange, result = std::move(result)] {
    if (exchange->life != life_ || !IsUp() || std::exchange(exchange->is_over, true)) return;
    const Target& target = exchange->target;
    Note("answered:", NameOfEndpoint(target.endpoint), absl::StrCat("of ", target.customer),
         Words(result));
    if (target.customer >= 0) --daemon_->requests;
    if (target.endpoint == Endpoint::kBackchannel) {
      Till& till = *tills_[static_cast<size_t>(target.customer)];
      const auto* error = std::get_if<HttpError>(&result);
      till.push_broke_off |= error != nullptr && error->may_have_arrived;
      till.push_never_left |= error != nullptr && !error->may_have_arrived;
      till.push_met_outage |= error == nullptr && std::get<HttpResponse>(result).status == 503;
    }
    exchange->done(result);
  });
}

}  // namespace cibad
