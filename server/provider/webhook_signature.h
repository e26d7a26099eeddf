// Proves that a webhook delivery comes from Vipps and is for the URL that was registered: the
// vendor's HMAC over path, date, host and the body's hash. Pure functions over the raw bytes,
// called before anything of the body is parsed.
//
// A stale `x-ms-date` is no reason to refuse: deliveries are tried again for up to a week, and a
// replay does no harm, since a ping only permits a poll that the interval allows anyway.

#ifndef CIBAD_SERVER_PROVIDER_WEBHOOK_SIGNATURE_H_
#define CIBAD_SERVER_PROVIDER_WEBHOOK_SIGNATURE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/login/secret.h"

namespace cibad {

// Where the provider delivers a sales unit's pings, and what it signs them with.
struct WebhookEndpoint {
  static constexpr size_t kMaxSecrets = 4;

  std::string host;             // of the registered URL, with its port if that has one
  std::string path;             // begins with '/'
  std::string path_and_query;   // what is signed
  std::vector<Secret> secrets;  // any of them: during a rotation there are two

  friend bool operator==(const WebhookEndpoint&, const WebhookEndpoint&) = default;
};

// The endpoint, without secrets, of a URL as it was registered. INVALID_ARGUMENT, saying why, where
// it is not https, or is written in a way that the provider would sign differently: with capitals
// in the host, dot segments, a fragment, or characters that are to be escaped.
absl::StatusOr<WebhookEndpoint> ParseWebhookUrl(absl::string_view url);

// What of a delivery the proof is about; the headers' values as they came.
struct WebhookDelivery {
  absl::string_view date;            // x-ms-date
  absl::string_view content_sha256;  // x-ms-content-sha256
  absl::string_view authorization;   // Authorization
  absl::string_view body;
};

// OK where the body has that hash, and one of the endpoint's secrets has signed the delivery;
// otherwise UNAUTHENTICATED, and which check failed. In a time that tells nothing of a secret.
absl::Status VerifyDelivery(const WebhookDelivery& delivery, const WebhookEndpoint& endpoint);

// The `auth_req_id` of a ping (event login.merchant-initiated.ping.v1). INVALID_ARGUMENT where
// there is none, or the body is not JSON as strict_json.h has it.
absl::StatusOr<std::string> ReadPing(absl::string_view body);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_WEBHOOK_SIGNATURE_H_
