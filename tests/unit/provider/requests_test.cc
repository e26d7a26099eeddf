#include "server/provider/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/unit/http/header_lines.h"

namespace cibad {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ProviderMetadata Provider() {
  return {
      "https://api.example/",     "https://api.example/token",       "https://api.example/userinfo",
      "https://api.example/jwks", "https://api.example/backchannel", ""};
}

SalesUnit Unit(ClientAuthentication authentication = ClientAuthentication::kClientSecretBasic) {
  SalesUnit unit;
  unit.msn = "123456";
  unit.client_id = "till:1";
  unit.client_secret = Secret("p+ss w\xC3\xB8rd%=");
  unit.authentication = authentication;
  return unit;
}

LoginRequest Asked() {
  LoginRequest login;
  login.sales_unit = "123456";
  login.msisdn = "4791234567";
  login.scope = "openid name phoneNumber";
  return login;
}

SalesUnit Partner() {
  SalesUnit unit = Unit(ClientAuthentication::kPartnerKeys);
  unit.client_id = "partner-client";
  unit.client_secret = Secret("partner-secret");
  unit.subscription_key = Secret("subscription");
  return unit;
}

SalesUnit WithSubscriptionKey(SalesUnit unit) {
  unit.subscription_key = Secret("subscription");
  unit.client_secret = Secret("secret");
  return unit;
}

std::vector<HttpRequest> CallsOf(const SalesUnit& unit) {
  return {BackchannelRequest(Provider(), {unit, Secret("api-token")}, Asked()),
          TokenRequest(Provider(), {unit, Secret("api-token")}, "r"),
          UserExistsRequest(Provider(), {unit, Secret("api-token")}, "4791234567"),
          CodeRequest(Provider(), {unit, Secret("api-token")}, "c"),
          UserinfoRequest(Provider(), unit, "t"),
          AccessTokenRequest("https://api.example/a/", WithSubscriptionKey(unit))};
}

std::vector<HttpRequest> BackendCalls() { return CallsOf(Unit()); }

TEST(BackchannelRequest, Section7_1_IsAFormWithOneHintAndScopeOnly) {
  const HttpRequest request = BackchannelRequest(Provider(), Unit(), Asked());
  EXPECT_EQ(request.method, HttpMethod::kPost);
  EXPECT_EQ(request.url, "https://api.example/backchannel");
  EXPECT_THAT(Lines(request.headers), Not(Contains(StartsWith("Content-Type"))));
  EXPECT_EQ(request.body, "login_hint=urn%3Amsisdn%3A4791234567&scope=openid+name+phoneNumber");
}

TEST(BackchannelRequest, CarriesTheBindingMessageAndExpiryThatAreAskedFor) {
  LoginRequest login = Asked();
  login.binding_message = "AB-12";
  login.requested_expiry = absl::Seconds(120);
  EXPECT_THAT(BackchannelRequest(Provider(), Unit(), login).body,
              HasSubstr("&binding_message=AB-12&requested_expiry=120"));
}

TEST(BackchannelRequest, NamesTheCustomerByTheTokenOfACheckIn) {
  LoginRequest login = Asked();
  login.msisdn = "";
  login.customer_token = "ey.J0/+=";
  EXPECT_EQ(BackchannelRequest(Provider(), Unit(), login).body,
            "login_hint=urn%3Acustomer-token%3Aey.J0%2F%2B%3D&scope=openid+name+phoneNumber");
}

TEST(BackchannelRequest, AsksToFinishOnTheWebPage) {
  LoginRequest login = Asked();
  login.web_page = WebPage{"https://shop.example/back?a=b", ""};
  EXPECT_THAT(BackchannelRequest(Provider(), Unit(), login).body,
              EndsWith("&requested_flow=login_to_webpage"
                       "&redirect_uri=https%3A%2F%2Fshop.example%2Fback%3Fa%3Db"));
  login.web_page->state = "state-0001";
  EXPECT_THAT(BackchannelRequest(Provider(), Unit(), login).body, EndsWith("&state=state-0001"));
}

TEST(CodeRequest, AsksForTheRedirectGrantWithTheClientsOwnProof) {
  const HttpRequest request = CodeRequest(Provider(), Unit(), "c/o+d=e");
  EXPECT_EQ(request.method, HttpMethod::kPost);
  EXPECT_EQ(request.url, "https://api.example/token");
  EXPECT_EQ(request.body,
            "grant_type=urn%3Avipps%3Aparams%3Agrant-type%3Aciba-redirect&code=c%2Fo%2Bd%3De");
  EXPECT_THAT(Lines(request.headers), Contains(StartsWith("Authorization: Basic ")));
  EXPECT_GE(request.timeout, absl::Seconds(30));
}

TEST(TokenRequest, AsksForTheCibaGrant) {
  const HttpRequest request = TokenRequest(Provider(), Unit(), "1c26/6+1&a=b");
  EXPECT_EQ(request.method, HttpMethod::kPost);
  EXPECT_EQ(request.url, "https://api.example/token");
  EXPECT_EQ(
      request.body,
      "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=1c26%2F6%2B1%26a%3Db");
}

TEST(TokenRequest, Section10_1_WaitsAtLeast30SecondsForTheAnswer) {
  EXPECT_GE(TokenRequest(Provider(), Unit(), "r").timeout, absl::Seconds(30));
}

TEST(UserinfoRequest, CarriesTheLoginsOwnAccessTokenAndNoOtherCredentials) {
  for (const auto authentication :
       {ClientAuthentication::kClientSecretBasic, ClientAuthentication::kClientSecretPost}) {
    const HttpRequest request = UserinfoRequest(Provider(), Unit(authentication), "a.b-c");
    EXPECT_EQ(request.method, HttpMethod::kGet);
    EXPECT_EQ(request.url, "https://api.example/userinfo");
    EXPECT_EQ(request.body, "");
    EXPECT_THAT(Lines(request.headers), Contains("Authorization: Bearer a.b-c"));
    EXPECT_THAT(Lines(request.headers), Not(Contains(StartsWith("Authorization: Basic"))));
    EXPECT_THAT(Lines(request.headers), Not(Contains(StartsWith("Ocp-Apim-Subscription-Key"))));
  }
}

TEST(KeysRequest, GetsTheJwks) {
  const HttpRequest request = KeysRequest(Provider());
  EXPECT_EQ(request.method, HttpMethod::kGet);
  EXPECT_EQ(request.url, "https://api.example/jwks");
  EXPECT_THAT(Lines(request.headers), Not(Contains(StartsWith("Authorization"))));
}

TEST(ClientSecretBasic, FormEncodesBothHalvesBeforeBase64) {
  for (const HttpRequest& request :
       {BackchannelRequest(Provider(), Unit(), Asked()), TokenRequest(Provider(), Unit(), "r")}) {
    EXPECT_THAT(Lines(request.headers),
                Contains(absl::StrCat("Authorization: Basic ",
                                      absl::Base64Escape("till%3A1:p%2Bss+w%C3%B8rd%25%3D"))));
    EXPECT_THAT(request.body, Not(HasSubstr("client_")));
  }
}

TEST(ClientSecretPost, PutsBothIntoTheFormAndNothingIntoHeaders) {
  const SalesUnit unit = Unit(ClientAuthentication::kClientSecretPost);
  for (const HttpRequest& request :
       {BackchannelRequest(Provider(), unit, Asked()), TokenRequest(Provider(), unit, "r")}) {
    EXPECT_THAT(request.body,
                HasSubstr("&client_id=till%3A1&client_secret=p%2Bss+w%C3%B8rd%25%3D"));
    EXPECT_THAT(Lines(request.headers), Not(Contains(StartsWith("Authorization"))));
  }
}

TEST(PartnerKeys, ABearerTokenStandsInForTheClientsOwnCredentials) {
  const SalesUnit unit = Partner();
  for (const HttpRequest& request :
       {BackchannelRequest(Provider(), {unit, Secret("api-token")}, Asked()),
        TokenRequest(Provider(), {unit, Secret("api-token")}, "r")}) {
    EXPECT_THAT(Lines(request.headers), AllOf(Contains("Authorization: Bearer api-token"),
                                              Contains("Ocp-Apim-Subscription-Key: subscription"),
                                              Contains("Merchant-Serial-Number: 123456"),
                                              Not(Contains(StartsWith("Authorization: Basic")))));
    EXPECT_THAT(request.body, Not(HasSubstr("client_")));
    EXPECT_THAT(Lines(request.headers), Not(Contains(HasSubstr("partner-secret"))));
  }
}

TEST(PartnerKeys, UserinfoCarriesTheCustomersTokenAndNoSubscriptionKey) {
  const HttpRequest request = UserinfoRequest(Provider(), Partner(), "customers");
  EXPECT_THAT(
      Lines(request.headers),
      AllOf(Contains("Authorization: Bearer customers"), Contains("Merchant-Serial-Number: 123456"),
            Not(Contains(StartsWith("Ocp-Apim-Subscription-Key")))));
}

TEST(AccessTokenRequest, IsAnEmptyPostAtTheIssuersHostWithTheKeysInHeaders) {
  const HttpRequest request =
      AccessTokenRequest("https://api.example:8443/access-management-1.0/access/", Partner());
  EXPECT_EQ(request.method, HttpMethod::kPost);
  EXPECT_EQ(request.url, "https://api.example:8443/accesstoken/get");
  EXPECT_EQ(request.body, "");
  EXPECT_THAT(Lines(request.headers), AllOf(Contains("client_id: partner-client"),
                                            Contains("client_secret: partner-secret"),
                                            Contains("Ocp-Apim-Subscription-Key: subscription"),
                                            Contains("Merchant-Serial-Number: 123456"),
                                            Not(Contains(StartsWith("Authorization")))));
}

TEST(AccessTokenRequest, FindsTheHostOfEveryIssuer) {
  EXPECT_EQ(AtHostOf("https://a.example", "/x"), "https://a.example/x");
  EXPECT_EQ(AtHostOf("https://a.example/", "/x"), "https://a.example/x");
  EXPECT_EQ(AtHostOf("https://a.example:1/b//c/", "/x"), "https://a.example:1/x");
}

TEST(PartnerKeysDeathTest, NoRequestLeavesWithoutItsToken) {
  EXPECT_DEATH(TokenRequest(Provider(), Partner(), "r"), "access_token");
  EXPECT_DEATH(TokenRequest(Provider(), {Partner(), Secret("a\r\nX: y")}, "r"), "IsVisibleAscii");
}

TEST(EveryBackendCall, CarriesTheSystemHeadersOfTheSalesUnit) {
  SalesUnit unit = Unit();
  unit.system_headers = {"acme-pos", "4.2", "acme-vipps", "1.0"};
  for (const HttpRequest& request : CallsOf(unit)) {
    EXPECT_THAT(Lines(request.headers), AllOf(Contains("Vipps-System-Name: acme-pos"),
                                              Contains("Vipps-System-Version: 4.2"),
                                              Contains("Vipps-System-Plugin-Name: acme-vipps"),
                                              Contains("Vipps-System-Plugin-Version: 1.0")))
        << request.url;
  }
}

TEST(EveryBackendCall, NamesTheSalesUnitAndTheProgram) {
  for (const HttpRequest& request : BackendCalls()) {
    EXPECT_THAT(Lines(request.headers),
                AllOf(Contains("Merchant-Serial-Number: 123456"),
                      Contains("Accept: application/json"), Contains("Vipps-System-Name: cibad"),
                      Contains(StartsWith("Vipps-System-Version: 0.")),
                      Contains("Vipps-System-Plugin-Name: cibad"),
                      Contains(StartsWith("Vipps-System-Plugin-Version: 0."))));
  }
}

TEST(EveryBackendCall, KeepsTheProgramsNamesWithin30Characters) {
  for (const HttpRequest& request : BackendCalls()) {
    for (const absl::string_view header : request.headers) {
      if (!absl::StartsWith(header, "Vipps-System-")) continue;
      const std::vector<std::string> parts = absl::StrSplit(header, ": ");
      EXPECT_LE(parts.at(1).size(), 30u);
      EXPECT_GE(parts.at(1).size(), 1u);
    }
  }
}

TEST(EveryBackendCall, HasHeadersOfOneLineEach) {
  for (const HttpRequest& request : BackendCalls()) {
    for (const absl::string_view header : request.headers) {
      EXPECT_EQ(header.find_first_of("\r\n"), absl::string_view::npos);
    }
  }
}

TEST(UserinfoRequestDeathTest, NeverMakesAHeaderOfATokenWithALineBreak) {
  EXPECT_DEATH(UserinfoRequest(Provider(), Unit(), "a\r\nX: y"), "IsVisibleAscii");
}

TEST(UserExistsRequest, LiesBesideTheBackchannelEndpoint) {
  ProviderMetadata provider = Provider();
  provider.backchannel_authentication_endpoint =
      "https://api.example/vipps-login-ciba/api/backchannel/authentication";
  const HttpRequest request = UserExistsRequest(provider, Unit(), "4791234567");
  EXPECT_EQ(request.method, HttpMethod::kPost);
  EXPECT_EQ(request.url, "https://api.example/vipps-login-ciba/api/v1/user-exists");
  EXPECT_EQ(request.body, "login_hint=urn%3Amsisdn%3A4791234567");
  EXPECT_THAT(Lines(request.headers), Contains(StartsWith("Authorization: Basic ")));
  EXPECT_LE(request.timeout, absl::Seconds(10));
  provider.backchannel_authentication_endpoint = "https://ciba.example:1/elsewhere";
  EXPECT_EQ(UserExistsRequest(provider, Unit(), "4791234567").url,
            "https://ciba.example:1/vipps-login-ciba/api/v1/user-exists");
}

TEST(UserExistsRequest, ProvesItselfLikeTheOtherCalls) {
  const SalesUnit partner = Partner();
  EXPECT_THAT(
      Lines(UserExistsRequest(Provider(), {partner, Secret("api-token")}, "4791234567").headers),
      AllOf(Contains("Authorization: Bearer api-token"),
            Contains("Ocp-Apim-Subscription-Key: subscription"),
            Contains("Merchant-Serial-Number: 123456")));
  EXPECT_THAT(
      UserExistsRequest(Provider(), Unit(ClientAuthentication::kClientSecretPost), "1").body,
      HasSubstr("&client_id="));
}

}  // namespace
}  // namespace cibad
