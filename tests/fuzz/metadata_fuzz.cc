// What a provider publishes about itself.

#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "server/provider/metadata.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {

void FuzzMetadata(absl::string_view input) {
  constexpr char kIssuer[] = "https://api.example/access/";
  const HttpResponse response = AnswerOf(input);
  const absl::StatusOr<ProviderMetadata> metadata = ReadMetadata(response, kIssuer);
  if (!metadata.ok()) return RequireLogText(metadata.status().message(), 1024);
  Require(metadata->issuer == kIssuer, "the issuer is the one that was asked");
  for (const std::string& url :
       {metadata->token_endpoint, metadata->userinfo_endpoint, metadata->jwks_uri,
        metadata->backchannel_authentication_endpoint}) {
    Require(absl::StartsWithIgnoreCase(url, "https://"), "every endpoint is https");
  }
  HttpResponse again;
  again.status = 200;
  nlohmann::json document = {
      {"issuer", metadata->issuer},
      {"token_endpoint", metadata->token_endpoint},
      {"userinfo_endpoint", metadata->userinfo_endpoint},
      {"jwks_uri", metadata->jwks_uri},
      {"backchannel_authentication_endpoint", metadata->backchannel_authentication_endpoint}};
  if (!metadata->authorization_endpoint.empty()) {
    document["authorization_endpoint"] = metadata->authorization_endpoint;
  }
  again.body = document.dump();
  const absl::StatusOr<ProviderMetadata> reread = ReadMetadata(again, kIssuer);
  Require(reread.ok() && *reread == *metadata, "what was read reads the same again");
}

}  // namespace cibad::fuzz
