#include "server/engine/credentials_watch.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

template <typename Answer>
const ProviderError* ErrorIn(const Outcome<Answer>& outcome) {
  return std::get_if<ProviderError>(&outcome);
}

// Userinfo is asked with the customer's access token, and tells nothing of the sales unit's
// credentials.
template <typename Answer>
CredentialsVerdict Judge(const Outcome<Answer>& outcome) {
  if (std::holds_alternative<Answer>(outcome)) return CredentialsVerdict::kAccepted;
  const ProviderError* error = ErrorIn(outcome);
  return error == nullptr ? CredentialsVerdict::kNone : JudgeCredentials(*error);
}

void LogRefusal(const std::string& sales_unit, const ProviderError& error) {
  const std::string code =
      error.code.empty() ? absl::StrCat("HTTP ", error.http_status) : error.code;
  Log(LogLevel::kError,
      "The provider refuses the sales unit's credentials; its logins fail until they are mended",
      {{"sales_unit", sales_unit}, {"code", code}, {"detail", error.detail}});
}

}  // namespace

CredentialsWatch::Standing* CredentialsWatch::Find(const std::string& sales_unit) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Standing>& standing = standings_[sales_unit];
  if (standing == nullptr) standing = std::make_unique<Standing>(sales_unit);
  return standing.get();
}

void CredentialsWatch::Note(Standing* standing, const Event& event) {
  CredentialsVerdict verdict = CredentialsVerdict::kNone;
  const ProviderError* error = nullptr;
  if (const auto* token = std::get_if<TokenRequestAnswered>(&event)) {
    verdict = Judge(token->outcome);
    error = ErrorIn(token->outcome);
  } else if (const auto* backchannel = std::get_if<BackchannelAnswered>(&event)) {
    verdict = Judge(backchannel->outcome);
    error = ErrorIn(backchannel->outcome);
  } else if (const auto* checked = std::get_if<UserChecked>(&event)) {
    verdict = Judge(checked->outcome);
    error = ErrorIn(checked->outcome);
  }
  Note(standing, verdict, error);
}

void CredentialsWatch::Note(Standing* standing, CredentialsVerdict verdict,
                            const ProviderError* error) {
  if (verdict == CredentialsVerdict::kNone) return;
  const bool is_refused = verdict == CredentialsVerdict::kRefused;
  if (standing->is_refused.load(std::memory_order_relaxed) == is_refused) return;
  Change(*standing, is_refused, error);
}

// The log has the reason before anybody can see that there is one.
void CredentialsWatch::Change(Standing& standing, bool is_refused, const ProviderError* error) {
  const std::lock_guard lock(mutex_);
  if (standing.is_refused.load() == is_refused) return;
  if (is_refused) {
    LogRefusal(standing.sales_unit, *error);
  } else {
    Log(LogLevel::kInfo, "The provider accepts the sales unit's credentials again",
        {{"sales_unit", standing.sales_unit}});
  }
  standing.is_refused.store(is_refused);
  if (on_change_ != nullptr) on_change_(standing.sales_unit, is_refused);
}

void CredentialsWatch::Forget(const std::string& sales_unit) {
  Standing* standing = Find(sales_unit);
  const std::lock_guard lock(mutex_);
  if (standing->is_refused.exchange(false) && on_change_ != nullptr) on_change_(sales_unit, false);
}

}  // namespace cibad
