#include "server/engine/worker.h"

#include <algorithm>
#include <cassert>
#include <utility>
#include <variant>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/engine/login_log.h"
#include "server/login/state_name.h"
#include "server/provider/answers.h"
#include "server/provider/id_token.h"
#include "server/provider/requests.h"

namespace cibad {
namespace {

// A write that failed is tried again after this: the disk may have been full for a moment.
constexpr absl::Duration kWriteRetry = absl::Seconds(1);

// How many logins are woken in one go before answers get their turn. So where more are due than can
// be done, few are under way: in the processor's cache, and ahead of what is not a poll.
constexpr int kMostWakesAtOnce = 24;

// The operator took the sales unit out of the config, and the daemon was started again.
constexpr char kUnknownUnit[] = "the sales unit's credentials are not known";

// A login that is durable, and so in everyone's list, is with its worker a moment later.
bool IsOnItsWay(const absl::StatusOr<Login>& stored) {
  return stored.ok() && !HasEnded(stored->state);
}

absl::Status CannotEndNow() {
  return absl::UnavailableError("logins cannot be stored now; try again in a moment");
}

absl::Status ComeAgain() {
  return absl::UnavailableError("the login is only just being started; try again in a moment");
}

absl::Status NotOnWebPage() {
  return absl::FailedPreconditionError(
      "this login finishes in the app: it was started without a redirect_uri");
}

absl::Status HasEndedAlready(const Login& login) {
  return absl::FailedPreconditionError(
      absl::StrCat("the login has ended: it is ", NameOf(login.state)));
}

// Whether a browser's answer can be taken up by an unfinished login that waits for one. `next` is
// what is being written of it, or null.
absl::Status CanTakeUp(const Login& login, const Login* next, const Callback& callback) {
  if (!FinishesOnWebPage(*login.request)) return NotOnWebPage();
  if (login.state == LoginState::kStarting) return ComeAgain();
  const Login& newest = next == nullptr ? login : *next;
  if (newest.tokens.has_value() || !newest.progress.code.empty()) {
    return absl::AbortedError(
        "a code of this login is being exchanged; WatchLogin tells what comes of it");
  }
  if (next != nullptr)
    return absl::UnavailableError("the login is changing; try again in a moment");
  return CheckCallbackState(callback, login.request->web_page->state);
}

}  // namespace

void Worker::Begin(Login login) {
  login.request.Edit();  // a copy beside the login: the start's lies among gRPC's buffers
  LogState(login);
  environment_.reports.Began(login);
  Handle(Insert(std::move(login)), Accepted{});
}

void Worker::Hold(Login login) { held_.push_back(Insert(std::move(login)).login.id); }

void Worker::Recover(absl::Duration pace) {
  absl::Duration stagger;
  for (const std::string& id : std::exchange(held_, {})) {
    if (Entry* entry = Find(id)) Handle(*entry, Recovered{stagger});
    stagger += pace;
  }
}

void Worker::Cancel(const std::string& caller, const std::string& id, LoginDone done) {
  Entry* entry = FindOwn(caller, id);
  if (entry == nullptr) {
    const absl::StatusOr<Login> stored = GetStored(caller, id, "CancelLogin");
    return done(IsOnItsWay(stored) ? ComeAgain() : stored);
  }
  if (entry->write_failed) return done(CannotEndNow());
  entry->cancels.push_back(std::move(done));
  if (entry->cancels.size() > 1) return;  // the first of them has asked
  Handle(*entry, CancelRequested{});
}

absl::Status Worker::CanComplete(const std::string& caller, const std::string& id,
                                 const Callback& callback) {
  if (drained_ != nullptr) return absl::UnavailableError("the daemon is stopping");
  if (!held_.empty()) return ComeAgain();  // what is taken up would forget that it began again
  const Entry* entry = FindOwn(caller, id);
  if (entry != nullptr) {
    return CanTakeUp(entry->login, entry->written ? &entry->written->login : nullptr, callback);
  }
  const absl::StatusOr<Login> stored = GetStored(caller, id, "CompleteLogin");
  if (!stored.ok()) return stored.status();
  if (!FinishesOnWebPage(*stored->request)) return NotOnWebPage();
  return IsOnItsWay(stored) ? ComeAgain() : HasEndedAlready(*stored);
}

void Worker::Complete(const std::string& caller, const std::string& id, const Callback& callback,
                      const std::shared_ptr<Watcher>& watcher) {
  if (const absl::Status status = CanComplete(caller, id, callback); !status.ok()) {
    return watcher->OnRefused(status);
  }
  Entry& entry = *Find(id);
  entry.watchers.push_back(watcher);  // one at a time, and so beyond what tills may open
  const auto* error = std::get_if<ProviderError>(&callback.answer);
  OnEvent(id, error != nullptr ? Event(CodeRefused{*error})
                               : Event(CodeReceived{std::get<std::string>(callback.answer)}));
}

void Worker::Get(const std::string& caller, const std::string& id, const LoginDone& done) {
  const Entry* entry = FindOwn(caller, id);
  done(entry != nullptr ? entry->login : GetStored(caller, id, "GetLogin"));
}

void Worker::Ping(const std::string& sales_unit, const std::string& auth_req_id) {
  const auto found = pingable_.find(absl::HashOf(sales_unit, auth_req_id));
  if (found == pingable_.end()) return;
  Entry& entry = *found->second;
  if (entry.login.auth_req_id != auth_req_id || entry.login.request->sales_unit != sales_unit)
    return;
  Handle(entry, Pinged{});
}

void Worker::Watch(const std::string& caller, const std::string& id,
                   const std::shared_ptr<Watcher>& watcher) {
  Entry* entry = FindOwn(caller, id);
  if (entry == nullptr) {  // it has ended, or never was
    const absl::StatusOr<Login> stored = GetStored(caller, id, "WatchLogin");
    if (!stored.ok()) return watcher->OnRefused(stored.status());
    if (IsOnItsWay(stored)) return watcher->OnRefused(ComeAgain());
    return watcher->OnLogin(*stored);
  }
  auto& watchers = entry->watchers;
  watchers.erase(std::remove_if(watchers.begin(), watchers.end(),
                                [](const auto& one) { return one.expired(); }),
                 watchers.end());
  if (watchers.size() >= kMostWatchers) {
    return watcher->OnRefused(
        absl::ResourceExhaustedError("this login has too many open WatchLogin streams"));
  }
  watchers.push_back(watcher);
  watcher->OnLogin(entry->login);
}

void Worker::SetSalesUnits(std::shared_ptr<const SalesUnits> sales_units) {
  environment_.sales_units = std::move(sales_units);
  for (const std::unique_ptr<Entry>& entry : entries_) {
    const SalesUnit* before = UnitOf(*entry);
    const auto after = environment_.sales_units->find(entry->login.request->sales_unit);
    const bool is_there = after != environment_.sales_units->end();
    if (before == nullptr || (is_there && after->second.client_id == before->client_id)) {
      entry->sales_units = environment_.sales_units;
    }
  }
}

void Worker::OnAlarm() {
  alarm_time_ = absl::InfiniteFuture();
  const absl::Time now = environment_.clock();
  for (int i = 0; i < kMostWakesAtOnce; ++i) {
    if (wakes_.FirstTime() > now) break;
    auto& entry = static_cast<Entry&>(*wakes_.First());
    wakes_.Remove(entry);
    if (entry.write_failed) {
      Write(entry);
    } else {
      Handle(entry, Woken{});
    }
  }
  SetAlarm();
}

void Worker::Drain(std::function<void()> done) {
  drained_ = std::move(done);
  CheckDrained();
}

Worker::Entry* Worker::Find(const std::string& id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->get();
}

Worker::Entry* Worker::FindOwn(const std::string& caller, const std::string& id) {
  Entry* entry = Find(id);
  return entry != nullptr && IsOwn(entry->login, caller) ? entry : nullptr;
}

absl::StatusOr<Login> Worker::GetStored(const std::string& caller, const std::string& id,
                                        absl::string_view rpc) {
  absl::StatusOr<Login> stored = environment_.store->Get(id);
  if (!stored.ok() || IsOwn(*stored, caller)) return stored;
  environment_.reports.Trespassed(caller, rpc, *stored);
  return NoSuchLogin(id);
}

Worker::Entry& Worker::Insert(Login login) {
  auto entry = std::make_unique<Entry>();
  entry->login = std::move(login);
  entry->sales_units = environment_.sales_units;
  entry->credentials = environment_.reports.StandingOf(entry->login);
  const auto [place, is_new] = entries_.insert(std::move(entry));
  assert(is_new);
  MakePingable(**place);
  unfinished_logins_.store(entries_.size(), std::memory_order_relaxed);
  return **place;
}

// ---- Write, then act, then tell.

void Worker::Handle(Entry& entry, const Event& event) {
  if (drained_ != nullptr &&
      (std::holds_alternative<Woken>(event) || std::holds_alternative<Accepted>(event) ||
       std::holds_alternative<Pinged>(event)))
    return;
  if (entry.written != nullptr) {
    // A wake-up need not wait: the transition that is being written asks for its own. Nor does a
    // second cancel, or ping.
    const bool may_repeat =
        std::holds_alternative<CancelRequested>(event) || std::holds_alternative<Pinged>(event);
    const bool is_known =
        may_repeat && std::any_of(entry.waiting.begin(), entry.waiting.end(),
                                  [&](const Event& one) { return one.index() == event.index(); });
    if (!std::holds_alternative<Woken>(event) && !is_known) entry.waiting.push_back(event);
    return;
  }
  Transition transition = Decide(entry, event);
  if (transition.login.revision == entry.login.revision) return Apply(entry, std::move(transition));
  entry.written = std::make_unique<Transition>(std::move(transition));
  Write(entry);
}

// Whether an ID token is good is computed and not asked for: it needs neither the disk nor the
// provider, so where its key is known, what comes of it belongs to the same change as the tokens'
// coming, and the end of a login waits for one commit less.
Transition Worker::Decide(const Entry& entry, const Event& event) {
  const absl::Time now = environment_.clock();
  Transition transition = Step(entry.login, event, now);
  const Commands& commands = transition.commands;
  if (commands.empty() || !std::holds_alternative<CheckIdToken>(commands.front()))
    return transition;
  std::optional<IdTokenOutcome> outcome = CheckIdTokenOf(entry, transition.login);
  if (!outcome.has_value()) return transition;
  const Event checked = IdTokenChecked{*std::move(outcome)};
  LogTrouble(entry.login, checked);
  return Step(std::move(transition.login), checked, now);
}

void Worker::Write(Entry& entry) {
  assert(entry.written != nullptr);
  entry.write_failed = false;
  ++writes_in_flight_;
  environment_.store->Update(
      entry.written->login, [this, id = entry.login.id](absl::Status status) {
        environment_.post([this, id, status = std::move(status)] { OnWritten(id, status); });
      });
}

void Worker::OnWritten(const std::string& id, const absl::Status& status) {
  --writes_in_flight_;
  Entry* entry = Find(id);
  assert(entry != nullptr && entry->written != nullptr);
  if (!status.ok()) {
    OnWriteFailed(*entry, status);
    return CheckDrained();
  }
  entry->trouble_is_known = false;
  Apply(*entry, std::move(*std::exchange(entry->written, nullptr)));
  while ((entry = Find(id)) != nullptr && entry->written == nullptr && !entry->waiting.empty()) {
    const Event event = std::move(entry->waiting.front());
    entry->waiting.erase(entry->waiting.begin());
    Handle(*entry, event);
  }
  CheckDrained();
}

void Worker::OnWriteFailed(Entry& entry, const absl::Status& status) {
  if (!std::exchange(entry.trouble_is_known, true)) LogWriteFailed(entry.login, status);
  entry.write_failed = true;
  wakes_.Set(entry, environment_.clock() + kWriteRetry);
  SetAlarm();
  // Nobody is kept waiting for a disk, and what they asked for happens if the disk allows.
  for (const LoginDone& done : std::exchange(entry.cancels, {})) done(CannotEndNow());
}

void Worker::Apply(Entry& entry, Transition transition) {
  const bool is_news = transition.login.state != entry.login.state;
  entry.login = std::move(transition.login);
  MakePingable(entry);
  for (const Command& command : transition.commands) Perform(entry, command);
  const bool has_ended = HasEnded(entry.login.state);
  if (has_ended) environment_.reports.Ended(entry.login);
  if (is_news) {
    LogState(entry.login);
    Tell(entry);
  }
  if (has_ended) Forget(entry);
}

void Worker::Tell(Entry& entry) {
  for (const std::weak_ptr<Watcher>& weak : entry.watchers) {
    if (const std::shared_ptr<Watcher> watcher = weak.lock()) watcher->OnLogin(entry.login);
  }
}

void Worker::Forget(Entry& entry) {
  for (const LoginDone& done : entry.cancels) done(entry.login);
  wakes_.Remove(entry);
  if (entry.ping_key.has_value()) {
    const auto found = pingable_.find(*entry.ping_key);
    if (found != pingable_.end() && found->second == &entry) pingable_.erase(found);
  }
  entries_.erase(entries_.find(entry.login.id));
  unfinished_logins_.store(entries_.size(), std::memory_order_relaxed);
}

void Worker::MakePingable(Entry& entry) {
  const Login& login = entry.login;
  if (entry.ping_key.has_value() || login.auth_req_id.empty() ||
      !login.handling.ping_fallback.has_value())
    return;
  entry.ping_key = absl::HashOf(login.request->sales_unit, login.auth_req_id);
  pingable_.insert_or_assign(*entry.ping_key, &entry);
}

// ---- Commands.

void Worker::Perform(Entry& entry, const Command& command) {
  std::visit([&](const auto& what) { Do(entry, what); }, command);
}

void Worker::Do(Entry& entry, const WakeAt& command) {
  wakes_.Set(entry, command.time);
  SetAlarm();
}

void Worker::Do(Entry& entry, const CheckUser&) {
  Ask(
      entry, Proof::kSalesUnit,
      [](const ProviderMetadata& metadata, const Requester& caller, const Login& login) {
        return UserExistsRequest(metadata, caller, login.request->msisdn);
      },
      [](const HttpResult& result) -> Event { return UserChecked{ReadUserExistsAnswer(result)}; });
}

void Worker::Do(Entry& entry, const SendBackchannelRequest&) {
  Ask(
      entry, Proof::kSalesUnit,
      [](const ProviderMetadata& metadata, const Requester& caller, const Login& login) {
        return BackchannelRequest(metadata, caller, *login.request);
      },
      [](const HttpResult& result) -> Event {
        return BackchannelAnswered{ReadBackchannelAnswer(result)};
      });
}

void Worker::Do(Entry& entry, const SendTokenRequest&) {
  Ask(
      entry, Proof::kSalesUnit,
      [](const ProviderMetadata& metadata, const Requester& caller, const Login& login) {
        return TokenRequest(metadata, caller, login.auth_req_id);
      },
      [](const HttpResult& result) -> Event {
        return TokenRequestAnswered{ReadTokenAnswer(result)};
      });
}

void Worker::Do(Entry& entry, const ExchangeCode&) {
  Ask(
      entry, Proof::kSalesUnit,
      [](const ProviderMetadata& metadata, const Requester& caller, const Login& login) {
        return CodeRequest(metadata, caller, login.progress.code);
      },
      [](const HttpResult& result) -> Event {
        return TokenRequestAnswered{ReadTokenAnswer(result)};
      });
}

void Worker::Do(Entry& entry, const FetchProfile&) {
  Ask(
      entry, Proof::kCustomer,
      [](const ProviderMetadata& metadata, const Requester& caller, const Login& login) {
        return UserinfoRequest(metadata, caller.sales_unit, login.tokens->access_token);
      },
      [](const HttpResult& result) -> Event {
        return ProfileAnswered{ReadUserinfoAnswer(result)};
      });
}

// Its key was not known when this was decided; it may have come while the tokens were written.
void Worker::Do(Entry& entry, const CheckIdToken&) {
  std::optional<IdTokenOutcome> outcome = CheckIdTokenOf(entry, entry.login);
  if (!outcome.has_value()) return RefetchKeys(entry.login.id);
  PostEvent(entry.login.id, IdTokenChecked{*std::move(outcome)});
}

void Worker::Ask(const Entry& entry, Proof proof, BuildRequest build, ReadResult read) {
  const Login& login = entry.login;
  const SalesUnit* unit = UnitOf(entry);
  if (unit == nullptr) return PostEvent(login.id, read(NotSent(kUnknownUnit)));
  ++requests_in_flight_;
  calls_.Send(
      *unit, proof,
      [build, &login](const ProviderMetadata& metadata, const Requester& caller) {
        return build(metadata, caller, login);
      },
      [this, id = login.id, credentials = entry.credentials, read](const HttpResult& result) {
        --requests_in_flight_;
        const Event event = read(result);
        environment_.reports.Answered(credentials, event);
        OnEvent(id, event);
        CheckDrained();
      });
}

const SalesUnit* Worker::UnitOf(const Entry& entry) {
  const auto unit = entry.sales_units->find(entry.login.request->sales_unit);
  return unit == entry.sales_units->end() ? nullptr : &unit->second;
}

std::optional<IdTokenOutcome> Worker::CheckIdTokenOf(const Entry& entry, const Login& login) const {
  const auto metadata = environment_.provider->metadata();
  const auto keys = environment_.provider->keys();
  const SalesUnit* unit = UnitOf(entry);
  if (metadata == nullptr || unit == nullptr) {
    return NoAnswer{.detail =
                        unit == nullptr ? kUnknownUnit : "the provider's issuer is not known yet"};
  }
  if (keys == nullptr) return std::nullopt;
  const bool has_partner_keys = unit->authentication == ClientAuthentication::kPartnerKeys;
  const IdTokenExpectations expectations = {
      .issuer = metadata->issuer,
      .client_id = unit->client_id,
      .auth_req_id = login.auth_req_id,
      .access_token = login.tokens->access_token,
      .now = environment_.wall_clock(),
      .msn = has_partner_keys ? absl::string_view(unit->msn) : absl::string_view(),
      .auth_req_id_is_required = FinishesOnWebPage(*login.request),
  };
  IdTokenCheck check = VerifyIdToken(login.tokens->id_token, *keys, expectations);
  if (auto* accepted = std::get_if<AcceptedIdToken>(&check)) return std::move(*accepted);
  if (auto* refused = std::get_if<RefusedIdToken>(&check)) return std::move(*refused);
  return std::nullopt;
}

void Worker::RefetchKeys(const std::string& id) {
  environment_.provider->RefetchKeys([this, id](const absl::Status& status) {
    environment_.post([this, id, status] { OnKeys(id, status); });
  });
}

void Worker::OnKeys(const std::string& id, const absl::Status& status) {
  const Entry* entry = Find(id);
  // It may have ended meanwhile: cancelled, or too late.
  if (entry == nullptr || entry->written != nullptr || !entry->login.tokens.has_value()) return;
  if (!status.ok()) {
    return OnEvent(id, IdTokenChecked{NoAnswer{.detail = std::string(status.message())}});
  }
  const RefusedIdToken no_key{"signed by a key that is not in the provider's JWKS"};
  OnEvent(id, IdTokenChecked{CheckIdTokenOf(*entry, entry->login).value_or(no_key)});
}

void Worker::PostEvent(const std::string& id, Event event) {
  environment_.post([this, id, event = std::move(event)] { OnEvent(id, event); });
}

void Worker::OnEvent(const std::string& id, const Event& event) {
  Entry* entry = Find(id);
  if (entry == nullptr) return;  // it has ended: an answer that comes too late
  LogTrouble(entry->login, event);
  Handle(*entry, event);
}

void Worker::SetAlarm() {
  const absl::Time time = wakes_.FirstTime();
  if (time == alarm_time_) return;
  alarm_time_ = time;
  environment_.set_alarm(time);
}

void Worker::CheckDrained() {
  if (drained_ == nullptr || requests_in_flight_ > 0 || writes_in_flight_ > 0) return;
  std::exchange(drained_, [] {})();
}

}  // namespace cibad
