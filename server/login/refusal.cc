#include "server/login/refusal.h"

#include <array>

#include "absl/strings/string_view.h"

namespace cibad {
namespace {

struct Meaning {
  absl::string_view code;
  LoginState state;
  FailureReason reason;
};

constexpr std::array kMeanings = {
    // CIBA 11 and 13, RFC 6749 5.2.
    Meaning{"access_denied", LoginState::kDenied, FailureReason::kNone},
    Meaning{"expired_token", LoginState::kExpired, FailureReason::kNone},
    Meaning{"unknown_user_id", LoginState::kFailed, FailureReason::kInvalidUser},
    Meaning{"invalid_client", LoginState::kFailed, FailureReason::kCredentialsRefused},
    // RFC 6750 3.1: the access token that stands in for the client's credentials.
    Meaning{"invalid_token", LoginState::kFailed, FailureReason::kCredentialsRefused},
    Meaning{"unauthorized_client", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"invalid_request", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"invalid_scope", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"invalid_grant", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"invalid_binding_message", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"expired_login_hint_token", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"missing_user_code", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"invalid_user_code", LoginState::kFailed, FailureReason::kRequestRefused},
    Meaning{"unsupported_grant_type", LoginState::kFailed, FailureReason::kRequestRefused},
    // Vipps' own.
    Meaning{"invalid_user", LoginState::kFailed, FailureReason::kInvalidUser},
    Meaning{"old_app", LoginState::kFailed, FailureReason::kAppOutdated},
    Meaning{"outdated_app_version", LoginState::kFailed, FailureReason::kAppOutdated},
    Meaning{"wrong_challenge", LoginState::kFailed, FailureReason::kWrongChallenge},
    Meaning{"server_error", LoginState::kFailed, FailureReason::kProviderUnavailable},
    Meaning{"temporarily_unavailable", LoginState::kFailed, FailureReason::kProviderUnavailable},
};

// For an error without a code.
FailureReason ReasonOfStatus(int http_status) {
  switch (http_status) {
    case 401:
      return FailureReason::kCredentialsRefused;
    case 403:
      return FailureReason::kRequestRefused;
    default:
      return FailureReason::kOther;
  }
}

}  // namespace

std::vector<absl::string_view> KnownProviderCodes() {
  std::vector<absl::string_view> codes;
  codes.reserve(kMeanings.size());
  for (const Meaning& meaning : kMeanings) codes.push_back(meaning.code);
  return codes;
}

CredentialsVerdict JudgeCredentials(const ProviderError& error) {
  // The answer to most polls: the login is there, and is the client's own.
  if (error.code == "authorization_pending" || error.code == "slow_down")
    return CredentialsVerdict::kAccepted;
  const End end = EndOfRefusal(error);
  if (end.state != LoginState::kFailed) return CredentialsVerdict::kAccepted;
  switch (end.failure.reason) {
    case FailureReason::kCredentialsRefused:
      return CredentialsVerdict::kRefused;
    case FailureReason::kInvalidUser:
    case FailureReason::kAppOutdated:
    case FailureReason::kWrongChallenge:
      return CredentialsVerdict::kAccepted;
    default:  // a gateway may have answered, or the request was refused before the client was known
      return CredentialsVerdict::kNone;
  }
}

End EndOfRefusal(const ProviderError& error) {
  constexpr int kTooManyRequests = 429;
  if (error.http_status == kTooManyRequests) {
    return {LoginState::kFailed, {FailureReason::kTooManyLogins, error.code, error.retry_after}};
  }
  for (const Meaning& meaning : kMeanings) {
    if (error.code != meaning.code) continue;
    if (meaning.state != LoginState::kFailed) return {meaning.state, {}};
    return {LoginState::kFailed, {meaning.reason, error.code, std::nullopt}};
  }
  const FailureReason reason =
      error.code.empty() ? ReasonOfStatus(error.http_status) : FailureReason::kOther;
  return {LoginState::kFailed, {reason, error.code, std::nullopt}};
}

}  // namespace cibad
