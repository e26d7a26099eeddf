// The provider's webhooks API (/webhooks/v1/webhooks), of which this daemon uses the one event that
// it understands: requests as values, and what their answers mean as statuses for an operator.

#ifndef CIBAD_SERVER_PROVIDER_WEBHOOK_API_H_
#define CIBAD_SERVER_PROVIDER_WEBHOOK_API_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/http/message.h"
#include "server/login/secret.h"
#include "server/provider/requests.h"

namespace cibad {

struct RegisteredWebhook {
  std::string id;
  std::string url;
};

struct NewWebhook {
  std::string id;
  Secret secret;  // shown this once
};

// All need the sales unit's access token, and lie at the issuer's host.
HttpRequest RegisterWebhookRequest(absl::string_view issuer, const Requester& caller,
                                   absl::string_view url);
HttpRequest ListWebhooksRequest(absl::string_view issuer, const Requester& caller);
HttpRequest DeleteWebhookRequest(absl::string_view issuer, const Requester& caller,
                                 absl::string_view id);

// INVALID_ARGUMENT where it cannot be part of a path: letters, digits and '-', at most 64 of them.
absl::Status CheckWebhookId(absl::string_view id);

// What came of them. INVALID_ARGUMENT: the provider refuses the request. FAILED_PRECONDITION: it
// refuses the keys. NOT_FOUND. RESOURCE_EXHAUSTED: too many webhooks or requests. UNAVAILABLE: no
// answer. INTERNAL: one that cannot be understood. A message holds the provider's own words where
// it gave any, and never a secret.
absl::StatusOr<NewWebhook> ReadNewWebhook(const HttpResult& result);
absl::StatusOr<std::vector<RegisteredWebhook>> ReadWebhooks(const HttpResult& result);
absl::Status ReadDeletedWebhook(const HttpResult& result);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_WEBHOOK_API_H_
