// The endpoints as a client meets them, without sockets: each test names what the sandbox must
// refuse, or give.

#include "tests/sandbox/provider.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/sandbox/id_token.h"
#include "tests/sandbox/pem.h"

namespace cibad {
namespace {

using Json = nlohmann::json;

constexpr const char* kMsn = "123456";
constexpr const char* kClientId = "the-client";
constexpr const char* kSecret = "s3cret/with=signs";
constexpr const char* kSubscriptionKey = "subscr1ption";

std::string BasicHeader(absl::string_view id, absl::string_view secret) {
  return absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(id, ":", secret)));
}

class ProviderTest : public ::testing::Test {
 protected:
  explicit ProviderTest(AuthenticationMethod method = AuthenticationMethod::kBasic)
      : provider_({.origin = "https://localhost:1",
                   .clients = {{kMsn, kClientId, kSecret, method, kSubscriptionKey}},
                   .interval = absl::Seconds(5),
                   .expires_in = absl::Seconds(600)},
                  MakeEcKey(), MakeEcKey()) {
  }  // no RSA key: it takes long to make, and no signature is looked at

  Request Get(absl::string_view path) const {
    return {.method = "GET",
            .path = std::string(path),
            .headers = {{"merchant-serial-number", kMsn}},
            .arrival_time = now_};
  }

  Request Post(absl::string_view path, std::string body) const {
    Request request = Get(path);
    request.method = "POST";
    request.headers.emplace("content-type", "application/x-www-form-urlencoded");
    request.headers.emplace("authorization", BasicHeader(kClientId, kSecret));
    request.body = std::move(body);
    return request;
  }

  Request Backchannel(absl::string_view hint, absl::string_view more = "&scope=openid") const {
    return Post(kBackchannelPath, absl::StrCat("login_hint=", hint, more));
  }

  Answer Handle(const Request& request) { return provider_.Handle(request, now_); }

  Json HandleJson(const Request& request) {
    return Json::parse(Handle(request).body, nullptr, false);
  }

  std::string ErrorOf(const Request& request) {
    const Json body = HandleJson(request);
    return body.is_object() ? body.value("error", "none") : "no JSON";
  }

  // Starts a login and polls once, an interval later.
  Answer LogIn(absl::string_view msisdn, absl::string_view scope = "openid") {
    const Json acknowledgement = HandleJson(
        Backchannel(absl::StrCat("urn%3Amsisdn%3A", msisdn), absl::StrCat("&scope=", scope)));
    auth_req_id_ = acknowledgement.value("auth_req_id", "");
    now_ += absl::Seconds(5);
    return Handle(TokenRequest());
  }

  Request TokenRequest() const {
    return Post(kTokenPath,
                absl::StrCat("grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=",
                             auth_req_id_));
  }

  Request UserinfoRequest(absl::string_view access_token) const {
    Request request = Get(kUserinfoPath);
    request.headers.emplace("authorization", absl::StrCat("Bearer ", access_token));
    return request;
  }

  int64_t Violations(const std::string& name) {
    return HandleJson(Get("/sandbox/violations")).at(name).get<int64_t>();
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::string auth_req_id_;
  Provider provider_;
};

constexpr const char* kHint = "urn%3Amsisdn%3A4740000000";

// ---- Discovery.

TEST_F(ProviderTest, DiscoveryNamesTheEndpointsAndMayBeKeptForAnHour) {
  const Answer answer = Handle(Get(kDiscoveryPath));
  EXPECT_EQ(answer.headers.find("Cache-Control")->second, "max-age=3600");
  const Json metadata = Json::parse(answer.body);
  EXPECT_EQ(metadata["issuer"], "https://localhost:1/access-management-1.0/access/");
  EXPECT_EQ(metadata["token_endpoint"], absl::StrCat("https://localhost:1", kTokenPath));
  EXPECT_EQ(metadata["backchannel_authentication_endpoint"],
            absl::StrCat("https://localhost:1", kBackchannelPath));
  EXPECT_EQ(metadata["userinfo_endpoint"], absl::StrCat("https://localhost:1", kUserinfoPath));
  EXPECT_EQ(metadata["jwks_uri"], absl::StrCat("https://localhost:1", kJwksPath));
  EXPECT_EQ(metadata["grant_types_supported"].dump().find("ciba"), std::string::npos);
}

TEST_F(ProviderTest, PublishesMalformedDocumentsForAsLongAsItIsTold) {
  const auto spoil = [this](absl::string_view document, absl::string_view fault) {
    return Handle(Post(absl::StrCat("/sandbox/", document, "/", fault), "")).status;
  };
  const std::string discovery = Handle(Get(kDiscoveryPath)).body;
  const std::string jwks = Handle(Get(kJwksPath)).body;
  for (const char* fault :
       {"member-missing", "member-twice", "wrong-value", "not-json", "html-page", "empty", "array",
        "truncated", "not-utf8", "huge", "deep"}) {
    EXPECT_EQ(spoil("discovery", fault), 200) << fault;
    EXPECT_NE(Handle(Get(kDiscoveryPath)).body, discovery) << fault;
    EXPECT_EQ(Handle(Get(kJwksPath)).body, jwks) << fault;
    EXPECT_EQ(spoil("discovery", "fine"), 200);
    EXPECT_EQ(spoil("jwks", fault), 200) << fault;
    EXPECT_NE(Handle(Get(kJwksPath)).body, jwks) << fault;
    EXPECT_EQ(Handle(Get(kDiscoveryPath)).body, discovery) << fault;
    EXPECT_EQ(spoil("jwks", "fine"), 200);
  }
  EXPECT_EQ(spoil("jwks", "wrong-value"), 200);
  EXPECT_EQ(Handle(Get(kJwksPath)).body, R"({"keys":42})");
  EXPECT_EQ(spoil("jwks", "no-such-fault"), 404);
  EXPECT_EQ(Violations("total"), 0);
}

// ---- The authentication request (CIBA 7.1).

TEST_F(ProviderTest, AcknowledgesAGoodRequest) {
  const Json acknowledgement = HandleJson(
      Backchannel(kHint, "&scope=openid+name&binding_message=AB-12&requested_expiry=60"));
  EXPECT_FALSE(acknowledgement.value("auth_req_id", "").empty());
  EXPECT_EQ(acknowledgement["expires_in"], 60);
  EXPECT_EQ(acknowledgement["interval"], 5);
  EXPECT_EQ(Violations("total"), 0);
}

TEST_F(ProviderTest, RefusesHintsThatAreNotUrnMsisdnWithAServedCountry) {
  for (const char* hint :
       {"", "4740000000", "urn%3Amsisdn%3A", "urn%3Amsisdn%3A%2B4740000000",
        "urn%3Amsisdn%3A47+400+00+000", "urn%3Amobilenumber%3A40000000", "urn%3Amsisdn%3A474000000",
        "urn%3Amsisdn%3A47400000000", "urn%3Amsisdn%3A14155550100", "urn%3Amsisdn%3A4740000OOO"}) {
    EXPECT_EQ(ErrorOf(Backchannel(hint)), "invalid_request") << hint;
  }
  EXPECT_EQ(Violations("malformed_requests"), 10);
}

TEST_F(ProviderTest, RefusesASecondHint) {
  EXPECT_EQ(ErrorOf(Backchannel(kHint, "&scope=openid&id_token_hint=x")), "invalid_request");
  EXPECT_EQ(ErrorOf(Backchannel(kHint, "&scope=openid&login_hint_token=x")), "invalid_request");
}

TEST_F(ProviderTest, RefusesScopesWithoutOpenidOrUnknownOrNnin) {
  for (const char* scope :
       {"", "&scope=", "&scope=name", "&scope=openid+nnin", "&scope=openid+shoeSize",
        "&scope=openid++name", "&scope=OpenID", "&scope=openid+openid"}) {
    EXPECT_EQ(ErrorOf(Backchannel(kHint, scope)), "invalid_scope") << scope;
  }
}

TEST_F(ProviderTest, RefusesBindingMessagesThatVippsWouldNotShow) {
  for (const char* message : {"", "ABCD", "ABCDEFGHI", "abcde", "AB+CD", "AB_CD", "%C3%85BCDE"}) {
    EXPECT_EQ(ErrorOf(Backchannel(kHint, absl::StrCat("&scope=openid&binding_message=", message))),
              "invalid_binding_message")
        << message;
  }
}

TEST_F(ProviderTest, RefusesExpiriesOutside60To900Seconds) {
  for (const char* seconds : {"", "59", "901", "-60", "1e2", "60.5", "soon"}) {
    EXPECT_EQ(ErrorOf(Backchannel(kHint, absl::StrCat("&scope=openid&requested_expiry=", seconds))),
              "invalid_request")
        << seconds;
  }
}

TEST_F(ProviderTest, RefusesHalfOfTheWebPageFlow) {
  EXPECT_EQ(ErrorOf(Backchannel(kHint, "&scope=openid&requested_flow=login_to_webpage")),
            "invalid_request");
}

TEST_F(ProviderTest, AsksNobodyWhenItRefuses) {
  Handle(Backchannel(kHint, "&scope=name"));
  EXPECT_EQ(HandleJson(Get("/sandbox/totals"))["backchannel_requests"], 0);
}

// ---- Forms and headers.

TEST_F(ProviderTest, RefusesFormsThatAreNone) {
  Request request = Backchannel(kHint);
  request.headers.find("content-type")->second = "application/json";
  EXPECT_EQ(ErrorOf(request), "invalid_request");
  request.headers.erase("content-type");
  EXPECT_EQ(ErrorOf(request), "invalid_request");
  EXPECT_EQ(Violations("malformed_requests"), 2);
}

TEST_F(ProviderTest, RefusesParametersThatComeTwiceOrInTheUrl) {
  EXPECT_EQ(ErrorOf(Backchannel(kHint, "&scope=openid&scope=openid")), "invalid_request");
  Request request = Backchannel(kHint);
  request.has_query = true;
  EXPECT_EQ(ErrorOf(request), "invalid_request");
}

TEST_F(ProviderTest, RefusesOtherMethods) {
  EXPECT_EQ(Handle(Get(kTokenPath)).status, 405);
  EXPECT_EQ(Handle(Post(kDiscoveryPath, "")).status, 405);
}

TEST_F(ProviderTest, CountsAMissingOrWrongMerchantSerialNumber) {
  Request request = Backchannel(kHint);
  request.headers.erase("merchant-serial-number");
  EXPECT_EQ(Handle(request).status, 200);
  request.headers.emplace("merchant-serial-number", "654321");
  EXPECT_EQ(Handle(request).status, 200);
  EXPECT_EQ(Violations("merchant_serial_number_failures"), 2);
}

TEST_F(ProviderTest, CountsSystemHeadersOfMoreThan30Characters) {
  Request request = Backchannel(kHint);
  request.headers.emplace("vipps-system-name", std::string(30, 'x'));
  Handle(request);
  EXPECT_EQ(Violations("long_system_headers"), 0);
  request.headers.emplace("vipps-system-version", std::string(31, 'x'));
  Handle(request);
  EXPECT_EQ(Violations("long_system_headers"), 1);
}

// ---- Client authentication.

TEST_F(ProviderTest, TakesBasicCredentialsFormEncodedOrPlain) {
  Request request = Backchannel(kHint);
  EXPECT_EQ(Handle(request).status, 200);
  request.headers.find("authorization")->second = BasicHeader(kClientId, "s3cret%2Fwith%3Dsigns");
  EXPECT_EQ(Handle(request).status, 200);
}

TEST_F(ProviderTest, RefusesMissingAndWrongCredentialsWith401) {
  Request request = Backchannel(kHint);
  for (const std::string& header :
       {BasicHeader(kClientId, "wrong"), BasicHeader("another", kSecret),
        BasicHeader(kClientId, absl::StrCat(kSecret, "x")), std::string("Basic !!!"),
        std::string("Basic bm9jb2xvbg=="), std::string("Bearer x")}) {
    request.headers.find("authorization")->second = header;
    EXPECT_EQ(Handle(request).status, 401) << header;
    EXPECT_EQ(ErrorOf(request), "invalid_client") << header;
  }
  request.headers.erase("authorization");
  EXPECT_EQ(ErrorOf(request), "invalid_client");
  EXPECT_EQ(Violations("client_authentication_failures"), 13);
}

constexpr const char* kPostedCredentials =
    "&scope=openid&client_id=the-client&client_secret=s3cret%2Fwith%3Dsigns";

TEST_F(ProviderTest, RefusesBothMethodsAtOnce) {
  EXPECT_EQ(ErrorOf(Backchannel(kHint, kPostedCredentials)), "invalid_client");
}

TEST_F(ProviderTest, RefusesPostedCredentialsWhereBasicIsSwitchedOn) {
  Request request = Backchannel(kHint, kPostedCredentials);
  request.headers.erase("authorization");
  EXPECT_EQ(ErrorOf(request), "invalid_client");
}

class PostProviderTest : public ProviderTest {
 protected:
  PostProviderTest() : ProviderTest(AuthenticationMethod::kPost) {}
};

TEST_F(PostProviderTest, TakesPostedCredentialsAlone) {
  EXPECT_EQ(ErrorOf(Backchannel(kHint)), "invalid_client");
  Request request = Backchannel(kHint, kPostedCredentials);
  request.headers.erase("authorization");
  EXPECT_EQ(Handle(request).status, 200);
  request.body += "x";
  EXPECT_EQ(ErrorOf(request), "invalid_client");
}

// ---- The token request (CIBA 10.1, 11).

TEST_F(ProviderTest, RefusesOtherGrantTypesAndAMissingAuthReqId) {
  EXPECT_EQ(ErrorOf(Post(kTokenPath, "grant_type=authorization_code&auth_req_id=x")),
            "unsupported_grant_type");
  EXPECT_EQ(ErrorOf(Post(kTokenPath, "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba")),
            "invalid_request");
}

TEST_F(ProviderTest, SaysPendingThenExpired) {
  const Answer pending = LogIn("4740000030");
  EXPECT_EQ(pending.status, 400);
  EXPECT_EQ(Json::parse(pending.body)["error"], "authorization_pending");
  EXPECT_EQ(ErrorOf(TokenRequest()), "slow_down");
  now_ += absl::Seconds(600);
  EXPECT_EQ(ErrorOf(TokenRequest()), "expired_token");
}

TEST_F(ProviderTest, SaysDenied) {
  EXPECT_EQ(Json::parse(LogIn("4740000020").body)["error"], "access_denied");
}

TEST_F(ProviderTest, GivesTokensOnceAndInvalidGrantThen) {
  const Answer answer = LogIn("4740000000");
  EXPECT_EQ(answer.status, 200);
  const Json tokens = Json::parse(answer.body);
  EXPECT_EQ(tokens["expires_in"], 300);
  EXPECT_FALSE(tokens["access_token"].get<std::string>().empty());
  EXPECT_EQ(ErrorOf(TokenRequest()), "invalid_grant");
  EXPECT_EQ(Violations("second_token_requests"), 1);
}

TEST_F(ProviderTest, DelaysAndDropsAnswersAsTheNumberSays) {
  EXPECT_EQ(LogIn("4740000209").delay, absl::Seconds(8));
  EXPECT_EQ(LogIn("4740000207").delivery, Delivery::kDropped);
  EXPECT_EQ(LogIn("4740000211").delivery, Delivery::kCut);
  EXPECT_EQ(Handle(Backchannel("urn%3Amsisdn%3A4740000130")).delivery, Delivery::kDropped);
}

// ---- The ID token's claims.

class IdTokenClaimsTest : public ProviderTest {
 protected:
  Json Claims(absl::string_view msisdn) {
    const Json tokens = Json::parse(LogIn(msisdn).body);
    access_token_ = tokens["access_token"];
    const std::vector<std::string> parts =
        absl::StrSplit(tokens["id_token"].get<std::string>(), '.');
    std::string claims;
    absl::WebSafeBase64Unescape(parts.at(1), &claims);
    return Json::parse(claims);
  }

  int64_t Now() const { return absl::ToUnixSeconds(now_); }

  std::string access_token_;
};

TEST_F(IdTokenClaimsTest, AreLikeTheRealOnes) {
  const Json claims = Claims("4740000000");
  EXPECT_EQ(claims["iss"], "https://localhost:1/access-management-1.0/access/");
  EXPECT_EQ(claims["aud"], Json::array({kClientId}));
  EXPECT_EQ(claims["iat"], Now());
  EXPECT_GT(claims["exp"], Now());
  EXPECT_EQ(claims["nonce"], "");
  EXPECT_EQ(claims["msn"], kMsn);
  EXPECT_EQ(claims["at_hash"], AccessTokenHash(access_token_));
  EXPECT_FALSE(claims.contains("auth_req_id"));
}

// The example of OpenID Connect Core's appendix A.3 (an access token and its hash under RS256).
TEST(AccessTokenHashTest, IsTheOneOfTheStandardsExample) {
  EXPECT_EQ(AccessTokenHash("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ");
}

TEST_F(IdTokenClaimsTest, AreUnusualButRight) {
  EXPECT_EQ(Claims("4740000302")["aud"], kClientId);
  EXPECT_EQ(Claims("4740000303")["azp"], kClientId);
  EXPECT_EQ(Claims("4740000304")["auth_req_id"], auth_req_id_);
  EXPECT_EQ(Claims("4740000305")["urn:openid:params:jwt:claim:auth_req_id"], auth_req_id_);
}

TEST_F(IdTokenClaimsTest, AreWrongInTheWayThatTheNumberNames) {
  EXPECT_EQ(Claims("4740000320")["iss"], "https://issuer.example.com/");
  EXPECT_EQ(Claims("4740000321")["iss"], "https://localhost:1/access-management-1.0/access");
  EXPECT_FALSE(Claims("4740000322").contains("iss"));
  EXPECT_EQ(Claims("4740000330")["aud"].dump().find(kClientId), std::string::npos);
  EXPECT_FALSE(Claims("4740000331").contains("aud"));
  EXPECT_EQ(Claims("4740000332")["aud"].size(), 2U);
  EXPECT_FALSE(Claims("4740000332").contains("azp"));
  EXPECT_NE(Claims("4740000333")["azp"], kClientId);
  EXPECT_FALSE(Claims("4740000341").contains("exp"));
  EXPECT_FALSE(Claims("4740000344").contains("iat"));
  EXPECT_FALSE(Claims("4740000350").contains("sub"));
  EXPECT_NE(Claims("4740000351")["auth_req_id"], auth_req_id_);
  EXPECT_NE(Claims("4740000352")["urn:openid:params:jwt:claim:auth_req_id"], auth_req_id_);
}

TEST_F(IdTokenClaimsTest, HaveTimesThatAreWrongInTheWayThatTheNumberNames) {
  constexpr int64_t kWeek = int64_t{7} * 24 * 3600;
  const Json expired = Claims("4740000340");
  EXPECT_LT(expired["exp"], Now());
  EXPECT_LT(expired["iat"], expired["exp"]);
  const Json old = Claims("4740000342");
  EXPECT_EQ(old["iat"], Now() - kWeek);
  EXPECT_GT(old["exp"], Now());
  const Json early = Claims("4740000343");
  EXPECT_EQ(early["iat"], Now() + 3600);
}

// ---- Userinfo.

class UserinfoTest : public ProviderTest {
 protected:
  Json Profile(absl::string_view msisdn, absl::string_view scope) {
    const Json tokens = Json::parse(LogIn(msisdn, scope).body);
    return HandleJson(UserinfoRequest(tokens["access_token"].get<std::string>()));
  }
};

TEST_F(UserinfoTest, TellsNoClaimWhoseScopeWasNotAskedFor) {
  const Json profile = Profile("4740000000", "openid+email");
  EXPECT_EQ(profile.size(), 4U) << profile;
  EXPECT_TRUE(profile.contains("sub"));
  EXPECT_TRUE(profile.contains("sid"));
  EXPECT_EQ(profile["email"], "customer-4740000000@example.com");
  EXPECT_EQ(profile["email_verified"], true);
}

TEST_F(UserinfoTest, TellsEveryClaimThatWasAskedFor) {
  const Json profile = Profile(
      "4740000000", "openid+name+phoneNumber+email+address+birthDate+gender+nin+delegatedConsents");
  EXPECT_EQ(profile["name"], "Ada Lovisa Nordmann");
  EXPECT_EQ(profile["phone_number"], "4740000000");
  EXPECT_EQ(profile["address"]["address_type"], "home");
  EXPECT_EQ(profile["other_addresses"].size(), 2U);
  EXPECT_EQ(profile["gender"], "female");
  EXPECT_EQ(profile["nin"].get<std::string>().size(), 11U);
  EXPECT_EQ(profile["birthdate"].get<std::string>().size(), 10U);
  EXPECT_EQ(profile["delegatedConsents"]["consents"].size(), 2U);
}

TEST_F(UserinfoTest, HasTheSubjectOfTheIdTokenUnlessTheNumberSaysOtherwise) {
  const std::string ordinary = Profile("4740000000", "openid")["sub"];
  EXPECT_EQ(Profile("4740000000", "openid")["sub"], ordinary);
  const std::string other = Profile("4740000400", "openid")["sub"];
  EXPECT_NE(other, Profile("4740000430", "openid")["sub"]);
}

TEST_F(UserinfoTest, IsUnusualAsTheNumberSays) {
  EXPECT_EQ(Profile("4740000430", "openid+phoneNumber")["phone_number"], "+4740000430");
  EXPECT_EQ(Profile("4740000431", "openid+address")["address"]["street_address"], "");
  EXPECT_FALSE(Profile("4740000432", "openid+nin").contains("nin"));
  EXPECT_FALSE(Profile("4740000433", "openid+delegatedConsents").contains("delegatedConsents"));
}

TEST_F(UserinfoTest, RefusesASubscriptionKey) {
  const Json tokens = Json::parse(LogIn("4740000000").body);
  Request request = UserinfoRequest(tokens["access_token"].get<std::string>());
  request.headers.emplace("ocp-apim-subscription-key", "x");
  EXPECT_EQ(Handle(request).status, 401);
  EXPECT_EQ(Violations("subscription_keys_at_userinfo"), 1);
}

TEST_F(UserinfoTest, RefusesUnknownAndMissingTokens) {
  EXPECT_EQ(Handle(UserinfoRequest("nobody-gave-this")).status, 401);
  EXPECT_EQ(Handle(Get(kUserinfoPath)).status, 401);
}

// ---- The controls.

TEST_F(ProviderTest, ApprovesAndDeniesByHand) {
  LogIn("4791234567");
  EXPECT_EQ(Handle(Post(absl::StrCat("/sandbox/logins/", auth_req_id_, "/deny"), "")).status, 200);
  now_ += absl::Seconds(5);
  EXPECT_EQ(ErrorOf(TokenRequest()), "access_denied");

  LogIn("4791234567");
  EXPECT_EQ(HandleJson(Post("/sandbox/phones/4791234567/approve", ""))["logins"], 1);
  now_ += absl::Seconds(5);
  EXPECT_EQ(Handle(TokenRequest()).status, 200);

  LogIn("4791234567");
  EXPECT_EQ(HandleJson(Post("/sandbox/approve-all", ""))["logins"], 1);
  now_ += absl::Seconds(5);
  EXPECT_EQ(Handle(TokenRequest()).status, 200);
}

TEST_F(ProviderTest, HasNothingAtOtherPaths) {
  EXPECT_EQ(Handle(Post("/sandbox/logins/nobody-knows/approve", "")).status, 404);
  for (const char* path : {"/sandbox/", "/sandbox/logins/x", "/sandbox/phones/1/ask", "/", ""}) {
    EXPECT_EQ(Handle(Post(path, "")).status, 404) << path;
  }
}

TEST_F(ProviderTest, ListsLoginsWithTheirStateAndViolations) {
  LogIn("4791234567", "openid+name");
  Handle(TokenRequest());  // at once: early
  const Json list = HandleJson(Get("/sandbox/logins"));
  ASSERT_EQ(list["logins"].size(), 1U);
  const Json& login = list["logins"][0];
  EXPECT_EQ(login["auth_req_id"], auth_req_id_);
  EXPECT_EQ(login["phone"], "4791234567");
  EXPECT_EQ(login["scope"], "openid name");
  EXPECT_EQ(login["state"], "waiting");
  EXPECT_EQ(login["polls"], 2);
  EXPECT_EQ(login["violations"]["early_polls"], 1);
  EXPECT_EQ(list["violations"]["early_polls"], 1);
  EXPECT_EQ(list["backchannel_requests_by_phone"]["4791234567"], 1);
}

}  // namespace
}  // namespace cibad
