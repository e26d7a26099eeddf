#include "client/login_text.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace cibad {
namespace {

std::string PendingSentence(const v1::Login& login) {
  const std::string ask =
      absl::StrCat("Ask the customer to open ", AppName(login.masked_phone_number()));
  if (login.binding_message().empty()) return absl::StrCat(ask, " and confirm the login.");
  return absl::StrCat(ask, " and confirm code ", login.binding_message(), ".");
}

// For a daemon that gave no sentence of its own.
std::string EndSentence(const v1::Login& login) {
  switch (login.state()) {
    case v1::Login::COMPLETED:
      return "The customer is logged in.";
    case v1::Login::DENIED:
      return "The customer said no.";
    case v1::Login::EXPIRED:
      return "The customer did not answer in time.";
    case v1::Login::CANCELLED:
      return "The login was cancelled.";
    case v1::Login::FAILED:
      return "The login could not be done.";
    default:
      return "This cibactl does not know the login's state: it is older than the daemon.";
  }
}

}  // namespace

std::string StateName(const v1::Login& login) {
  const std::string& name = v1::Login::State_Name(login.state());
  return name.empty() ? absl::StrCat("STATE_", static_cast<int>(login.state())) : name;
}

std::string AppName(absl::string_view masked_phone_number) {
  // The mask leaves the first two digits: enough of +47, +46, +45 and +358.
  if (absl::StartsWith(masked_phone_number, "47") || absl::StartsWith(masked_phone_number, "46")) {
    return "Vipps";
  }
  if (absl::StartsWith(masked_phone_number, "45") || absl::StartsWith(masked_phone_number, "35")) {
    return "MobilePay";
  }
  return "Vipps or MobilePay";
}

std::string Sentence(const v1::Login& login) {
  switch (login.state()) {
    case v1::Login::STARTING:
      return "Sending the request to the customer's phone.";
    case v1::Login::PENDING:
      return PendingSentence(login);
    case v1::Login::CONFIRMED:
      return "The customer said yes. Fetching their profile.";
    case v1::Login::FAILED:
      if (!login.failure().staff_message().empty()) return login.failure().staff_message();
      break;
    default:
      break;
  }
  return login.staff_message().empty() ? EndSentence(login) : login.staff_message();
}

std::string FailureDetails(const v1::Failure& failure) {
  const std::string& name = v1::Failure::Reason_Name(failure.reason());
  std::string details =
      name.empty() ? absl::StrCat("REASON_", static_cast<int>(failure.reason())) : name;
  if (!failure.provider_code().empty()) {
    absl::StrAppend(&details, ", the provider's code is ", failure.provider_code());
  }
  if (failure.has_retry_after()) {
    absl::StrAppend(&details, ", try again in ",
                    absl::FormatDuration(absl::Seconds(failure.retry_after().seconds())));
  }
  return details;
}

}  // namespace cibad
