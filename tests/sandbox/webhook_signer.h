// Signs webhook deliveries as Vipps does, by its documentation alone: nothing of server/ is used,
// so that a mistake of the daemon's is not repeated by who signs for its tests.

#ifndef CIBAD_TESTS_SANDBOX_WEBHOOK_SIGNER_H_
#define CIBAD_TESTS_SANDBOX_WEBHOOK_SIGNER_H_

#include <string>
#include <vector>

namespace cibad {

struct SignedDelivery {
  std::string path_and_query;
  // "Name: value": Host, x-ms-date, x-ms-content-sha256 and Authorization, in this order.
  std::vector<std::string> headers;
  std::string body;
};

// A delivery of `body` to the https URL that was registered, dated now.
SignedDelivery SignDelivery(const std::string& url, const std::string& secret,
                            const std::string& body);

// The body of a ping.
std::string PingBody(const std::string& auth_req_id);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_WEBHOOK_SIGNER_H_
