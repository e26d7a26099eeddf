// What the tests of the core share: a course, which is one login's story told event by event on a
// clock that the test sets, with the promises of transition_promises.h checked at every step; and
// logins brought to each phase by such a course.

#ifndef CIBAD_TESTS_UNIT_LOGIN_LOGIN_FIXTURE_H_
#define CIBAD_TESTS_UNIT_LOGIN_LOGIN_FIXTURE_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "server/login/command.h"
#include "server/login/event.h"
#include "server/login/login.h"

namespace cibad {

inline constexpr absl::Time kStartTime = absl::FromUnixSeconds(1'800'000'000);
inline constexpr absl::Duration kInterval = absl::Seconds(5);
// What a request may take to arrive once its connection is known to have broken.
inline constexpr absl::Duration kStillOnItsWay = absl::Seconds(1);
inline constexpr absl::Duration kExpiresIn = absl::Seconds(600);
inline constexpr char kSubject[] = "c06c4afe-d9e1-4c5d-939a-177d752a0944";

class Course {
 public:
  // A login that is durable; nothing has happened to it. With a redirect_uri it finishes on a web
  // page.
  explicit Course(const Handling& handling = {}, const std::string& redirect_uri = "");

  // Lets the clock run.
  Course& After(absl::Duration duration);

  // Lets `event` happen now.
  Course& Fire(const Event& event);

  // Lets the clock run to the time at which the login asked to be woken, and wakes it.
  Course& Wake();

  // Answers the request under way.
  Course& Acknowledge(absl::Duration interval = kInterval, absl::Duration expires_in = kExpiresIn);
  Course& AnswerToken(const Outcome<TokenAnswer>& outcome);
  Course& AnswerTokenError(const std::string& code);
  Course& AnswerProfile(const Outcome<Profile>& outcome);

  const Login& login() const { return login_; }
  absl::Time now() const { return now_; }

  // What the last step wants done.
  template <typename Request>
  bool Sends() const {
    return std::any_of(commands_.begin(), commands_.end(), [](const Command& command) {
      return std::holds_alternative<Request>(command);
    });
  }
  bool SendsNothing() const;
  std::optional<absl::Time> WakeTime() const;

  // How long from now until the login wants to be woken.
  absl::Duration Waits() const { return wake_time_ - now_; }

 private:
  absl::Time now_ = kStartTime;
  Login login_;
  Commands commands_;
  absl::Time wake_time_ = absl::InfiniteFuture();
};

// ---- Answers of the provider.

TokenAnswer Tokens300s();
Profile CustomerProfile(const std::string& subject = kSubject);
NoAnswer NeverLeft();
NoAnswer BrokenOff();
NoAnswer OutOfOrder(std::optional<absl::Duration> retry_after = std::nullopt);
ProviderError TooManyRequests(std::optional<absl::Duration> retry_after = std::nullopt);

// ---- Logins in each phase.

Course Checking();  // STARTING: whether the customer has an account was asked this instant
Course Asking();    // STARTING: the backchannel request left this instant
Course Waiting();   // PENDING: acknowledged this instant, waiting to poll for the first time
Course Polling();   // PENDING: a token request left this instant
Course Proving();   // PENDING: the tokens came this instant, the ID token is being checked
Course Fetching();  // CONFIRMED: userinfo was asked this instant

// ---- Logins that finish on a web page.

Course AwaitingCode();  // PENDING: acknowledged this instant
Course Exchanging();    // PENDING: "code-1" left this instant

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_LOGIN_LOGIN_FIXTURE_H_
