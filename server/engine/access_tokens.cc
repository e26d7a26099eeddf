#include "server/engine/access_tokens.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/login/back_off.h"
#include "server/ops/log.h"
#include "server/provider/requests.h"

namespace cibad {
namespace {

constexpr absl::Duration kFirstTokenRetry = absl::Seconds(1);
constexpr int kRequestTimeout = 408;
constexpr int kTooManyTokenRequests = 429;

// The next token is fetched when a quarter of the life is left, at most five minutes: time for a
// provider that is out of order for a moment.
absl::Duration TimeToRefresh(absl::Duration life) {
  return std::max(life - std::min(life / 4, absl::Minutes(5)), absl::Seconds(1));
}

// A token is given out until so long before its end as a request can be on its way.
absl::Duration TimeToUse(absl::Duration life) {
  return life - std::min(life / 10, absl::Minutes(1));
}

bool HaveOtherKeys(const SalesUnit& one, const SalesUnit& other) {
  return one.client_secret != other.client_secret || one.subscription_key != other.subscription_key;
}

// Why there is no token, and when the provider wants to be asked again.
struct NoToken {
  absl::Status status;
  std::optional<absl::Duration> retry_after;
};

NoToken WhyNone(const ProviderError& error) {
  const bool is_busy =
      error.http_status == kTooManyTokenRequests || error.http_status == kRequestTimeout;
  const std::string what = absl::StrCat("HTTP ", error.http_status, error.code.empty() ? "" : " ",
                                        error.code, error.detail.empty() ? "" : "; ", error.detail);
  if (is_busy) return {absl::UnavailableError(what), error.retry_after};
  return {absl::FailedPreconditionError(absl::StrCat(
              "the provider refused the sales unit's keys when asked for an access token: ", what)),
          error.retry_after};
}

NoToken WhyNone(const InvalidAnswer& invalid) {
  return {absl::UnavailableError(
              absl::StrCat("the answer with the access token is invalid: ", invalid.detail)),
          std::nullopt};
}

NoToken WhyNone(const NoAnswer& no_answer) {
  return {absl::UnavailableError(absl::StrCat(
              "the provider gave no access token: ",
              no_answer.http_status == 0 ? "" : absl::StrCat("HTTP ", no_answer.http_status, " "),
              no_answer.detail)),
          no_answer.retry_after};
}

NoToken WhyNone(const AccessToken&) { return {}; }

}  // namespace

AccessTokens::Found AccessTokens::Find(const SalesUnit& unit) {
  {
    const std::lock_guard lock(mutex_);
    const auto [found, is_new] = published_.try_emplace(KeyOf(unit));
    Published& published = found->second;
    published.is_used = true;
    const bool has_ended = published.token.ok() && environment_.clock() >= published.usable_until;
    if (has_ended) return absl::UnavailableError("the access token has ended");
    if (!is_new) return published.token;
  }
  environment_.post([this, unit] { FetchSoon(Want(unit)); });
  return absl::UnavailableError("the access token is being fetched");
}

void AccessTokens::Get(const SalesUnit& unit, std::function<void(const Found&)> done) {
  environment_.post([this, unit, done = std::move(done)]() mutable {
    Entry& entry = Want(unit);
    if (const Found found = Find(unit); found.ok()) return done(found);
    entry.waiting.push_back(std::move(done));
    FetchSoon(entry);
  });
}

void AccessTokens::Refuse(const SalesUnit& unit, const Secret& token) {
  environment_.post([this, unit, token] {
    Entry& entry = Want(unit);
    {
      const std::lock_guard lock(mutex_);
      Published& published = published_[KeyOf(unit)];
      if (!published.token.ok() || *published.token != token) return;  // it is gone already
      published.token = absl::UnavailableError(
          "the provider refused the access token; another one is being fetched");
    }
    Log(LogLevel::kWarning, "The provider refused an access token that had not ended",
        {{"sales_unit", unit.msn}});
    FetchSoon(entry);
  });
}

void AccessTokens::SetSalesUnits(const SalesUnits& sales_units) {
  for (auto& [key, entry] : entries_) entry.is_kept_fresh = false;
  for (const auto& [msn, unit] : sales_units) {
    if (unit.subscription_key.empty()) continue;
    const bool has_partner_keys = unit.authentication == ClientAuthentication::kPartnerKeys;
    if (!has_partner_keys && entries_.count(KeyOf(unit)) == 0) continue;
    Entry& entry = Want(unit);
    entry.is_kept_fresh = has_partner_keys;
    if (HaveOtherKeys(entry.unit, unit)) {
      ++entry.generation;
      entry.failures = 0;
      entry.fetch_time = environment_.clock();
      const std::lock_guard lock(mutex_);
      published_[KeyOf(unit)].token = Published{}.token;
    } else if (has_partner_keys && entry.fetch_time == absl::InfiniteFuture()) {
      entry.fetch_time = environment_.clock();
    }
    entry.unit = unit;
  }
  SetAlarm();
}

void AccessTokens::OnAlarm() {
  const absl::Time now = environment_.clock();
  for (auto next = entries_.begin(); next != entries_.end();) {
    const auto current = next++;
    auto& [key, entry] = *current;
    if (entry.is_being_fetched || now < entry.fetch_time) continue;
    if (IsForgotten(key, entry)) {
      const std::lock_guard lock(mutex_);
      published_.erase(key);
      entries_.erase(current);
    } else if (fetches_ < kMostFetches) {
      Fetch(key, entry);
    }
  }
  SetAlarm();
}

AccessTokens::Entry& AccessTokens::Want(const SalesUnit& unit) {
  const auto [found, is_new] = entries_.try_emplace(KeyOf(unit));
  if (is_new) found->second.unit = unit;
  return found->second;
}

void AccessTokens::FetchSoon(Entry& entry) {
  const absl::Time allowed = entry.last_fetch_time + kLeastAge;
  entry.fetch_time = std::min(entry.fetch_time, std::max(allowed, environment_.clock()));
  SetAlarm();
}

void AccessTokens::Fetch(const Key& key, Entry& entry) {
  ++fetches_;
  entry.is_being_fetched = true;
  entry.last_fetch_time = environment_.clock();
  {
    const std::lock_guard lock(mutex_);
    published_[key].is_used = false;
  }
  environment_.http->Send(AccessTokenRequest(issuer_, entry.unit),
                          [this, key, generation = entry.generation](const HttpResult& result) {
                            OnAnswer(key, generation, result);
                          });
}

void AccessTokens::OnAnswer(const Key& key, int64_t generation, const HttpResult& result) {
  --fetches_;
  Entry& entry = entries_.at(key);  // stays while a fetch is under way
  entry.is_being_fetched = false;
  if (entry.generation != generation) return SetAlarm();  // of keys from before
  const Outcome<AccessToken> outcome = ReadAccessTokenAnswer(result);
  environment_.reports.AnsweredWithAccessToken(entry.unit, outcome);
  Found found = absl::UnknownError("");
  if (const auto* token = std::get_if<AccessToken>(&outcome)) {
    found = token->text;
    Schedule(entry, *token);
  } else {
    const NoToken none = std::visit([](const auto& what) { return WhyNone(what); }, outcome);
    found = none.status;
    ScheduleRetry(key, entry, none.status, none.retry_after);
  }
  for (const auto& done : std::exchange(entry.waiting, {})) done(found);
  SetAlarm();
}

void AccessTokens::Schedule(Entry& entry, const AccessToken& token) {
  const absl::Time now = environment_.clock();
  if (entry.failures > 0)
    Log(LogLevel::kInfo, "The provider gives access tokens again",
        {{"sales_unit", entry.unit.msn}});
  entry.failures = 0;
  entry.fetch_time = now + TimeToRefresh(token.life);
  const std::lock_guard lock(mutex_);
  Published& published = published_[KeyOf(entry.unit)];
  published.token = token.text;
  published.usable_until = now + TimeToUse(token.life);
}

void AccessTokens::ScheduleRetry(const Key& key, Entry& entry, const absl::Status& status,
                                 std::optional<absl::Duration> retry_after) {
  const absl::Time now = environment_.clock();
  ++entry.failures;
  const absl::Duration wait = std::max(BackOff(kFirstTokenRetry, entry.failures, key.second),
                                       retry_after.value_or(absl::ZeroDuration()));
  entry.fetch_time = now + wait;
  Log(LogLevel::kWarning,
      "No access token could be had; one from before stays in use until its end",
      {{"sales_unit", key.second},
       {"error", status.message()},
       {"retry_in", absl::FormatDuration(wait)}});
  const std::lock_guard lock(mutex_);
  Published& published = published_[key];
  if (!published.token.ok() || now >= published.usable_until) published.token = status;
}

bool AccessTokens::IsForgotten(const Key& key, const Entry& entry) {
  if (entry.is_kept_fresh || !entry.waiting.empty()) return false;
  const std::lock_guard lock(mutex_);
  return !published_[key].is_used;
}

void AccessTokens::SetAlarm() {
  absl::Time first = absl::InfiniteFuture();
  for (const auto& [key, entry] : entries_) {
    if (!entry.is_being_fetched) first = std::min(first, entry.fetch_time);
  }
  // When as many are under way as may be, the next of them to be answered sets it.
  environment_.set_alarm(fetches_ < kMostFetches ? first : absl::InfiniteFuture());
}

}  // namespace cibad
