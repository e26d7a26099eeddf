#include "server/login/staff_message.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/login/staff_sentence.h"

namespace cibad {
namespace {

std::string Pending(const LoginRequest& request) {
  if (request.binding_message.empty()) return StaffText(StaffSentence::kPending, request.language);
  return StaffText(StaffSentence::kPendingWithCode, request.language, request.binding_message);
}

// A wait is rounded up, to whole minutes where it is long. One of a second or less is "a little".
std::string TooManyLogins(const Failure& failure, Language language) {
  const absl::Duration wait = failure.retry_after.value_or(absl::ZeroDuration());
  if (wait <= absl::Seconds(1)) return StaffText(StaffSentence::kTooManyLogins, language);
  if (wait <= absl::Seconds(99)) {
    return StaffText(StaffSentence::kTooManyLoginsForSeconds, language,
                     absl::StrCat(absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)))));
  }
  return StaffText(StaffSentence::kTooManyLoginsForMinutes, language,
                   absl::StrCat(absl::ToInt64Minutes(absl::Ceil(wait, absl::Minutes(1)))));
}

StaffSentence SentenceFor(FailureReason reason) {
  switch (reason) {
    case FailureReason::kInterrupted:
      return StaffSentence::kInterrupted;
    case FailureReason::kInvalidUser:
      return StaffSentence::kPhoneNumberUnusable;
    case FailureReason::kAppOutdated:
      return StaffSentence::kAppOutdated;
    case FailureReason::kTooManyLogins:
      return StaffSentence::kTooManyLogins;
    case FailureReason::kWrongChallenge:
      return StaffSentence::kWrongChallenge;
    case FailureReason::kCredentialsRefused:
    case FailureReason::kRequestRefused:
      return StaffSentence::kNotSetUp;
    case FailureReason::kProviderUnavailable:
      return StaffSentence::kProviderUnavailable;
    case FailureReason::kProviderAnswerInvalid:
    case FailureReason::kIdTokenRefused:
    case FailureReason::kProfileRefused:
      return StaffSentence::kNotVerified;
    case FailureReason::kOther:
    case FailureReason::kNone:
      break;
  }
  return StaffSentence::kFailed;
}

std::string Failed(const Failure& failure, const LoginRequest& request) {
  if (failure.reason == FailureReason::kTooManyLogins)
    return TooManyLogins(failure, request.language);
  const StaffSentence sentence = SentenceFor(failure.reason);
  if (sentence == StaffSentence::kFailed && !failure.provider_code.empty()) {
    return StaffText(StaffSentence::kFailedWithCode, request.language, failure.provider_code);
  }
  if (sentence == StaffSentence::kPhoneNumberUnusable && !request.customer_token.empty()) {
    return StaffText(StaffSentence::kCustomerUnusable, request.language);
  }
  const bool is_old_check_in =
      !request.customer_token.empty() && failure.provider_code == "expired_login_hint_token";
  if (is_old_check_in) return StaffText(StaffSentence::kCheckInExpired, request.language);
  return StaffText(sentence, request.language);
}

}  // namespace

std::string StaffMessage(const Login& login) {
  const Language language = login.request->language;
  switch (login.state) {
    case LoginState::kStarting:
      return StaffText(StaffSentence::kStarting, language);
    case LoginState::kPending:
      return Pending(*login.request);
    case LoginState::kConfirmed:
      return StaffText(StaffSentence::kConfirmed, language);
    case LoginState::kCompleted:
      return StaffText(StaffSentence::kCompleted, language);
    case LoginState::kDenied:
      return StaffText(StaffSentence::kDenied, language);
    case LoginState::kExpired:
      return StaffText(StaffSentence::kExpired, language);
    case LoginState::kCancelled:
      return StaffText(StaffSentence::kCancelled, language);
    case LoginState::kFailed:
      break;
  }
  return Failed(*login.failure, *login.request);
}

}  // namespace cibad
