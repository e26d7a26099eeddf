// The access tokens of sales units that prove themselves with one (partner keys), or need one for
// some calls (webhook registration). Each is kept for its life and replaced before it ends, in the
// background, so that no login waits for it or feels the trouble of getting it. Like the provider's
// directory, the fetching belongs to one thread, and everybody may read.

#ifndef CIBAD_SERVER_ENGINE_ACCESS_TOKENS_H_
#define CIBAD_SERVER_ENGINE_ACCESS_TOKENS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/engine/login_reports.h"
#include "server/http/clock.h"
#include "server/http/http_client.h"
#include "server/login/secret.h"
#include "server/provider/answers.h"
#include "server/provider/sales_unit.h"

namespace cibad {

class AccessTokens {
 public:
  struct Environment {
    HttpClient* http = nullptr;
    Clock clock;
    // Has OnAlarm called at this time, on the thread that fetches; replaces the time set before.
    std::function<void(absl::Time)> set_alarm;
    // Runs a closure on the thread that fetches, later, from any thread.
    std::function<void(std::function<void()>)> post;
    LoginReports reports;
  };
  // UNAVAILABLE: it is being fetched, or the provider does not answer; it will be tried again.
  // FAILED_PRECONDITION: the provider refused the keys. No message holds a secret.
  using Found = absl::StatusOr<Secret>;

  AccessTokens(std::string issuer, Environment environment)
      : issuer_(std::move(issuer)), environment_(std::move(environment)) {}
  AccessTokens(const AccessTokens&) = delete;
  AccessTokens& operator=(const AccessTokens&) = delete;

  // ---- From any thread. The sales unit must have a subscription key.

  // The token that the sales unit's requests are to carry now. Where there is none, it is fetched.
  Found Find(const SalesUnit& unit);

  // Gives the token to `done`, on the thread that fetches, as soon as it is there; or why the next
  // attempt to get it failed. Many calls make one fetch, and there is at most one in kLeastAge.
  void Get(const SalesUnit& unit, std::function<void(const Found&)> done);

  // The provider answered 401 to a request with this token: it is given out no more, and the next
  // one is fetched, but not sooner than kLeastAge after the last, so that a provider that refuses
  // every token is not hammered.
  void Refuse(const SalesUnit& unit, const Secret& token);

  // ---- On the thread that fetches.

  // The sales units from now on. The token of one with partner keys is kept fresh from now on; one
  // whose keys changed loses its token. One that is gone, or has a subscription key alone, is
  // served for as long as somebody asks for it.
  void SetSalesUnits(const SalesUnits& sales_units);
  void OnAlarm();

  static constexpr absl::Duration kLeastAge = absl::Seconds(10);
  static constexpr int kMostFetches = 16;  // at once; never two for one token

 private:
  // A token is of a client and of the sales unit that it acts for.
  using Key = std::pair<std::string, std::string>;  // client_id, MSN

  // What anybody may know of a token.
  struct Published {
    Found token = absl::UnavailableError("the access token is being fetched");
    absl::Time usable_until = absl::InfinitePast();  // where it is a token
    bool is_used = false;                            // since the last fetch
  };
  // What the fetching thread knows of it.
  struct Entry {
    SalesUnit unit;
    bool is_kept_fresh = false;
    bool is_being_fetched = false;
    int64_t generation = 0;  // of the keys: what comes of older ones is dropped
    int failures = 0;        // in a row
    absl::Time fetch_time = absl::InfiniteFuture();
    absl::Time last_fetch_time = absl::InfinitePast();
    std::vector<std::function<void(const Found&)>> waiting;
  };

  static Key KeyOf(const SalesUnit& unit) { return {unit.client_id, unit.msn}; }

  Entry& Want(const SalesUnit& unit);
  void FetchSoon(Entry& entry);
  void Fetch(const Key& key, Entry& entry);
  void OnAnswer(const Key& key, int64_t generation, const HttpResult& result);
  void Schedule(Entry& entry, const AccessToken& token);
  void ScheduleRetry(const Key& key, Entry& entry, const absl::Status& status,
                     std::optional<absl::Duration> retry_after);
  // Nobody has asked for it for as long as it lived.
  bool IsForgotten(const Key& key, const Entry& entry);
  void SetAlarm();

  const std::string issuer_;
  const Environment environment_;

  // Of the thread that fetches.
  std::map<Key, Entry> entries_;
  int fetches_ = 0;  // under way

  std::mutex mutex_;
  std::map<Key, Published> published_;  // under mutex_
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_ACCESS_TOKENS_H_
