#include "server/login/state_name.h"

namespace cibad {

absl::string_view NameOf(LoginState state) {
  switch (state) {
    case LoginState::kStarting:
      return "STARTING";
    case LoginState::kPending:
      return "PENDING";
    case LoginState::kConfirmed:
      return "CONFIRMED";
    case LoginState::kCompleted:
      return "COMPLETED";
    case LoginState::kDenied:
      return "DENIED";
    case LoginState::kExpired:
      return "EXPIRED";
    case LoginState::kCancelled:
      return "CANCELLED";
    case LoginState::kFailed:
      break;
  }
  return "FAILED";
}

absl::string_view NameOf(FailureReason reason) {
  switch (reason) {
    case FailureReason::kNone:
      return "";
    case FailureReason::kInterrupted:
      return "INTERRUPTED";
    case FailureReason::kInvalidUser:
      return "INVALID_USER";
    case FailureReason::kAppOutdated:
      return "APP_OUTDATED";
    case FailureReason::kTooManyLogins:
      return "TOO_MANY_LOGINS";
    case FailureReason::kWrongChallenge:
      return "WRONG_CHALLENGE";
    case FailureReason::kCredentialsRefused:
      return "CREDENTIALS_REFUSED";
    case FailureReason::kRequestRefused:
      return "REQUEST_REFUSED";
    case FailureReason::kProviderUnavailable:
      return "PROVIDER_UNAVAILABLE";
    case FailureReason::kProviderAnswerInvalid:
      return "PROVIDER_ANSWER_INVALID";
    case FailureReason::kIdTokenRefused:
      return "ID_TOKEN_REFUSED";
    case FailureReason::kProfileRefused:
      return "PROFILE_REFUSED";
    case FailureReason::kOther:
      break;
  }
  return "OTHER";
}

}  // namespace cibad
