// What the sandbox remembers: the logins, how each has to be polled, what has been given out, and
// what clients did wrong. The rules of CIBA's poll mode are judged here, as functions of the time
// that the caller gives, so that they can be tested without waiting.

#ifndef CIBAD_TESTS_SANDBOX_PROVIDER_STATE_H_
#define CIBAD_TESTS_SANDBOX_PROVIDER_STATE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/behaviour.h"
#include "tests/sandbox/violations.h"

namespace cibad {

// CIBA 11: every slow_down makes the interval this much longer, for all later polls.
constexpr absl::Duration kSlowDownStep = absl::Seconds(5);
// CIBA 7.3: what holds where the acknowledgement names no interval.
constexpr absl::Duration kDefaultInterval = absl::Seconds(5);
// A client counts `expires_in` from the answer's arrival: a poll that is on its way then is no
// violation.
constexpr absl::Duration kExpiryAllowance = absl::Seconds(1);
constexpr absl::Duration kAccessTokenLife = absl::Seconds(300);
// More logins than this are not taken: the sandbox remembers each until it ends.
constexpr size_t kMaxLogins = 200'000;

enum class LoginEnd {
  kNone,
  kTokensGiven,
  kDenied,
  kExpired,
  kRefused,  // the test number's error, at either endpoint, or an acknowledgement that must be
             // refused
};

struct BackchannelRequest {
  std::string msisdn;  // also where a customer token names the customer
  std::vector<std::string> scopes;
  std::string binding_message;
  std::optional<absl::Duration> requested_expiry;
  std::string msn = {};  // of the sales unit that asks
  bool by_partner = false;
  std::string redirect_uri = {};  // empty: it finishes in the app
  std::string state = {};
};

struct SandboxLogin {
  int64_t number = 0;  // 1 for the first
  std::string auth_req_id;
  BackchannelRequest request;
  Behaviour behaviour;
  absl::Time start_time;
  absl::Time acknowledged_time;
  absl::Time expire_time;
  absl::Duration interval;  // that the client has to keep
  LoginEnd end = LoginEnd::kNone;

  Decision decision = Decision::kByHand;
  absl::Time decision_time = absl::InfiniteFuture();

  absl::Time last_poll_time = absl::InfinitePast();
  absl::Time answered_time = absl::InfinitePast();  // when the last poll's answer leaves
  int polls = 0;
  int token_failures = 0;
  absl::Time retry_time = absl::InfinitePast();  // before which a Retry-After forbids the next poll

  std::string code;  // that the browser brings; empty: it has not left yet
  absl::Time code_expire_time;
  int exchanges = 0;

  std::string access_token;
  absl::Time access_token_expire_time;
  int userinfo_requests = 0;
  int userinfo_failures = 0;
  absl::Time userinfo_retry_time = absl::InfinitePast();

  Violations violations;
};

inline bool FinishesOnWebPage(const SandboxLogin& login) {
  return !login.request.redirect_uri.empty();
}

enum class PollVerdict {
  kUnknown,  // no such auth_req_id
  kEnded,    // the grant is used, or the login is over otherwise
  kExpired,
  kTooSoon,  // early, overlapping, or before Retry-After
  kFailure,  // the test number's
  kPending,
  kDenied,
  kTokens,  // this poll, and no other, gets them
};

struct PollOutcome {
  PollVerdict verdict = PollVerdict::kUnknown;
  SandboxLogin login;  // after the poll; unset where unknown
};

enum class UserinfoVerdict { kUnknownToken, kFailure, kProfile };

struct UserinfoOutcome {
  UserinfoVerdict verdict = UserinfoVerdict::kUnknownToken;
  SandboxLogin login;
};

// What happened, in numbers.
struct Totals {
  int64_t backchannel_requests = 0;  // well-formed, from the authenticated client
  int64_t polls = 0;
  int64_t unknown_polls =
      0;  // of an auth_req_id that is not known: after a restart, no fault of the client's
  int64_t code_exchanges = 0;
  int64_t userinfo_requests = 0;
  int64_t unknown_access_tokens = 0;
  int64_t logins = 0;
  std::map<LoginEnd, int64_t> ends;
  absl::Duration largest_earliness = absl::ZeroDuration();  // of all early polls
};

// All that is remembered, as it is written down when the sandbox ends (memory.h).
struct ProviderMemory {
  std::vector<SandboxLogin> logins;  // in the order of their start
  std::map<std::string, int64_t> requests_by_phone;
  std::map<std::string, Decision> decisions_in_advance;
  Violations violations;
  Totals totals;
};

// Thread-safe.
class ProviderState {
 public:
  // `interval` and `expires_in` are the acknowledgement's, where the request and the test number
  // say nothing.
  ProviderState(absl::Duration interval, absl::Duration expires_in);

  // Calls back for each login whose decision is known, with the time that it is made or to be made
  // at. Set before anything else is called; the callback must not call back in.
  void CallWhenDecided(std::function<void(const SandboxLogin&)> decided) {
    decided_ = std::move(decided);
  }

  // Starts a login and gives it as it stands then; nothing when there are too many.
  std::optional<SandboxLogin> Start(const BackchannelRequest& request, absl::Time now);

  // Judges a poll that arrived then. What the verdict means for the login is remembered: tokens are
  // given once, and polls after an end are counted. Answers leave at once, or as late as the test
  // number has it: polls overlap when one arrives before the other's answer has left; where answers
  // leave at once, they are early.
  PollOutcome Poll(absl::string_view auth_req_id, absl::Time arrival);

  // Whether the login is there, and of another sales unit.
  bool IsOfAnother(absl::string_view auth_req_id, absl::string_view msn) const;

  // Judges the exchange of a code, like a poll: it is good for one.
  PollOutcome Exchange(absl::string_view code, absl::Time arrival);

  // Where the customer's browser goes when they have decided, with its code or error; nothing
  // before that, and where the login finishes in the app. By phone number: of the newest login on a
  // web page.
  std::optional<std::string> Redirect(absl::string_view auth_req_id, absl::Time now);
  std::optional<std::string> RedirectOfPhone(absl::string_view msisdn, absl::Time now);

  // Judges a request for the profile.
  UserinfoOutcome Userinfo(absl::string_view access_token, absl::Time arrival);

  // Decides by hand. Returns how many logins that concerned. By phone number it concerns all that
  // wait, or, if none is under way, the next one to come, so that a test need not know whether the
  // request has arrived yet.
  int Decide(absl::string_view auth_req_id, Decision decision, absl::Time now);
  int DecidePhone(absl::string_view msisdn, Decision decision, absl::Time now);
  int DecideAll(Decision decision, absl::Time now);

  // Counts what a request did wrong.
  void Count(Violation violation);

  Violations AllViolations() const;
  Totals AllTotals() const;
  std::map<std::string, int64_t> BackchannelRequestsByPhone() const;
  std::vector<SandboxLogin> Logins() const;  // in the order of their start

  ProviderMemory Remember() const;
  // Goes on with what an earlier one remembered, as if nothing had been in between.
  void Recall(ProviderMemory memory);

 private:
  void Decided(const SandboxLogin& login);
  void CountOf(SandboxLogin& login, Violation violation);
  PollVerdict Judge(SandboxLogin& login, absl::Time arrival);
  PollVerdict JudgeEnded(SandboxLogin& login);
  PollVerdict JudgeExchange(SandboxLogin& login, absl::Time arrival);
  std::optional<std::string> RedirectOf(SandboxLogin& login, absl::Time now);
  bool IsTooSoon(SandboxLogin& login, absl::Time arrival);
  PollVerdict Fail(SandboxLogin& login, absl::Time arrival);
  PollVerdict GiveTokens(SandboxLogin& login, absl::Time now);
  void End(SandboxLogin& login, LoginEnd end);

  const absl::Duration interval_;
  const absl::Duration expires_in_;
  std::function<void(const SandboxLogin&)> decided_;

  mutable std::mutex mutex_;
  std::unordered_map<std::string, SandboxLogin> logins_;        // by auth_req_id
  std::unordered_map<std::string, std::string> access_tokens_;  // to auth_req_id
  std::unordered_map<std::string, std::string> codes_;          // likewise
  std::map<std::string, int64_t> requests_by_phone_;
  std::map<std::string, Decision> decisions_in_advance_;  // by phone number
  Violations violations_;
  Totals totals_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_PROVIDER_STATE_H_
