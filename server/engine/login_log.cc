#include "server/engine/login_log.h"

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/login/phone_mask.h"
#include "server/login/refusal.h"
#include "server/login/state_name.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

constexpr absl::string_view kUserExistsRequest = "user_exists";
constexpr absl::string_view kUserinfo = "userinfo";

bool IsRoutine(const ProviderError& error) {
  return error.code == "authorization_pending" || error.code == "slow_down" ||
         error.code == "access_denied" || error.code == "expired_token";
}

void Tell(LogLevel level, const Login& login, absl::string_view request, absl::string_view what,
          const std::string& code, const std::string& detail) {
  Log(level, what,
      {{"login", login.id},
       {"request", request},
       {"phone", MaskPhoneNumber(login.request->msisdn)},
       {"code", code},
       {"detail", detail}});
}

void LogOutcome(const Login& login, absl::string_view request, const ProviderError& error) {
  if (IsRoutine(error)) return;
  const std::string code =
      error.code.empty() ? absl::StrCat("HTTP ", error.http_status) : error.code;
  // Of the sales unit's credentials CredentialsWatch tells, once for all logins.
  const bool is_told =
      request != kUserinfo && JudgeCredentials(error) == CredentialsVerdict::kRefused;
  Tell(is_told ? LogLevel::kInfo : LogLevel::kWarning, login, request, "The provider refused", code,
       error.detail);
}

void LogOutcome(const Login& login, absl::string_view request, const InvalidAnswer& invalid) {
  Tell(LogLevel::kWarning, login, request, "The provider's answer cannot be understood", "",
       invalid.detail);
}

void LogOutcome(const Login& login, absl::string_view request, const NoAnswer& no_answer) {
  const std::string code =
      no_answer.http_status == 0 ? "" : absl::StrCat("HTTP ", no_answer.http_status);
  Tell(LogLevel::kWarning, login, request, "The provider did not answer", code, no_answer.detail);
}

void LogOutcome(const Login& login, absl::string_view request, const RefusedIdToken& refused) {
  Tell(LogLevel::kWarning, login, request, "The ID token was refused", "", refused.detail);
}

void LogOutcome(const Login& login, absl::string_view request, const Profile& profile) {
  if (profile.subject == login.subject) return;
  Tell(LogLevel::kWarning, login, request, "The profile is that of another customer", "", "");
}

template <typename HopedFor>
void LogOutcome(const Login&, absl::string_view, const HopedFor&) {}

template <typename AnyOutcome>
void LogEach(const Login& login, absl::string_view request, const AnyOutcome& outcome) {
  std::visit([&](const auto& what) { LogOutcome(login, request, what); }, outcome);
}

}  // namespace

void LogState(const Login& login) {
  const std::string phone = MaskPhoneNumber(login.request->msisdn);
  if (login.state != LoginState::kFailed) {
    return Log(LogLevel::kInfo, "Login",
               {{"login", login.id},
                {"state", NameOf(login.state)},
                {"sales_unit", login.request->sales_unit},
                {"phone", phone}});
  }
  Log(LogLevel::kInfo, "Login",
      {{"login", login.id},
       {"state", NameOf(login.state)},
       {"reason", NameOf(login.failure->reason)},
       {"code", login.failure->provider_code},
       {"sales_unit", login.request->sales_unit},
       {"phone", phone}});
}

void LogTrouble(const Login& login, const Event& event) {
  if (const auto* user = std::get_if<UserChecked>(&event)) {
    LogEach(login, kUserExistsRequest, user->outcome);
  } else if (const auto* backchannel = std::get_if<BackchannelAnswered>(&event)) {
    LogEach(login, "backchannel", backchannel->outcome);
  } else if (const auto* refused = std::get_if<CodeRefused>(&event)) {
    LogOutcome(login, "redirect", refused->error);
  } else if (const auto* token = std::get_if<TokenRequestAnswered>(&event)) {
    LogEach(login, "token", token->outcome);
  } else if (const auto* id_token = std::get_if<IdTokenChecked>(&event)) {
    LogEach(login, "id_token", id_token->outcome);
  } else if (const auto* profile = std::get_if<ProfileAnswered>(&event)) {
    LogEach(login, kUserinfo, profile->outcome);
  }
}

void LogUserCheck(const Shared<LoginRequest>& question, const Outcome<UserExists>& outcome) {
  Login none;
  none.id = "none";
  none.request = question;
  LogEach(none, kUserExistsRequest, outcome);
}

void LogWriteFailed(const Login& login, const absl::Status& status) {
  Log(LogLevel::kError, "The login could not be stored; trying again",
      {{"login", login.id}, {"error", status.message()}});
}

}  // namespace cibad
