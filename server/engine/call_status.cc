#include "server/engine/call_status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "server/login/refusal.h"

namespace cibad {
namespace {

constexpr char kRetryDelayPayload[] = "cibad/retry_delay";

// " (invalid_client)", or nothing.
std::string InBrackets(const std::string& code) {
  return code.empty() ? "" : absl::StrCat(" (", code, ")");
}

}  // namespace

absl::Status WithRetryDelay(absl::Status status, std::optional<absl::Duration> delay) {
  if (delay) status.SetPayload(kRetryDelayPayload, absl::Cord(absl::FormatDuration(*delay)));
  return status;
}

absl::Status StatusOf(const ProviderError& error) {
  const std::string code = InBrackets(error.code);
  switch (EndOfRefusal(error).failure.reason) {
    case FailureReason::kTooManyLogins:
      return WithRetryDelay(absl::ResourceExhaustedError(absl::StrCat(
                                "the provider gets too many requests; try again later", code)),
                            error.retry_after);
    case FailureReason::kProviderUnavailable:
      return absl::UnavailableError(
          absl::StrCat("the provider is out of order; try again in a minute", code));
    case FailureReason::kCredentialsRefused:
      return absl::FailedPreconditionError(absl::StrCat(
          "the provider refused the sales unit's credentials", code, "; the operator has to act"));
    default:
      return absl::FailedPreconditionError(
          absl::StrCat("the provider refused the request", code, "; the operator has to act"));
  }
}

absl::Status StatusOf(const InvalidAnswer&) {
  return absl::InternalError("the provider's answer cannot be understood; the log says more");
}

absl::Status StatusOf(const NoAnswer& no_answer) {
  return WithRetryDelay(
      absl::UnavailableError("the provider does not answer; try again in a moment"),
      no_answer.retry_after);
}

std::optional<absl::Duration> RetryDelayOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kRetryDelayPayload);
  absl::Duration delay;
  if (!payload.has_value() || !absl::ParseDuration(std::string(*payload), &delay)) {
    return std::nullopt;
  }
  return delay;
}

}  // namespace cibad
