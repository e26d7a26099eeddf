#include "server/rpc/start_request.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/login/binding_message.h"
#include "server/login/language.h"
#include "server/login/scope.h"
#include "server/provider/phone_number.h"
#include "server/provider/text_rules.h"
#include "server/rpc/policy.h"

namespace cibad {
namespace {

constexpr size_t kLongestReference = 128;
constexpr size_t kLongestRequestId = 64;
constexpr size_t kLongestCustomerToken = 1024;
constexpr size_t kShortestState = 8;
constexpr size_t kLongestState = 256;
constexpr size_t kMostScopes = 32;
constexpr int64_t kShortestExpirySeconds = 60;
constexpr int64_t kLongestExpirySeconds = 900;

absl::StatusOr<std::vector<std::string>> ReadScopes(const v1::StartLoginRequest& message,
                                                    const SalesUnit& unit) {
  if (message.scopes_size() > static_cast<int>(kMostScopes)) {
    return absl::InvalidArgumentError(absl::StrCat("scopes: at most ", kMostScopes, " entries"));
  }
  if (message.scopes().empty()) {
    if (!unit.default_scopes.empty()) return unit.default_scopes;
    return absl::InvalidArgumentError(
        "scopes: give at least one, such as name or phoneNumber; the sales unit has no "
        "default_scopes");
  }
  return NormalizeScopes(
      std::vector<std::string>(message.scopes().begin(), message.scopes().end()));
}

absl::StatusOr<std::optional<absl::Duration>> ReadExpiry(const v1::StartLoginRequest& message) {
  if (!message.has_requested_expiry()) return std::nullopt;
  const auto& expiry = message.requested_expiry();
  if (expiry.nanos() != 0 || expiry.seconds() < kShortestExpirySeconds ||
      expiry.seconds() > kLongestExpirySeconds) {
    return absl::InvalidArgumentError(absl::StrCat("requested_expiry: must be ",
                                                   kShortestExpirySeconds, " to ",
                                                   kLongestExpirySeconds, " whole seconds"));
  }
  return absl::Seconds(expiry.seconds());
}

absl::StatusOr<std::string> ReadBindingMessage(const v1::StartLoginRequest& message,
                                               uint64_t random_bits) {
  if (message.binding_message().empty()) {
    return message.no_binding_message() ? std::string() : MakeBindingMessage(random_bits);
  }
  if (message.no_binding_message()) {
    return absl::InvalidArgumentError(
        "no_binding_message: cannot be set together with binding_message");
  }
  return NormalizeBindingMessage(message.binding_message());
}

absl::Status CheckRequestId(const std::string& request_id) {
  const bool is_printable = std::all_of(request_id.begin(), request_id.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (is_printable && request_id.size() <= kLongestRequestId) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("request_id: must be at most ", kLongestRequestId,
                                                 " printable ASCII characters without spaces"));
}

// Who is to log in: a phone number, or the token of a QR check-in.
absl::Status ReadCustomer(const v1::StartLoginRequest& message, const SalesUnit& unit,
                          LoginRequest& request) {
  const std::string& token = message.customer_token();
  if (token.empty()) {
    absl::StatusOr<std::string> msisdn =
        ParsePhoneNumber(message.phone_number(), unit.default_region);
    if (!msisdn.ok()) return msisdn.status();
    request.msisdn = *std::move(msisdn);
    return absl::OkStatus();
  }
  if (!message.phone_number().empty()) {
    return absl::InvalidArgumentError(
        "customer_token: cannot be set together with phone_number; one of the two names the "
        "customer");
  }
  if (token.size() > kLongestCustomerToken || !IsVisibleAscii(token)) {
    return absl::InvalidArgumentError(absl::StrCat("customer_token: must be at most ",
                                                   kLongestCustomerToken,
                                                   " visible ASCII characters without spaces"));
  }
  request.customer_token = token;
  return absl::OkStatus();
}

// Where the login is to finish, if not in the app.
absl::Status ReadWebPage(const v1::StartLoginRequest& message, LoginRequest& request) {
  const std::string& state = message.state();
  if (message.redirect_uri().empty()) {
    if (state.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("state: can only be set together with redirect_uri");
  }
  if (!IsHttpsUrl(message.redirect_uri())) {
    return absl::InvalidArgumentError(
        "redirect_uri: must be an https URL of at most 2048 characters, without a fragment, a user "
        "name or a password");
  }
  const bool is_state =
      state.size() >= kShortestState && state.size() <= kLongestState && IsVisibleAscii(state);
  if (!state.empty() && !is_state) {
    return absl::InvalidArgumentError(absl::StrCat("state: must be ", kShortestState, " to ",
                                                   kLongestState,
                                                   " visible ASCII characters without spaces"));
  }
  request.web_page = WebPage{message.redirect_uri(), state};
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Shared<LoginRequest>> ReadStartRequest(const v1::StartLoginRequest& message,
                                                      const Caller& caller,
                                                      const SalesUnits& sales_units,
                                                      uint64_t random_bits) {
  Shared<LoginRequest> start;
  LoginRequest& request = start.Edit();
  request.caller = caller.name;
  const absl::StatusOr<const SalesUnit*> unit =
      FindSalesUnit(message.sales_unit(), *caller.policy, sales_units);
  if (!unit.ok()) return unit.status();
  request.sales_unit = (*unit)->msn;

  if (absl::Status status = ReadCustomer(message, **unit, request); !status.ok()) return status;

  const absl::StatusOr<std::vector<std::string>> scopes = ReadScopes(message, **unit);
  if (!scopes.ok()) return scopes.status();
  request.scope = JoinScopes(*scopes);

  absl::StatusOr<std::string> binding_message = ReadBindingMessage(message, random_bits);
  if (!binding_message.ok()) return binding_message.status();
  request.binding_message = *std::move(binding_message);
  request.binding_message_is_made =
      message.binding_message().empty() && !message.no_binding_message();

  absl::StatusOr<std::optional<absl::Duration>> expiry = ReadExpiry(message);
  if (!expiry.ok()) return expiry.status();
  request.requested_expiry = *expiry;

  const absl::StatusOr<Language> language = LanguageOf(message.language_code());
  if (!language.ok()) return language.status();
  request.language = *language;

  if (message.reference().size() > kLongestReference) {
    return absl::InvalidArgumentError(
        absl::StrCat("reference: must be at most ", kLongestReference, " bytes"));
  }
  request.reference = message.reference();
  if (absl::Status status = ReadWebPage(message, request); !status.ok()) return status;
  if (absl::Status status = CheckRequestId(message.request_id()); !status.ok()) return status;
  request.request_id = message.request_id();
  return start;
}

}  // namespace cibad
