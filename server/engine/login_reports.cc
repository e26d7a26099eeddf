#include "server/engine/login_reports.h"

#include <variant>

#include "server/login/state_name.h"

namespace cibad {
namespace {

RequestOutcome ClassOf(const ProviderError& error) {
  constexpr int kTooManyRequests = 429;
  if (error.http_status == kTooManyRequests) return RequestOutcome::kRateLimited;
  const bool is_pending = error.code == "authorization_pending" || error.code == "slow_down";
  return is_pending ? RequestOutcome::kPending : RequestOutcome::kRefused;
}

RequestOutcome ClassOf(const InvalidAnswer&) { return RequestOutcome::kInvalid; }

RequestOutcome ClassOf(const NoAnswer& no_answer) {
  return no_answer.http_status == 0 ? RequestOutcome::kNoAnswer : RequestOutcome::kServerError;
}

template <typename HopedFor>
RequestOutcome ClassOf(const HopedFor&) {
  return RequestOutcome::kOk;
}

template <typename AnyOutcome>
void Count(Metrics& metrics, ProviderEndpoint endpoint, const AnyOutcome& outcome) {
  metrics.CountRequest(endpoint,
                       std::visit([](const auto& what) { return ClassOf(what); }, outcome));
}

}  // namespace

void LoginReports::Began(const Login& login) const {
  if (metrics_ != nullptr) metrics_->CountStart(login.request->sales_unit);
}

void LoginReports::Ended(const Login& login) const {
  if (on_end_) on_end_(login);
  if (metrics_ == nullptr) return;
  metrics_->CountEnd(login.request->sales_unit, NameOf(login.state), NameOf(login.failure->reason));
}

CredentialsWatch::Standing* LoginReports::StandingOf(const Login& login) const {
  return credentials_ == nullptr ? nullptr : credentials_->Find(login.request->sales_unit);
}

void LoginReports::Answered(CredentialsWatch::Standing* standing, const Event& event) const {
  if (credentials_ != nullptr) credentials_->Note(standing, event);
  if (metrics_ == nullptr) return;
  if (const auto* token = std::get_if<TokenRequestAnswered>(&event)) {
    Count(*metrics_, ProviderEndpoint::kToken, token->outcome);
  } else if (const auto* backchannel = std::get_if<BackchannelAnswered>(&event)) {
    Count(*metrics_, ProviderEndpoint::kBackchannel, backchannel->outcome);
  } else if (const auto* checked = std::get_if<UserChecked>(&event)) {
    Count(*metrics_, ProviderEndpoint::kUserExists, checked->outcome);
  } else if (const auto* profile = std::get_if<ProfileAnswered>(&event)) {
    Count(*metrics_, ProviderEndpoint::kUserinfo, profile->outcome);
  }
}

void LoginReports::AnsweredWithAccessToken(const SalesUnit& unit,
                                           const Outcome<AccessToken>& outcome) const {
  if (metrics_ != nullptr) Count(*metrics_, ProviderEndpoint::kAccessToken, outcome);
  // Without partner keys it is the subscription key that may be wrong, which logins do without.
  const bool is_proof = unit.authentication == ClientAuthentication::kPartnerKeys;
  if (credentials_ == nullptr || !is_proof) return;
  CredentialsWatch::Standing* standing = credentials_->Find(unit.msn);
  if (std::holds_alternative<AccessToken>(outcome)) {
    credentials_->Note(standing, CredentialsVerdict::kAccepted, nullptr);
  } else if (const auto* error = std::get_if<ProviderError>(&outcome)) {
    credentials_->Note(standing, JudgeCredentials(*error), error);
  }
}

RequestOutcome OutcomeOf(const std::optional<FailedAnswer>& failure) {
  if (!failure.has_value()) return RequestOutcome::kOk;
  return std::visit([](const auto& what) { return ClassOf(what); }, *failure);
}

}  // namespace cibad
