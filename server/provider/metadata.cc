#include "server/provider/metadata.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/provider/failed_answer.h"
#include "server/provider/requests.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

using nlohmann::json;

// Fills `endpoint` from the member of that name.
absl::Status ReadEndpoint(const json& metadata, const char* name, bool is_needed,
                          std::string& endpoint) {
  const json* member = FindMember(metadata, name);
  if (member == nullptr) {
    if (!is_needed) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("the provider's metadata lack ", name));
  }
  const auto* url = member->get_ptr<const std::string*>();
  if (url == nullptr || !IsHttpsUrl(*url)) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " in the provider's metadata is not an https URL"));
  }
  endpoint = *url;
  return absl::OkStatus();
}

absl::Status CheckIssuer(const json& metadata, absl::string_view issuer) {
  const json* member = FindMember(metadata, "issuer");
  const auto* text = member == nullptr ? nullptr : member->get_ptr<const std::string*>();
  if (text != nullptr && *text == issuer) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the provider's metadata are not those of the issuer ", issuer,
                   ": their `issuer` must equal it to the character, a `/` at the end included"));
}

}  // namespace

HttpRequest MetadataRequest(absl::string_view issuer) {
  return GetRequest(
      absl::StrCat(absl::StripSuffix(issuer, "/"), "/.well-known/openid-configuration"));
}

absl::StatusOr<ProviderMetadata> ReadMetadata(const HttpResult& result, absl::string_view issuer) {
  absl::StatusOr<json> object = ReadPublishedObject(result);
  if (!object.ok()) return object.status();
  if (absl::Status status = CheckIssuer(*object, issuer); !status.ok()) return status;

  ProviderMetadata metadata;
  metadata.issuer = std::string(issuer);
  const struct {
    const char* name;
    bool is_needed;
    std::string& value;
  } endpoints[] = {
      {"token_endpoint", true, metadata.token_endpoint},
      {"userinfo_endpoint", true, metadata.userinfo_endpoint},
      {"jwks_uri", true, metadata.jwks_uri},
      {"backchannel_authentication_endpoint", true, metadata.backchannel_authentication_endpoint},
      {"authorization_endpoint", false, metadata.authorization_endpoint},
  };
  for (const auto& endpoint : endpoints) {
    if (absl::Status status =
            ReadEndpoint(*object, endpoint.name, endpoint.is_needed, endpoint.value);
        !status.ok()) {
      return status;
    }
  }
  return metadata;
}

}  // namespace cibad
