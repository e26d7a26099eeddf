#include "tests/unit/login/login_fixture.h"

#include <utility>

#include "server/login/new_login.h"
#include "server/login/step.h"
#include "tests/unit/login/transition_promises.h"

namespace cibad {

Course::Course(const Handling& handling, const std::string& redirect_uri) {
  LoginRequest request;
  request.sales_unit = "123456";
  request.msisdn = "4791234567";
  request.scope = "openid name";
  request.binding_message = "K7P-3XM";
  if (!redirect_uri.empty()) request.web_page = WebPage{redirect_uri, ""};
  login_ = NewLogin("00000000000000000000000042", std::move(request), handling, now_);
}

Course& Course::After(absl::Duration duration) {
  now_ += duration;
  return *this;
}

Course& Course::Fire(const Event& event) {
  Transition transition = Step(login_, event, now_);
  EXPECT_EQ(BrokenPromise(login_, transition, now_), "");
  login_ = std::move(transition.login);
  commands_ = std::move(transition.commands);
  if (const auto time = WakeTime()) wake_time_ = *time;
  return *this;
}

Course& Course::Wake() {
  EXPECT_LT(wake_time_, absl::InfiniteFuture()) << "the login waits for an answer";
  now_ = std::max(now_, wake_time_);
  return Fire(Woken{});
}

Course& Course::Acknowledge(absl::Duration interval, absl::Duration expires_in) {
  return Fire(BackchannelAnswered{Acknowledgement{"auth-req-id", expires_in, interval}});
}

Course& Course::AnswerToken(const Outcome<TokenAnswer>& outcome) {
  return Fire(TokenRequestAnswered{outcome});
}

Course& Course::AnswerTokenError(const std::string& code) {
  return AnswerToken(ProviderError{400, code, "", std::nullopt});
}

Course& Course::AnswerProfile(const Outcome<Profile>& outcome) {
  return Fire(ProfileAnswered{outcome});
}

bool Course::SendsNothing() const {
  return std::all_of(commands_.begin(), commands_.end(), [](const Command& command) {
    return std::holds_alternative<WakeAt>(command);
  });
}

std::optional<absl::Time> Course::WakeTime() const {
  for (const Command& command : commands_) {
    if (const auto* wake = std::get_if<WakeAt>(&command)) return wake->time;
  }
  return std::nullopt;
}

TokenAnswer Tokens300s() { return TokenAnswer{"access-token", "id-token", absl::Seconds(300)}; }

Profile CustomerProfile(const std::string& subject) {
  Profile profile;
  profile.subject = subject;
  profile.name = "Kari Nordmann";
  return profile;
}

NoAnswer NeverLeft() { return NoAnswer{/*may_have_arrived=*/false, 0, std::nullopt, ""}; }

NoAnswer BrokenOff() { return NoAnswer{/*may_have_arrived=*/true, 0, std::nullopt, ""}; }

NoAnswer OutOfOrder(std::optional<absl::Duration> retry_after) {
  return NoAnswer{/*may_have_arrived=*/true, 503, retry_after, ""};
}

ProviderError TooManyRequests(std::optional<absl::Duration> retry_after) {
  return ProviderError{429, "", "", retry_after};
}

Course Checking() { return Course({.check_user = true}).Fire(Accepted{}); }
Course Asking() { return Course().Fire(Accepted{}); }
Course Waiting() { return Asking().Acknowledge(); }
Course Polling() { return Waiting().Wake(); }
Course Proving() { return Polling().AnswerToken(Tokens300s()); }
Course Fetching() { return Proving().Fire(IdTokenChecked{AcceptedIdToken{kSubject}}); }

Course AwaitingCode() {
  return Course({}, "https://shop.example/back").Fire(Accepted{}).Acknowledge();
}
Course Exchanging() { return AwaitingCode().Fire(CodeReceived{"code-1"}); }

}  // namespace cibad
