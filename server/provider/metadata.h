// What a provider publishes about itself (OpenID Connect Discovery 1.0): where its endpoints are.
// Nothing but the issuer is configured; everything else comes from here.

#ifndef CIBAD_SERVER_PROVIDER_METADATA_H_
#define CIBAD_SERVER_PROVIDER_METADATA_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cibad {

struct ProviderMetadata {
  std::string issuer;
  std::string token_endpoint;
  std::string userinfo_endpoint;
  std::string jwks_uri;
  std::string backchannel_authentication_endpoint;
  std::string authorization_endpoint;  // may be empty: only login in the browser needs it

  friend bool operator==(const ProviderMetadata&, const ProviderMetadata&) = default;
};

// The request for the metadata of an issuer, which may end in `/` or not (Discovery 4).
HttpRequest MetadataRequest(absl::string_view issuer);

// Reads the answer. UNAVAILABLE: there is none, or it is not a 200. INVALID_ARGUMENT: it is not the
// metadata of this very issuer (Discovery 4.3), or an endpoint that the daemon needs is missing or
// is no https URL; the message names it. What else the provider says it supports is not looked at:
// Vipps does not list everything. How long the metadata may be used: FreshFor (response_headers.h).
absl::StatusOr<ProviderMetadata> ReadMetadata(const HttpResult& result, absl::string_view issuer);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_METADATA_H_
