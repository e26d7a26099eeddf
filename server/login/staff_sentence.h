// The sentences that staff read on the till and can read out to the customer, in each language. One
// says what there is to know, and what to do where something can be done. Which one fits a login is
// for staff_message.h to choose.

#ifndef CIBAD_SERVER_LOGIN_STAFF_SENTENCE_H_
#define CIBAD_SERVER_LOGIN_STAFF_SENTENCE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/login/language.h"

namespace cibad {

enum class StaffSentence {
  // Where a login stands.
  kStarting,
  kPending,
  kPendingWithCode,  // value: the binding message
  kConfirmed,
  kCompleted,
  kDenied,
  kExpired,
  kCancelled,
  // Why a login failed.
  kInterrupted,
  kPhoneNumberUnusable,
  kCustomerUnusable,  // who is known by a QR check-in instead of a phone number
  kCheckInExpired,    // that QR check-in
  kAppOutdated,
  kTooManyLogins,
  kTooManyLoginsForSeconds,  // value: a whole number from two on, as of
  kTooManyLoginsForMinutes,  // these
  kWrongChallenge,
  kNotSetUp,
  kProviderUnavailable,
  kNotVerified,
  kFailed,
  kFailedWithCode,  // value: the provider's error code
  // What a check whether a user exists found, beside kPhoneNumberUnusable.
  kPhoneNumberUsable,
};

inline constexpr StaffSentence kLastStaffSentence = StaffSentence::kPhoneNumberUsable;

// The sentence in the language, with `value` in it where it has a place for one.
std::string StaffText(StaffSentence sentence, Language language, absl::string_view value = "");

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_STAFF_SENTENCE_H_
