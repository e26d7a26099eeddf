// The requests that a login is made of, as values: what to send where. Who sends them, and when, is
// the engine's business. Each carries the headers that name the sales unit and the program
// (Merchant-Serial-Number, Vipps-System-*).

#ifndef CIBAD_SERVER_PROVIDER_REQUESTS_H_
#define CIBAD_SERVER_PROVIDER_REQUESTS_H_

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "server/http/message.h"
#include "server/login/login.h"
#include "server/login/secret.h"
#include "server/provider/metadata.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// Whose request it is, and what the sales unit proves that with. The sales unit must outlive it.
struct Requester {
  // With partner keys the token must be there, and visible ASCII; without, it is not looked at.
  // Implicit: most callers are just a sales unit. NOLINTNEXTLINE(google-explicit-constructor)
  Requester(const SalesUnit& unit, Secret token = {})
      : sales_unit(unit), access_token(std::move(token)) {}

  const SalesUnit& sales_unit;
  const Secret access_token;  // see AccessTokenRequest
};

// Asks for the access token that a sales unit's requests prove themselves with where the client's
// own credentials do not serve: all of those with partner keys, and webhook registrations. It needs
// the subscription key. The endpoint is not in the provider's metadata; it lies at the issuer's
// host.
HttpRequest AccessTokenRequest(absl::string_view issuer, const SalesUnit& sales_unit);

// Proves a request with such a token.
void AddAccessToken(const Requester& caller, HttpRequest& request);

// A request for JSON on behalf of the sales unit, without any proof yet.
HttpRequest SalesUnitRequest(std::string url, const SalesUnit& sales_unit);

// What lies at this path of the issuer's host.
std::string AtHostOf(absl::string_view issuer, absl::string_view path);

// Asks the provider to ask the customer (CIBA 7.1). Not to be sent twice: the customer would be
// asked twice.
HttpRequest BackchannelRequest(const ProviderMetadata& provider, const Requester& caller,
                               const LoginRequest& login);

// Asks whether somebody with this phone number can log in. The endpoint is not in the metadata; it
// lies beside the backchannel endpoint. Asking does nothing, so it may be asked again.
HttpRequest UserExistsRequest(const ProviderMetadata& provider, const Requester& caller,
                              absl::string_view msisdn);

// Asks whether the customer has answered (CIBA 10.1). After a success it is not to be sent again.
HttpRequest TokenRequest(const ProviderMetadata& provider, const Requester& caller,
                         absl::string_view auth_req_id);

// What an access token comes after in a request (RFC 6750 2.1).
inline constexpr absl::string_view kBearerHeader = "Authorization: Bearer ";
// Exchanges the code that the customer's browser brought (Vipps: ciba-redirect). Not to be sent
// twice: the provider takes a code once.
HttpRequest CodeRequest(const ProviderMetadata& provider, const Requester& caller,
                        absl::string_view code);

// Asks who the customer is (OpenID Connect Core 5.3.1). The access token must be one that
// ReadTokenAnswer gave: it becomes a header as it is. Never with the subscription key: Vipps
// answers that with 401.
HttpRequest UserinfoRequest(const ProviderMetadata& provider, const SalesUnit& sales_unit,
                            absl::string_view access_token);

// Asks for the keys that sign ID tokens.
HttpRequest KeysRequest(const ProviderMetadata& provider);

// A request for JSON that anyone may read, with the headers that name this program.
HttpRequest GetRequest(std::string url);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_REQUESTS_H_
