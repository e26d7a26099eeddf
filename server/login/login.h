// A login as a value: everything that is known about one customer being logged in. The state
// machine (step.h) turns one value into the next; the store keeps it; the engine acts on it; the
// API shows it. Nothing here does anything, so that all of it can be compared, copied, stored and
// simulated.

#ifndef CIBAD_SERVER_LOGIN_LOGIN_H_
#define CIBAD_SERVER_LOGIN_LOGIN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "server/login/boxed.h"
#include "server/login/language.h"
#include "server/login/profile.h"
#include "server/login/shared.h"

namespace cibad {

enum class LoginState {
  kStarting,   // accepted and durable; the push is not yet known to be sent
  kPending,    // the customer has been asked
  kConfirmed,  // the customer said yes, the ID token is proven, the profile is being fetched
  kCompleted,  // the rest are ends
  kDenied,
  kExpired,
  kCancelled,
  kFailed,
};

constexpr bool HasEnded(LoginState state) { return state >= LoginState::kCompleted; }

// Why a login failed; the meanings are those of cibad.v1.Failure.Reason.
enum class FailureReason {
  kNone,
  kInterrupted,
  kInvalidUser,
  kAppOutdated,
  kTooManyLogins,
  kWrongChallenge,
  kCredentialsRefused,
  kRequestRefused,
  kProviderUnavailable,
  kProviderAnswerInvalid,
  kIdTokenRefused,
  kProfileRefused,
  kOther,
};

struct Failure {
  FailureReason reason = FailureReason::kNone;
  std::string provider_code;  // the provider's own error code, where it gave one
  std::optional<absl::Duration> retry_after;

  friend bool operator==(const Failure&, const Failure&) = default;
};

// Where a login finishes that does not finish in the app.
struct WebPage {
  std::string redirect_uri;  // where the customer's browser brings the code
  std::string state;         // that it brings along with the code; empty: none

  friend bool operator==(const WebPage&, const WebPage&) = default;
};

// What the till asked for, checked and normalised. Never changes after the start.
struct LoginRequest {
  // Whose login it is (Caller::name); nobody else learns of it. Empty: of a daemon that did not
  // tell callers apart, so it is nobody's.
  std::string caller;
  std::string sales_unit;       // merchant serial number
  std::string msisdn;           // country code and number, digits only: 4712345678; empty:
  std::string customer_token;   // of a QR check-in, names the customer; empty: the number does
  std::string scope;            // as it is sent (RFC 6749, 3.3): `openid` first; see scope.h
  std::string binding_message;  // empty: the till wants none
  std::optional<absl::Duration> requested_expiry;  // whole seconds; absent: the provider's default
  Boxed<WebPage> web_page;  // absent: the login is finished in the app, and polled for
  Language language = Language::kEnglish;  // of what staff are told
  // Whether the daemon made the binding message: then it does not count when starts are compared.
  bool binding_message_is_made = false;
  std::string reference;
  std::string request_id;  // empty: every start is a new login

  friend bool operator==(const LoginRequest&, const LoginRequest&) = default;
};

// How the sales unit's config has the login driven. Fixed at its start, so that a change of the
// config in the middle changes nothing for it.
struct Handling {
  bool check_user = false;  // ask first whether the customer has an account
  // Between two polls where a ping is to tell of the end sooner; absent: no ping comes.
  std::optional<absl::Duration> ping_fallback;

  friend bool operator==(const Handling&, const Handling&) = default;
};

// What the customer's yes brought. Held until the profile is there, then wiped.
struct Tokens {
  std::string access_token;
  std::string id_token;
  absl::Time expire_time;  // of the access token, five minutes from its coming at the latest

  friend bool operator==(const Tokens&, const Tokens&) = default;
};

// What drives a login but need not survive a crash: after one, polling starts again one interval
// later, which is never early.
struct Progress {
  bool request_in_flight =
      false;  // at most one request is under way for a login, whatever its kind
  absl::Time next_request_time = absl::InfiniteFuture();
  // Before which no token request may go, pinged or not; a ping brings the next one forward to it.
  absl::Time earliest_request_time = absl::InfiniteFuture();
  bool pinged = false;          // since the last token request went
  int unanswered_requests = 0;  // in a row, for the back-off
  // What Handling::check_user asks for has been done, or tried.
  bool user_is_checked = false;
  // A token request broke off after it may have arrived: its answer, perhaps the tokens, is lost.
  bool token_answer_may_be_lost = false;
  std::string code;  // that the customer's browser brought, until its exchange is answered

  friend bool operator==(const Progress&, const Progress&) = default;
};

// Whether the login finishes on a web page: its customer's browser brings a code, and nothing is
// polled for.
inline bool FinishesOnWebPage(const LoginRequest& request) { return request.web_page.has_value(); }

struct Login {
  std::string id;        // 26 characters of Crockford base32, of 128 random bits
  int64_t revision = 0;  // grows with every change that must survive: the sign to write it
  Shared<LoginRequest> request;
  Handling handling;

  LoginState state = LoginState::kStarting;
  Shared<Failure> failure;  // where state is kFailed
  absl::Time create_time;
  absl::Time update_time;
  absl::Time expire_time = absl::InfiniteFuture();  // the provider's, from PENDING on
  std::optional<absl::Time> end_time;

  std::string auth_req_id;
  absl::Duration interval;  // between token requests; grows with every slow_down
  absl::Time retry_time = absl::InfinitePast();  // before which the provider wants no request
  // The browser's code may have reached the provider, which takes it once. What came of it is not
  // known yet.
  bool code_may_be_used = false;
  Boxed<Tokens> tokens;
  std::string subject;  // the `sub` of the accepted ID token
  Boxed<Profile> profile;

  Progress progress;

  friend bool operator==(const Login&, const Login&) = default;
};

// Whether the caller may see the login and act on it. A login of nobody is not even nobody's.
inline bool IsOwn(const Login& login, const std::string& caller) {
  return !caller.empty() && login.request->caller == caller;
}

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_LOGIN_H_
