// The requests that a login is made of, as values: what to send where. Who sends them, and when, is
// the engine's business.

#ifndef CIBAD_SERVER_PROVIDER_REQUESTS_H_
#define CIBAD_SERVER_PROVIDER_REQUESTS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/http/message.h"
#include "server/login/login.h"
#include "server/provider/metadata.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// Asks the provider to ask the customer (CIBA 7.1). Not to be sent twice: the customer would be
// asked twice.
HttpRequest BackchannelRequest(const ProviderMetadata& provider, const SalesUnit& sales_unit,
                               const LoginRequest& login);

// Asks whether the customer has answered (CIBA 10.1). After a success it is not to be sent again.
HttpRequest TokenRequest(const ProviderMetadata& provider, const SalesUnit& sales_unit,
                         absl::string_view auth_req_id);

// Asks who the customer is (OpenID Connect Core 5.3.1). The access token must be one that
// ReadTokenAnswer gave: it becomes a header as it is.
HttpRequest UserinfoRequest(const ProviderMetadata& provider, const SalesUnit& sales_unit,
                            absl::string_view access_token);

// Asks for the keys that sign ID tokens.
HttpRequest KeysRequest(const ProviderMetadata& provider);

// A request for JSON that anyone may read, with the headers that name this program.
HttpRequest GetRequest(std::string url);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_REQUESTS_H_
