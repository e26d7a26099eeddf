#include "server/provider/requests.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "server/http/character_set.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

// The provider takes 30 characters at most for each of these.
constexpr absl::string_view kSystemName = "cibad";
constexpr absl::string_view kSystemVersion = CIBAD_VERSION;
static_assert(kSystemName.size() <= 30 && kSystemVersion.size() <= 30);

constexpr size_t kUsualFormBytes = 240;  // so that a form seldom has to grow

// Staff wait for the answer, and a login for its start.
constexpr absl::Duration kUserExistsTimeout = absl::Seconds(8);

// …/vipps-login-ciba/api/v1/user-exists, where the backchannel endpoint is
// …/vipps-login-ciba/api/backchannel/authentication.
std::string UserExistsEndpoint(const ProviderMetadata& provider) {
  absl::string_view endpoint = provider.backchannel_authentication_endpoint;
  if (absl::ConsumeSuffix(&endpoint, "/backchannel/authentication"))
    return absl::StrCat(endpoint, "/v1/user-exists");
  return AtHostOf(endpoint, "/vipps-login-ciba/api/v1/user-exists");
}

// RFC 3986 2.3.
constexpr CharacterSet kUnreserved("-._~");

bool IsUnreserved(char c) { return kUnreserved.Has(c); }

// application/x-www-form-urlencoded (RFC 6749 appendix B): a blank is `+`, what is unreserved
// stays, and every other byte is percent-encoded.
void AppendFormEncoded(absl::string_view text, std::string& encoded) {
  constexpr char kHexDigits[] = "0123456789ABCDEF";
  while (true) {
    const auto* const end = std::find_if_not(text.begin(), text.end(), IsUnreserved);
    encoded.append(text.begin(), end);
    if (end == text.end()) return;
    const auto byte = static_cast<unsigned char>(*end);
    if (byte == ' ') {
      encoded.push_back('+');
    } else {
      encoded.push_back('%');
      encoded.push_back(kHexDigits[byte >> 4]);
      encoded.push_back(kHexDigits[byte & 15]);
    }
    text.remove_prefix(static_cast<size_t>(end - text.begin()) + 1);
  }
}

class Form {
 public:
  // Longer than what a string holds in itself, which would be left on the stack.
  Form() { text_.reserve(kUsualFormBytes); }

  void Add(absl::string_view name, absl::string_view value) {
    if (!text_.empty()) text_.push_back('&');
    AppendFormEncoded(name, text_);
    text_.push_back('=');
    AppendFormEncoded(value, text_);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// The headers of every request, for a program that goes by these names.
HeaderList HeadersOf(const SystemHeaders& system) {
  HeaderList headers = {"Accept: application/json"};
  const auto add = [&headers](absl::string_view name, absl::string_view value,
                              absl::string_view fallback) {
    headers.Add({"Vipps-System-", name, ": ", value.empty() ? fallback : value});
  };
  add("Name", system.name, kSystemName);
  add("Version", system.version, kSystemVersion);
  add("Plugin-Name", system.plugin_name, kSystemName);
  add("Plugin-Version", system.plugin_version, kSystemVersion);
  return headers;
}

// Both halves are form-encoded first, so that a `:` in the id does not end it (RFC 6749 2.3.1).
void AddBasicCredentials(const SalesUnit& sales_unit, HttpRequest& request) {
  std::string credentials;
  credentials.reserve(kUsualFormBytes);  // as a form's
  AppendFormEncoded(sales_unit.client_id, credentials);
  credentials.push_back(':');
  AppendFormEncoded(sales_unit.client_secret.Reveal(), credentials);
  std::string encoded = absl::Base64Escape(credentials);
  request.headers.Add({"Authorization: Basic ", encoded});
  WipeText(encoded);
  WipeText(credentials);
}

// A form from the sales unit to one of its provider's endpoints, with proof that it is the sales
// unit's.
HttpRequest PostForm(std::string url, const Requester& caller, Form form) {
  const SalesUnit& sales_unit = caller.sales_unit;
  HttpRequest request = SalesUnitRequest(std::move(url), sales_unit);
  request.method = HttpMethod::kPost;
  switch (sales_unit.authentication) {
    case ClientAuthentication::kClientSecretBasic:
      AddBasicCredentials(sales_unit, request);
      break;
    case ClientAuthentication::kClientSecretPost:
      form.Add("client_id", sales_unit.client_id);
      form.Add("client_secret", sales_unit.client_secret.Reveal());
      break;
    case ClientAuthentication::kPartnerKeys:
      AddAccessToken(caller, request);
      break;
  }
  request.body = form.Take();
  return request;
}

void AddSubscriptionKey(const SalesUnit& sales_unit, HttpRequest& request) {
  request.headers.Add({"Ocp-Apim-Subscription-Key: ", sales_unit.subscription_key.Reveal()});
}

// Who is to be asked.
std::string LoginHint(const LoginRequest& login) {
  if (login.customer_token.empty()) return absl::StrCat("urn:msisdn:", login.msisdn);
  return absl::StrCat("urn:customer-token:", login.customer_token);
}

}  // namespace

HttpRequest GetRequest(std::string url) {
  HttpRequest request;
  request.method = HttpMethod::kGet;
  request.url = std::move(url);
  request.headers = HeadersOf(SystemHeaders{});
  return request;
}

HttpRequest SalesUnitRequest(std::string url, const SalesUnit& sales_unit) {
  assert(IsVisibleAscii(sales_unit.msn));
  HttpRequest request;
  request.url = std::move(url);
  request.headers = HeadersOf(sales_unit.system_headers);
  request.headers.Add({"Merchant-Serial-Number: ", sales_unit.msn});
  return request;
}

void AddAccessToken(const Requester& caller, HttpRequest& request) {
  assert(!caller.access_token.empty() && IsVisibleAscii(caller.access_token.Reveal()));
  request.headers.Add({kBearerHeader, caller.access_token.Reveal()});
  AddSubscriptionKey(caller.sales_unit, request);
}

std::string AtHostOf(absl::string_view issuer, absl::string_view path) {
  const size_t host = issuer.find("//") + 2;
  return absl::StrCat(issuer.substr(0, issuer.find('/', host)), path);
}

HttpRequest AccessTokenRequest(absl::string_view issuer, const SalesUnit& sales_unit) {
  assert(!sales_unit.subscription_key.empty());
  HttpRequest request = SalesUnitRequest(AtHostOf(issuer, "/accesstoken/get"), sales_unit);
  request.method = HttpMethod::kPost;
  request.headers.Add({"client_id: ", sales_unit.client_id});
  request.headers.Add({"client_secret: ", sales_unit.client_secret.Reveal()});
  AddSubscriptionKey(sales_unit, request);
  return request;
}

HttpRequest BackchannelRequest(const ProviderMetadata& provider, const Requester& caller,
                               const LoginRequest& login) {
  Form form;
  form.Add("login_hint", LoginHint(login));
  form.Add("scope", login.scope);
  if (!login.binding_message.empty()) form.Add("binding_message", login.binding_message);
  if (login.requested_expiry) {
    form.Add("requested_expiry", absl::StrCat(absl::ToInt64Seconds(*login.requested_expiry)));
  }
  if (FinishesOnWebPage(login)) {
    form.Add("requested_flow", "login_to_webpage");
    form.Add("redirect_uri", login.web_page->redirect_uri);
    if (!login.web_page->state.empty()) form.Add("state", login.web_page->state);
  }
  return PostForm(provider.backchannel_authentication_endpoint, caller, std::move(form));
}

HttpRequest UserExistsRequest(const ProviderMetadata& provider, const Requester& caller,
                              absl::string_view msisdn) {
  Form form;
  form.Add("login_hint", absl::StrCat("urn:msisdn:", msisdn));
  HttpRequest request = PostForm(UserExistsEndpoint(provider), caller, std::move(form));
  request.timeout = kUserExistsTimeout;
  return request;
}

HttpRequest TokenRequest(const ProviderMetadata& provider, const Requester& caller,
                         absl::string_view auth_req_id) {
  Form form;
  form.Add("grant_type", "urn:openid:params:grant-type:ciba");
  form.Add("auth_req_id", auth_req_id);
  return PostForm(provider.token_endpoint, caller, std::move(form));
}

HttpRequest CodeRequest(const ProviderMetadata& provider, const Requester& caller,
                        absl::string_view code) {
  Form form;
  form.Add("grant_type", "urn:vipps:params:grant-type:ciba-redirect");
  form.Add("code", code);
  return PostForm(provider.token_endpoint, caller, std::move(form));
}

HttpRequest UserinfoRequest(const ProviderMetadata& provider, const SalesUnit& sales_unit,
                            absl::string_view access_token) {
  assert(IsVisibleAscii(access_token));
  HttpRequest request = SalesUnitRequest(provider.userinfo_endpoint, sales_unit);
  request.headers.Add({kBearerHeader, access_token});
  return request;
}

HttpRequest KeysRequest(const ProviderMetadata& provider) { return GetRequest(provider.jwks_uri); }

}  // namespace cibad
