// A sales unit: the merchant's account at Vipps that customers log in to, and the credentials that
// the provider knows it by.

#ifndef CIBAD_SERVER_PROVIDER_SALES_UNIT_H_
#define CIBAD_SERVER_PROVIDER_SALES_UNIT_H_

#include <string>
#include <unordered_map>

#include "server/login/login.h"

namespace cibad {

// How a request proves to come from the sales unit (OpenID Connect Core 9).
enum class ClientAuthentication {
  kClientSecretBasic,
  kClientSecretPost,
};

struct SalesUnit {
  std::string msn;  // merchant serial number, digits
  std::string client_id;
  std::string client_secret;
  ClientAuthentication authentication = ClientAuthentication::kClientSecretBasic;
  std::string default_region = "NO";  // of phone numbers without a country code: ISO 3166-1 alpha-2
  Handling handling;                  // of its logins
};

// The sales units by MSN.
using SalesUnits = std::unordered_map<std::string, SalesUnit>;

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_SALES_UNIT_H_
