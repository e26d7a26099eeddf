#include "tests/sandbox/backchannel_form.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

constexpr std::array<absl::string_view, 10> kScopes = {
    "openid", "name",      "phoneNumber",       "email",     "address", "gender",
    "nin",    "birthDate", "delegatedConsents", "customFlow"};

// The lengths of mobile numbers, country code included, of the countries that Vipps MobilePay
// serves.
struct ServedCountry {
  absl::string_view calling_code;
  size_t min_digits;
  size_t max_digits;
};

// Åland is within Finland's.
constexpr std::array kServedCountries = {ServedCountry{"47", 10, 10}, ServedCountry{"45", 10, 10},
                                         ServedCountry{"46", 9, 12}, ServedCountry{"358", 9, 13},
                                         ServedCountry{"298", 9, 9}};

constexpr int kMinExpirySeconds = 60;
constexpr int kMaxExpirySeconds = 900;
constexpr size_t kMaxCustomerToken = 1024;
constexpr size_t kMaxRedirectUri = 2048;
constexpr size_t kMinState = 8;
constexpr size_t kMinBindingMessage = 5;
constexpr size_t kMaxBindingMessage = 8;

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
    return absl::ascii_isdigit(static_cast<unsigned char>(byte));
  });
}

bool IsServed(absl::string_view msisdn) {
  return std::any_of(
      kServedCountries.begin(), kServedCountries.end(), [msisdn](const ServedCountry& country) {
        return absl::StartsWith(msisdn, country.calling_code) &&
               msisdn.size() >= country.min_digits && msisdn.size() <= country.max_digits;
      });
}

// The sandbox knows one kind of QR code: its token says whose it is.
std::optional<OAuthError> ReadCustomerToken(absl::string_view token, BackchannelRequest& request) {
  if (token.empty() || token.size() > kMaxCustomerToken) {
    return OAuthError{"invalid_request", "login_hint has no customer token, or too long a one."};
  }
  if (!absl::ConsumePrefix(&token, "sandbox-") || !IsDigits(token) || !IsServed(token)) {
    return OAuthError{"expired_login_hint_token", "The customer token is not known, or is old.",
                      /*is_mistake=*/false};
  }
  request.msisdn = std::string(token);
  return std::nullopt;
}

std::optional<OAuthError> ReadHint(const Form& form, BackchannelRequest& request) {
  if (form.count("login_hint_token") + form.count("id_token_hint") > 0) {
    return OAuthError{"invalid_request",
                      "Only login_hint is served, and only one hint may be sent."};
  }
  absl::string_view hint = FormValue(form, "login_hint");
  if (absl::ConsumePrefix(&hint, "urn:customer-token:")) return ReadCustomerToken(hint, request);
  if (!absl::ConsumePrefix(&hint, "urn:msisdn:") || !IsDigits(hint)) {
    return OAuthError{"invalid_request", "login_hint is not urn:msisdn: and digits."};
  }
  if (!IsServed(hint)) {
    return OAuthError{"invalid_request", "login_hint is of no country that is served."};
  }
  request.msisdn = std::string(hint);
  return std::nullopt;
}

std::optional<OAuthError> ReadScope(const Form& form, BackchannelRequest& request) {
  request.scopes = absl::StrSplit(FormValue(form, "scope"), ' ');
  for (const std::string& scope : request.scopes) {
    if (std::find(kScopes.begin(), kScopes.end(), scope) == kScopes.end()) {
      return OAuthError{"invalid_scope", "scope has an entry that is not served in this flow."};
    }
    if (std::count(request.scopes.begin(), request.scopes.end(), scope) > 1) {
      return OAuthError{"invalid_scope", absl::StrCat("scope has ", scope, " twice.")};
    }
  }
  if (std::count(request.scopes.begin(), request.scopes.end(), "openid") == 0) {
    return OAuthError{"invalid_scope", "scope lacks openid."};
  }
  return std::nullopt;
}

bool MayStandInBindingMessage(char byte) {
  return absl::ascii_isupper(static_cast<unsigned char>(byte)) ||
         absl::ascii_isdigit(static_cast<unsigned char>(byte)) || byte == '-';
}

std::optional<OAuthError> ReadBindingMessage(const Form& form, BackchannelRequest& request) {
  if (form.count("binding_message") == 0) return std::nullopt;
  const absl::string_view message = FormValue(form, "binding_message");
  if (message.size() < kMinBindingMessage || message.size() > kMaxBindingMessage ||
      !std::all_of(message.begin(), message.end(), MayStandInBindingMessage)) {
    return OAuthError{"invalid_binding_message", "binding_message is not ^[A-Z0-9\\-]{5,8}$."};
  }
  request.binding_message = std::string(message);
  return std::nullopt;
}

std::optional<OAuthError> ReadExpiry(const Form& form, BackchannelRequest& request) {
  if (form.count("requested_expiry") == 0) return std::nullopt;
  const absl::string_view text = FormValue(form, "requested_expiry");
  int seconds = 0;
  if (!IsDigits(text) || !absl::SimpleAtoi(text, &seconds) || seconds < kMinExpirySeconds ||
      seconds > kMaxExpirySeconds) {
    return OAuthError{"invalid_request", "requested_expiry is not a number from 60 to 900."};
  }
  request.requested_expiry = absl::Seconds(seconds);
  return std::nullopt;
}

std::optional<OAuthError> ReadWebPageFlow(const Form& form, BackchannelRequest& request) {
  const size_t parameters = form.count("requested_flow") + form.count("redirect_uri");
  if (parameters == 0 && form.count("state") == 0) return std::nullopt;
  if (parameters != 2 || FormValue(form, "requested_flow") != "login_to_webpage") {
    return OAuthError{
        "invalid_request",
        "A login on a web page has requested_flow=login_to_webpage and redirect_uri."};
  }
  const absl::string_view uri = FormValue(form, "redirect_uri");
  const absl::string_view host = absl::StripPrefix(uri, "https://");
  if (host.size() == uri.size() || host.empty() || uri.size() > kMaxRedirectUri ||
      absl::StrContains(uri, '#')) {
    return OAuthError{"invalid_request", "redirect_uri is no https URL, or has a fragment."};
  }
  const absl::string_view state = FormValue(form, "state");
  if (form.count("state") > 0 && state.size() < kMinState) {
    return OAuthError{"invalid_request", "state has fewer than 8 characters."};
  }
  request.redirect_uri = std::string(uri);
  request.state = std::string(state);
  return std::nullopt;
}

}  // namespace

std::variant<std::string, OAuthError> ReadUserExistsForm(const Form& form) {
  // A client that authenticates in the form brings two more.
  for (const auto& [name, value] : form) {
    if (name != "login_hint" && name != "client_id" && name != "client_secret") {
      return OAuthError{"invalid_request", "There is more than login_hint."};
    }
  }
  BackchannelRequest request;
  if (std::optional<OAuthError> error = ReadHint(form, request)) return *std::move(error);
  return request.msisdn;
}

std::variant<BackchannelRequest, OAuthError> ReadBackchannelForm(
    const Form& form, const std::vector<std::string>& redirect_uris) {
  BackchannelRequest request;
  for (const auto read : {ReadHint, ReadScope, ReadBindingMessage, ReadExpiry, ReadWebPageFlow}) {
    if (std::optional<OAuthError> error = read(form, request)) return *std::move(error);
  }
  const bool is_registered =
      request.redirect_uri.empty() || redirect_uris.empty() ||
      std::count(redirect_uris.begin(), redirect_uris.end(), request.redirect_uri) > 0;
  if (!is_registered) {
    return OAuthError{"invalid_request", "redirect_uri is not registered for the sales unit.",
                      /*is_mistake=*/false};
  }
  return request;
}

}  // namespace cibad
