#include "server/provider/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/provider/signed_token.h"

namespace cibad {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kIssuer[] = "https://api.example/access/";

json Document() {
  return {{"issuer", kIssuer},
          {"token_endpoint", "https://api.example/oauth2/token"},
          {"userinfo_endpoint", "https://api.example/userinfo"},
          {"jwks_uri", "https://api.example/jwks.json"},
          {"backchannel_authentication_endpoint", "https://api.example/backchannel"},
          {"authorization_endpoint", "https://api.example/oauth2/auth"},
          {"grant_types_supported", {"authorization_code"}}};
}

absl::Status Refusal(const json& document) { return ReadMetadata(Ok(document), kIssuer).status(); }

TEST(Metadata, IsAskedForWithOneSlash) {
  for (const char* issuer : {"https://api.example/access", "https://api.example/access/"}) {
    const HttpRequest request = MetadataRequest(issuer);
    EXPECT_EQ(request.url, "https://api.example/access/.well-known/openid-configuration");
    EXPECT_EQ(request.method, HttpMethod::kGet);
  }
}

TEST(Metadata, GivesTheEndpointsAndNeedsNoListOfGrants) {
  const auto metadata = ReadMetadata(Ok(Document()), kIssuer);
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  const ProviderMetadata expected{kIssuer,
                                  "https://api.example/oauth2/token",
                                  "https://api.example/userinfo",
                                  "https://api.example/jwks.json",
                                  "https://api.example/backchannel",
                                  "https://api.example/oauth2/auth"};
  EXPECT_EQ(*metadata, expected);
}

TEST(Metadata, NamesAMissingEndpoint) {
  for (const char* name :
       {"token_endpoint", "userinfo_endpoint", "jwks_uri", "backchannel_authentication_endpoint"}) {
    json document = Document();
    document.erase(name);
    EXPECT_TRUE(absl::IsInvalidArgument(Refusal(document)));
    EXPECT_THAT(std::string(Refusal(document).message()), HasSubstr(name));
  }
}

TEST(Metadata, NeedsNoAuthorizationEndpoint) {
  json document = Document();
  document.erase("authorization_endpoint");
  const auto metadata = ReadMetadata(Ok(document), kIssuer);
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->authorization_endpoint, "");
}

TEST(Metadata, IssuerMustBeEqualToTheCharacter) {
  for (const json& issuer : {json("https://api.example/access"), json("https://evil.example/"),
                             json("HTTPS://api.example/access/"), json(nullptr), json(7)}) {
    json document = Document();
    document["issuer"] = issuer;
    EXPECT_THAT(std::string(Refusal(document).message()), HasSubstr("issuer")) << issuer;
  }
}

TEST(Metadata, EndpointsMustBeHttps) {
  for (const json& url :
       {json("http://api.example/token"), json("ftp://api.example/"), json("https://"),
        json("https:///token"), json("/token"), json("https://user@api.example/token"),
        json("https://api.example/token#x"), json("https://api.example/to ken"),
        json("https://api.example/\r\nX: y"), json("https://:443/"), json(7),
        json("https://api.example/" + std::string(3000, 'x'))}) {
    for (const char* name : {"token_endpoint", "authorization_endpoint"}) {
      json document = Document();
      document[name] = url;
      EXPECT_THAT(std::string(Refusal(document).message()), HasSubstr(name)) << url;
    }
  }
}

TEST(Metadata, NoAnswerIsUnavailable) {
  const HttpError error{absl::UnavailableError("connection refused"), false};
  EXPECT_EQ(ReadMetadata(error, kIssuer).status(), absl::UnavailableError("connection refused"));
  HttpResponse response = Ok(Document());
  response.status = 503;
  EXPECT_TRUE(absl::IsUnavailable(ReadMetadata(response, kIssuer).status()));
}

TEST(Metadata, RefusesWhatIsNotStrictJson) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReadMetadata(Ok(std::string("<html>")), kIssuer).status()));
}

}  // namespace
}  // namespace cibad
