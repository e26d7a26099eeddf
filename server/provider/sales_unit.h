// A sales unit: the merchant's account at Vipps that customers log in to, and the credentials that
// the provider knows it by.

#ifndef CIBAD_SERVER_PROVIDER_SALES_UNIT_H_
#define CIBAD_SERVER_PROVIDER_SALES_UNIT_H_

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/login/login.h"
#include "server/login/secret.h"
#include "server/provider/webhook_signature.h"

namespace cibad {

// How a request proves to come from the sales unit (OpenID Connect Core 9).
enum class ClientAuthentication {
  kClientSecretBasic,
  kClientSecretPost,
  // Vipps' partner keys: the client is not the sales unit's but a partner's that acts for it, and
  // an access token from the provider stands in for the client's own credentials.
  kPartnerKeys,
};

// What the provider is told of the program that calls (Vipps-System-*): at most 30 visible ASCII
// characters each. Empty: this daemon's own name or version.
struct SystemHeaders {
  std::string name;
  std::string version;
  std::string plugin_name;
  std::string plugin_version;

  friend bool operator==(const SystemHeaders&, const SystemHeaders&) = default;
};

struct SalesUnit {
  std::string msn;  // merchant serial number, digits
  std::string client_id;
  Secret client_secret;
  ClientAuthentication authentication = ClientAuthentication::kClientSecretBasic;
  // Of the API product (Ocp-Apim-Subscription-Key); there with partner keys, else it may be empty.
  Secret subscription_key;
  std::string default_region = "NO";  // of phone numbers without a country code: ISO 3166-1 alpha-2
  std::vector<std::string> default_scopes;  // of a start that names none, `openid` first; or empty
  bool is_default = false;                  // starts that name no sales unit are for this one
  SystemHeaders system_headers;
  Handling handling;                       // of its logins
  std::optional<WebhookEndpoint> webhook;  // where its pings come to; absent: none come

  friend bool operator==(const SalesUnit&, const SalesUnit&) = default;
};

// The sales units by MSN.
using SalesUnits = std::unordered_map<std::string, SalesUnit>;

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_SALES_UNIT_H_
