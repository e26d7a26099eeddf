// The worker's world: its tills, which start, watch, look and cancel, and the last judgement of
// what each was told.

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "server/login/new_login.h"
#include "tests/simulation/worker_world_parts.h"

namespace cibad {
namespace {

constexpr absl::Duration kLatestStart = absl::Seconds(20);
constexpr char kTill[] = "tills";
constexpr absl::Duration kPauseOfATill = absl::Milliseconds(200);  // between two tries
constexpr absl::Duration kPauseOfACancel = absl::Milliseconds(500);
// A write that is under way, and its own: a second at most each.
constexpr absl::Duration kLongestCancel = absl::Milliseconds(2100);

LoginRequest RequestOfTill(int index) {
  LoginRequest request;
  request.caller = kTill;
  request.sales_unit = "123456";
  request.scope = "openid";
  request.msisdn = HttpProvider::NumberOf(index);
  request.request_id = absl::StrCat(index);
  return request;
}

}  // namespace

int TillOf(const Login& login) {
  int index = 0;
  static_cast<void>(absl::SimpleAtoi(login.request->request_id, &index));
  return index;
}

void WorkerWorld::TillWatch::OnLogin(const Login& login) {
  if (!world_.IsUp()) return;
  world_.CrashHere(WorkerCrash::kWhileTelling);
  if (!world_.IsUp()) return;
  was_answered = true;
  if (!heard.empty()) {
    world_.Hold(!HasEnded(heard.back()), kToldOnce, "after the end");
    world_.Hold(heard.back() != login.state, kToldOnce);
  }
  heard.push_back(login.state);
  if (place_ == 0) till_.heard.push_back(login.state);
  world_.OnTold(till_, login);
  world_.CrashHere(WorkerCrash::kWhileTelling);
}

void WorkerWorld::TillWatch::OnRefused(const absl::Status& status) {
  if (!world_.IsUp()) return;
  was_answered = true;
  world_.Hold(heard.empty(), kToldOnce, "it is refused after it was told");
  world_.OnRefused(till_, place_, status);
}

// ---- What a till does.

void WorkerWorld::PlanCalls(Till& till) {
  agenda_.At(random_.Between(now(), now() + kLatestStart), [this, &till] { StartLogin(till); });
  const std::optional<absl::Duration> cancels_after = provider_.plan(till.index).cancels_after;
  if (cancels_after.has_value()) {
    for (int callers = random_.Percent(30) ? 2 : 1; callers > 0; --callers) {
      agenda_.At(now() + *cancels_after, [this, &till] { CancelLogin(till); });
    }
  }
  for (int looks = random_.Below(4); looks > 0; --looks) {
    agenda_.At(now() + random_.Between(absl::ZeroDuration(), absl::Minutes(1)),
               [this, &till] { GetLogin(till); });
  }
  if (plan_.is_calm) return;
  for (size_t place = 0; place < kWatchesOfATill; ++place) {
    if (random_.Percent(60)) continue;
    const absl::Time time = now() + random_.Between(absl::ZeroDuration(), absl::Minutes(1));
    agenda_.At(time, [this, &till, place] { HangUp(till, place); });
    agenda_.At(time + random_.Between(absl::ZeroDuration(), absl::Seconds(5)),
               [this, &till, place] { WatchAgain(till, place, absl::ZeroDuration()); });
  }
}

void WorkerWorld::StartLogin(Till& till) {
  if (till.has_id || till.start_is_under_way) return;
  const bool is_serving = IsUp() && !daemon_->drains && daemon_->directory.status().ok() &&
                          daemon_->store.status().ok();
  if (!is_serving) {
    agenda_.At(now() + kPauseOfATill, [this, &till] { StartLogin(till); });
    return;
  }
  till.start_is_under_way = true;
  const std::string id = absl::StrCat("login-", till.index, "-", ++till.starts);
  Note("StartLogin", id);
  daemon_->store.Create(
      NewLogin(id, RequestOfTill(till.index), {}, now()),
      [this, &till, id](absl::StatusOr<Login> stored) { OnStarted(till, id, std::move(stored)); });
}

// As the engine does it.
void WorkerWorld::OnStarted(Till& till, const std::string& id, absl::StatusOr<Login> stored) {
  if (!IsUp()) return;
  till.start_is_under_way = false;
  if (!stored.ok()) {
    agenda_.At(now() + kPauseOfATill, [this, &till] { StartLogin(till); });
    return;
  }
  till.has_id = true;
  till.id = stored->id;
  if (stored->id == id) {
    DaemonAt(now(), [this, login = *stored] { daemon_->worker.Begin(login); });
    OnTold(till, *stored);
  }
  for (size_t place = 0; place < kWatchesOfATill; ++place) {
    if (place == 0 || random_.Percent(30)) WatchAgain(till, place, Way());
  }
}

void WorkerWorld::WatchAgain(Till& till, size_t place, absl::Duration wait) {
  Till::Place& here = till.places[place];
  here.is_wanted = true;
  here.watch.reset();
  agenda_.At(now() + wait,
             [this, &till, place, round = ++here.round] { WatchLogin(till, place, round); });
}

void WorkerWorld::WatchLogin(Till& till, size_t place, int round) {
  Till::Place& here = till.places[place];
  if (round != here.round || !here.is_wanted) return;
  if (!IsUp() || daemon_->drains || !till.has_id) return WatchAgain(till, place, kPauseOfATill);
  DaemonAt(now(), [this, &till, &here, place, round] {
    if (round != here.round || !here.is_wanted) return;
    ++story_.watches;
    const auto watch = std::make_shared<TillWatch>(*this, till, place);
    here.watch = watch;
    daemon_->worker.Watch(kTill, till.id, watch);
    if (IsUp()) Hold(watch->was_answered, kEveryCallIsAnswered, "a watch");
  });
}

void WorkerWorld::HangUp(Till& till, size_t place) {
  Till::Place& here = till.places[place];
  here.watch.reset();
  here.is_wanted = false;
  ++here.round;
}

void WorkerWorld::OnRefused(Till& till, size_t place, const absl::Status& status) {
  const bool is_to_come_again = status.code() == absl::StatusCode::kUnavailable;
  Hold(is_to_come_again, kNothingForgotten, "a watch of what was accepted is refused");
  WatchAgain(till, place, kPauseOfATill);
}

void WorkerWorld::GetLogin(Till& till) {
  if (!till.has_id || !IsUp() || daemon_->drains) return;
  DaemonAt(now(), [this, &till] {
    ++story_.gets;
    int answers = 0;
    daemon_->worker.Get(kTill, till.id, [&](const absl::StatusOr<Login>& login) {
      ++answers;
      if (!Hold(login.ok(), kNothingForgotten, "Get does not find it")) return;
      OnTold(till, *login);
    });
    Hold(answers == 1, kEveryCallIsAnswered, "a Get");
  });
}

void WorkerWorld::CancelLogin(Till& till) {
  if (till.has_id && HasEnded(till.told.state)) return;
  if (!till.has_id || !IsUp() || daemon_->drains) {
    agenda_.At(now() + kPauseOfACancel, [this, &till] { CancelLogin(till); });
    return;
  }
  ++till.cancels_under_way;
  Note("CancelLogin", till.id);
  DaemonAt(now(), [this, &till] {
    till.has_cancelled = true;
    const absl::Time begin = now();
    daemon_->worker.Cancel(
        kTill, till.id, [this, &till, begin, life = life_](absl::StatusOr<Login> login) {
          if (life != life_ || !IsUp()) return;
          ++story_.cancels;
          Hold(now() - begin <= kLongestCancel || plan_.HasDiskTrouble(), kCancelIsHeard);
          Hold(--till.cancels_under_way >= 0, kEveryCallIsAnswered, "a Cancel twice");
          if (login.ok()) {
            Hold(HasEnded(login->state), kOneEnd, "a cancel gives what has not ended");
            return OnTold(till, *login);
          }
          Hold(login.status().code() == absl::StatusCode::kUnavailable, kNothingForgotten,
               "Cancel does not find it");
          agenda_.At(now() + kPauseOfACancel, [this, &till] { CancelLogin(till); });
        });
  });
}

// Its calls broke off, and it makes them again.
void WorkerWorld::LoseDaemon(Till& till) {
  for (const auto& [id, login] : disk_) {
    if (TillOf(login) == till.index)
      till.died_while_starting |= login.state == LoginState::kStarting;
  }
  if (std::exchange(till.start_is_under_way, false))
    agenda_.At(now() + kPauseOfATill, [this, &till] { StartLogin(till); });
  for (int calls = std::exchange(till.cancels_under_way, 0); calls > 0; --calls)
    agenda_.At(now() + kPauseOfACancel, [this, &till] { CancelLogin(till); });
  for (size_t place = 0; place < kWatchesOfATill; ++place) {
    if (till.places[place].is_wanted) WatchAgain(till, place, kPauseOfATill);
  }
}

// ---- What it is told.

void WorkerWorld::OnTold(Till& till, const Login& login) {
  Note("told:", login.id, login);
  const auto stored = disk_.find(login.id);
  if (!Hold(stored != disk_.end(), kToldAfterWritten, "it is not stored")) return;
  Hold(login.revision <= stored->second.revision, kToldAfterWritten);
  Hold(login.revision < stored->second.revision || login.state == stored->second.state,
       kToldAfterWritten, "another state");
  if (!till.told.id.empty()) {
    Hold(login.id == till.told.id, kToldStaysTrue, "another login");
    const LoginState before = till.told.state;
    Hold(login.state == before || (!HasEnded(before) && login.state > before), kToldStaysTrue);
  }
  const bool says_yes =
      login.state == LoginState::kConfirmed || login.state == LoginState::kCompleted;
  Hold(!says_yes || provider_.plan(till.index).id_token_is_good, kOnlyProvenIsConfirmed);
  till.told = login;
}

// ---- The last judgement.

void WorkerWorld::JudgeAll() {
  for (const auto& till : tills_) {
    if (!story_.violation.empty()) return;
    Hold(till->has_id && HasEnded(till->told.state), kEnds, "a till never hears of it");
    const auto stored = disk_.find(till->id);
    if (!Hold(stored != disk_.end() && HasEnded(stored->second.state), kEnds)) return;
    ++story_.ends[static_cast<size_t>(stored->second.state)];
    JudgeEnd(*till, stored->second);
    for (const Till::Place& place : till->places) {
      if (place.watch == nullptr || !IsUp()) continue;
      Hold(place.watch->heard.empty() || HasEnded(place.watch->heard.back()), kEveryChangeIsTold,
           "an open watch does not hear of the end");
    }
    const bool was_confirmed = std::find(till->heard.begin(), till->heard.end(),
                                         LoginState::kConfirmed) != till->heard.end();
    if (plan_.is_calm && stored->second.state == LoginState::kCompleted)
      Hold(was_confirmed, kEveryChangeIsTold, "CONFIRMED");
  }
  Hold(disk_.size() == tills_.size(), kNothingForgotten, "more or fewer logins than tills");
}

void WorkerWorld::JudgeEnd(const Till& till, const Login& end) {
  const Plan& plan = provider_.plan(till.index);
  SimulatedProvider& provider = provider_.customer(till.index);
  bool is_right = false;
  switch (end.state) {
    case LoginState::kCompleted:
      is_right = provider.gave_tokens() && plan.id_token_is_good &&
                 plan.profile == ProfileAnswer::kIsTheCustomers &&
                 end.profile->subject == SubjectOfCustomer(till.index);
      break;
    case LoginState::kDenied:
      is_right = provider.gave_decision() && plan.decision == Decision::kDenies;
      break;
    case LoginState::kExpired:
      is_right =
          !till.tokens_expire_time.has_value() && (!plan_.is_calm || !provider.gave_decision());
      break;
    case LoginState::kCancelled:
      is_right = till.has_cancelled;
      break;
    default:
      is_right = MayHaveFailed(till, end);
  }
  Hold(is_right, kEndsAsDecided, absl::StrCat(till.id, " ", Describe(end)));
}

bool WorkerWorld::MayHaveFailed(const Till& till, const Login& end) {
  const Plan& plan = provider_.plan(till.index);
  SimulatedProvider& provider = provider_.customer(till.index);
  const bool had_tokens = till.tokens_expire_time.has_value();
  const bool tokens_are_dead = had_tokens && *end.end_time >= *till.tokens_expire_time;
  switch (end.failure->reason) {
    case FailureReason::kInterrupted:
      return till.died_while_starting || till.push_broke_off ||
             (provider.gave_tokens() && !had_tokens) || tokens_are_dead;
    case FailureReason::kProviderUnavailable:
      return till.push_met_outage || tokens_are_dead || till.push_never_left;
    case FailureReason::kInvalidUser:
      return !plan.user_exists;
    case FailureReason::kTooManyLogins:
      return plan.push == PushAnswer::kSaysTooMany;
    case FailureReason::kRequestRefused:
      return plan.push == PushAnswer::kRefuses || provider.gave_tokens_out_of_turn();
    case FailureReason::kWrongChallenge:
      return provider.gave_decision() && plan.decision == Decision::kPicksTheWrongNumber;
    case FailureReason::kOther:
      return provider.gave_decision() && plan.decision == Decision::kMeetsAnUnknownError;
    case FailureReason::kIdTokenRefused:  // tokens that are good for nothing need not be written
      return provider.gave_tokens() && !plan.id_token_is_good;
    case FailureReason::kProfileRefused:
      return had_tokens && (plan.profile == ProfileAnswer::kIsSomebodyElses ||
                            plan.profile == ProfileAnswer::kRefuses || provider.saw_a_dead_token());
    case FailureReason::kProviderAnswerInvalid:
      return plan.push == PushAnswer::kMakesNoSense || plan.nonsense > 0 ||
             (had_tokens && plan.profile == ProfileAnswer::kMakesNoSense);
    default:
      return false;
  }
}

}  // namespace cibad
