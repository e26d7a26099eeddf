// Logins that finish on a web page: where the customer's browser goes, and the exchange of the code
// that it brings. The rest of ProviderState is in provider_state.cc.

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/sandbox/provider_state.h"
#include "tests/sandbox/random_text.h"

namespace cibad {
namespace {

constexpr size_t kCodeBytes = 24;

// RFC 3986 2.3: what is not unreserved is escaped.
std::string Escape(absl::string_view text) {
  std::string escaped;
  for (const char byte : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(byte)) || absl::StrContains("-._~", byte)) {
      escaped.push_back(byte);
    } else {
      absl::StrAppendFormat(&escaped, "%%%02X", static_cast<unsigned char>(byte));
    }
  }
  return escaped;
}

using Parameters = std::vector<std::pair<const char*, std::string>>;

std::string Location(const std::string& redirect_uri, const Parameters& parameters) {
  std::string location = redirect_uri;
  const char* mark = absl::StrContains(redirect_uri, '?') ? "&" : "?";
  for (const auto& [name, value] : parameters) {
    absl::StrAppend(&location, mark, name, "=", Escape(value));
    mark = "&";
  }
  return location;
}

}  // namespace

std::optional<std::string> ProviderState::Redirect(absl::string_view auth_req_id, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = logins_.find(std::string(auth_req_id));
  if (found == logins_.end()) return std::nullopt;
  return RedirectOf(found->second, now);
}

std::optional<std::string> ProviderState::RedirectOfPhone(absl::string_view msisdn,
                                                          absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  SandboxLogin* newest = nullptr;
  for (auto& [auth_req_id, login] : logins_) {
    if (login.request.msisdn != msisdn || !FinishesOnWebPage(login)) continue;
    if (newest == nullptr || login.number > newest->number) newest = &login;
  }
  return newest == nullptr ? std::nullopt : RedirectOf(*newest, now);
}

std::optional<std::string> ProviderState::RedirectOf(SandboxLogin& login, absl::Time now) {
  const bool is_decided = now >= login.decision_time && (login.decision == Decision::kApprove ||
                                                         login.decision == Decision::kDeny);
  if (!FinishesOnWebPage(login) || !is_decided) return std::nullopt;
  Parameters parameters;
  const bool is_new = login.end == LoginEnd::kNone && login.code.empty();
  if (login.decision == Decision::kDeny) {
    if (is_new) End(login, LoginEnd::kDenied);
    parameters = {{"error", "access_denied"},
                  {"error_description", "The customer denied the login."}};
  } else if (login.behaviour.redirect_error[0] != '\0') {
    if (is_new) End(login, LoginEnd::kRefused);
    parameters = {{"error", login.behaviour.redirect_error},
                  {"error_description", "Something went wrong."}};
  } else {
    if (is_new) {
      if (now >= login.expire_time) return std::nullopt;
      login.code = RandomToken(kCodeBytes);
      login.code_expire_time = now + login.behaviour.code_life;
      codes_.emplace(login.code, login.auth_req_id);
    }
    if (login.code.empty()) return std::nullopt;  // it ended without one
    parameters = {{"code", login.code}};
  }
  if (!login.request.state.empty()) parameters.emplace_back("state", login.request.state);
  return Location(login.request.redirect_uri, parameters);
}

PollOutcome ProviderState::Exchange(absl::string_view code, absl::Time arrival) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++totals_.code_exchanges;
  const auto found = codes_.find(std::string(code));
  if (found == codes_.end()) return {};
  SandboxLogin& login = logins_.at(found->second);
  const PollVerdict verdict = JudgeExchange(login, arrival);
  ++login.exchanges;
  return {verdict, login};
}

// A code is good for one request, whatever became of the answer.
PollVerdict ProviderState::JudgeExchange(SandboxLogin& login, absl::Time arrival) {
  if (login.exchanges > 0) {
    CountOf(login, Violation::kCodeUsedTwice);
    return PollVerdict::kEnded;
  }
  if (arrival >= login.code_expire_time) {
    End(login, LoginEnd::kExpired);
    return PollVerdict::kExpired;
  }
  if (login.token_failures < login.behaviour.token.failure.times) return Fail(login, arrival);
  return GiveTokens(login, arrival);
}

}  // namespace cibad
