// Sends a sales unit's requests to the provider: finds out where the provider is and what the sales
// unit proves itself with, and says so, as the client would, where a request cannot be made at all.

#ifndef CIBAD_SERVER_ENGINE_SALES_UNIT_CALLS_H_
#define CIBAD_SERVER_ENGINE_SALES_UNIT_CALLS_H_

#include <functional>
#include <utility>

#include "server/engine/access_tokens.h"
#include "server/engine/provider_directory.h"
#include "server/http/http_client.h"
#include "server/provider/requests.h"

namespace cibad {

// Whose word a request is sent on.
enum class Proof {
  kSalesUnit,  // its client's credentials, or with partner keys its access token
  kCustomer,   // the access token that the login brought: the request has it already
};

class SalesUnitCalls {
 public:
  struct Environment {
    HttpClient* http = nullptr;
    ProviderDirectory* provider = nullptr;
    AccessTokens* access_tokens = nullptr;
    // Runs a closure on the thread that sends, later, in order.
    std::function<void(std::function<void()>)> post;
  };
  using Build = std::function<HttpRequest(const ProviderMetadata&, const Requester&)>;
  using Done = std::function<void(HttpResult)>;

  explicit SalesUnitCalls(Environment environment) : environment_(std::move(environment)) {}

  // Sends what `build` makes, which is called at once or not at all; `done` is called later, once.
  // What was not sent, because the provider's endpoints or the access token are not known yet, is
  // an HttpError that says so. Where the provider refused the partner keys it would refuse the
  // request: that is its HTTP 401. A 401 that does come back costs the access token its place.
  void Send(const SalesUnit& unit, Proof proof, const Build& build, Done done);

 private:
  void Post(HttpResult result, Done done);

  const Environment environment_;
};

// The result of a request that certainly never left.
HttpResult NotSent(absl::string_view why);

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_SALES_UNIT_CALLS_H_
