#include "server/login/staff_message.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cibad {
namespace {

std::string Pending(const std::string& binding_message) {
  if (binding_message.empty())
    return "Ask the customer to open the Vipps MobilePay app and confirm the login.";
  return absl::StrCat(
      "Ask the customer to open the Vipps MobilePay app and confirm the login that shows ",
      binding_message, ".");
}

std::string TooManyLogins(const Failure& failure) {
  constexpr absl::string_view kStart = "Too many logins were started for this customer";
  if (!failure.retry_after.has_value())
    return absl::StrCat(kStart, "; wait a little, then start again.");
  return absl::StrCat(kStart, "; wait ",
                      absl::ToInt64Seconds(absl::Ceil(*failure.retry_after, absl::Seconds(1))),
                      " seconds, then start again.");
}

std::string Failed(const Failure& failure) {
  switch (failure.reason) {
    case FailureReason::kInterrupted:
      return "The login was interrupted; start it again, and ask the customer to use the newest "
             "request in the app.";
    case FailureReason::kInvalidUser:
      return "This phone number cannot be used to log in with Vipps MobilePay; please use another "
             "way.";
    case FailureReason::kAppOutdated:
      return "The customer's Vipps MobilePay app is too old; ask them to update it, then start "
             "again.";
    case FailureReason::kTooManyLogins:
      return TooManyLogins(failure);
    case FailureReason::kWrongChallenge:
      return "The customer chose the wrong code in the app; start the login again.";
    case FailureReason::kCredentialsRefused:
    case FailureReason::kRequestRefused:
      return "Login with Vipps MobilePay is not set up correctly here; please call support and use "
             "another way.";
    case FailureReason::kProviderUnavailable:
      return "Vipps MobilePay cannot be reached right now; try again in a few minutes.";
    case FailureReason::kProviderAnswerInvalid:
    case FailureReason::kIdTokenRefused:
    case FailureReason::kProfileRefused:
      return "The login could not be verified; the customer is not logged in, please start again.";
    case FailureReason::kOther:
    case FailureReason::kNone:
      break;
  }
  if (failure.provider_code.empty()) return "The login failed; please start again.";
  return absl::StrCat("The login failed (", failure.provider_code, "); please start again.");
}

}  // namespace

std::string StaffMessage(const Login& login) {
  switch (login.state) {
    case LoginState::kStarting:
      return "The login is being sent to the customer's phone.";
    case LoginState::kPending:
      return Pending(login.request.binding_message);
    case LoginState::kConfirmed:
      return "The customer has confirmed; their details are on the way.";
    case LoginState::kCompleted:
      return "The customer is logged in.";
    case LoginState::kDenied:
      return "The customer declined the login.";
    case LoginState::kExpired:
      return "The customer did not answer in time; start again if they still want to log in.";
    case LoginState::kCancelled:
      return "The login was cancelled.";
    case LoginState::kFailed:
      break;
  }
  return Failed(login.failure);
}

}  // namespace cibad
