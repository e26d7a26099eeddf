// The endpoints as a partner's client meets them: what the sandbox must refuse, or give.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/sandbox/pem.h"
#include "tests/sandbox/provider.h"

namespace cibad {
namespace {

using Json = nlohmann::json;

class ProviderPartnerTest : public ::testing::Test {
 protected:
  ProviderPartnerTest()
      : provider_(
            {.origin = "https://localhost:1",
             .clients = {{"123456", "partner", "secret", AuthenticationMethod::kPartner, "key"},
                         {"654321", "partner", "secret", AuthenticationMethod::kPartner, "key"}},
             .token_life = absl::Seconds(100)},
            MakeEcKey(), MakeEcKey()) {}

  Request TokenGet(const std::string& msn = "123456") const {
    return {.method = "POST",
            .path = std::string(kAccessTokenPath),
            .headers = {{"merchant-serial-number", msn},
                        {"client_id", "partner"},
                        {"client_secret", "secret"},
                        {"ocp-apim-subscription-key", "key"}},
            .arrival_time = now_};
  }

  Request Post(absl::string_view path, std::string body, const std::string& msn = "123456") const {
    return {.method = "POST",
            .path = std::string(path),
            .headers = {{"merchant-serial-number", msn},
                        {"content-type", "application/x-www-form-urlencoded"},
                        {"authorization", absl::StrCat("Bearer ", token_)},
                        {"ocp-apim-subscription-key", "key"}},
            .body = std::move(body),
            .arrival_time = now_};
  }

  Request Backchannel(absl::string_view msisdn = "4740000000") const {
    return Post(kBackchannelPath,
                absl::StrCat("login_hint=urn%3Amsisdn%3A", msisdn, "&scope=openid"));
  }

  static Request Without(Request request, const std::string& header) {
    request.headers.erase(header);
    return request;
  }
  static Request With(Request request, const std::string& header, const std::string& value) {
    request.headers.erase(header);
    request.headers.emplace(header, value);
    return request;
  }

  Answer Handle(const Request& request) { return provider_.Handle(request, now_); }
  Json HandleJson(const Request& request) {
    return Json::parse(Handle(request).body, nullptr, false);
  }
  void GetToken() { token_ = HandleJson(TokenGet()).value("access_token", ""); }

  int64_t Violations(const std::string& name) {
    const Request ask = {.method = "GET", .path = "/sandbox/violations"};
    return HandleJson(ask).at(name).get<int64_t>();
  }

  // The ID token of a login of this number.
  Json IdTokenClaims(absl::string_view msisdn) {
    const std::string id = HandleJson(Backchannel(msisdn)).value("auth_req_id", "");
    now_ += absl::Seconds(5);
    const Json tokens = HandleJson(
        Post(kTokenPath, absl::StrCat("grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba"
                                      "&auth_req_id=",
                                      id)));
    const std::vector<std::string> parts = absl::StrSplit(tokens.value("id_token", ".."), '.');
    std::string claims;
    absl::WebSafeBase64Unescape(parts.at(1), &claims);
    return Json::parse(claims, nullptr, false);
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::string token_;
  Provider provider_;
};

TEST_F(ProviderPartnerTest, GivesATokenForTheRightKeys) {
  const Json answer = HandleJson(TokenGet());
  EXPECT_EQ(answer["expires_in"], "100");
  const std::string token = answer.value("access_token", "");
  EXPECT_FALSE(token.empty());
  const Json all = HandleJson({.method = "GET", .path = "/sandbox/access-tokens"});
  EXPECT_EQ(all["access_tokens"], Json::array({token}));
  EXPECT_EQ(Violations("total"), 0);
}

TEST_F(ProviderPartnerTest, RefusesWrongKeys) {
  const Request good = TokenGet();
  for (const char* header : {"client_id", "client_secret", "ocp-apim-subscription-key"}) {
    EXPECT_EQ(Handle(Without(good, header)).status, 401) << header;
    EXPECT_EQ(Handle(With(good, header, "wrong")).status, 401) << header;
  }
  EXPECT_EQ(Violations("client_authentication_failures"), 6);
  Handle(Without(good, "merchant-serial-number"));
  EXPECT_EQ(Violations("merchant_serial_number_failures"), 1);
  Request with_body = good;
  with_body.body = "x";
  EXPECT_EQ(Handle(with_body).status, 400);
}

TEST_F(ProviderPartnerTest, TakesTheTokenAndNothingElse) {
  GetToken();
  EXPECT_EQ(Handle(Backchannel()).status, 200);
  EXPECT_EQ(Violations("total"), 0);
  EXPECT_EQ(Handle(Without(Backchannel(), "authorization")).status, 401);
  EXPECT_EQ(Handle(Without(Backchannel(), "ocp-apim-subscription-key")).status, 401);
  EXPECT_EQ(Handle(With(Backchannel(), "ocp-apim-subscription-key", "other")).status, 401);
  EXPECT_EQ(Handle(With(Backchannel(), "authorization",
                        absl::StrCat("Basic ", absl::Base64Escape("partner:secret"))))
                .status,
            401);
  EXPECT_EQ(Violations("client_authentication_failures"), 4);
}

TEST_F(ProviderPartnerTest, ATokenEnds) {
  GetToken();
  now_ += absl::Seconds(100);
  EXPECT_EQ(Handle(Backchannel()).status, 401);
  EXPECT_EQ(Violations("client_authentication_failures"), 1);
}

TEST_F(ProviderPartnerTest, ARevokedTokenIsRefusedAndNoFaultOfTheClients) {
  GetToken();
  EXPECT_EQ(Handle({.method = "POST", .path = "/sandbox/revoke-access-tokens"}).status, 200);
  EXPECT_EQ(Handle(Backchannel()).status, 401);
  EXPECT_EQ(Violations("total"), 0);
}

TEST_F(ProviderPartnerTest, IdTokensAreForTheMerchantsClientAndNameItsMsn) {
  GetToken();
  const Json claims = IdTokenClaims("4740000000");
  EXPECT_EQ(claims["msn"], "123456");
  EXPECT_EQ(claims["aud"].dump().find("partner"), std::string::npos);
  EXPECT_EQ(IdTokenClaims("4740000306")["msn"], "999999");
  EXPECT_FALSE(IdTokenClaims("4740000307").contains("msn"));
}

TEST_F(ProviderPartnerTest, ALoginIsPolledByItsOwnSalesUnit) {
  GetToken();
  const std::string id = HandleJson(Backchannel()).value("auth_req_id", "");
  now_ += absl::Seconds(5);
  const std::string poll =
      absl::StrCat("grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=", id);
  EXPECT_EQ(HandleJson(Post(kTokenPath, poll, "654321"))["error"], "invalid_grant");
  EXPECT_EQ(Violations("merchant_serial_number_failures"), 1);
  EXPECT_EQ(Handle(Post(kTokenPath, poll)).status, 200);
}

// ---- Whether a user exists.

TEST_F(ProviderPartnerTest, UserExistsAnswersByTheNumber) {
  GetToken();
  const auto ask = [&](absl::string_view msisdn) {
    return HandleJson(Post(kUserExistsPath, absl::StrCat("login_hint=urn%3Amsisdn%3A", msisdn)));
  };
  EXPECT_EQ(ask("4740000000")["exists"], true);
  EXPECT_EQ(ask("4740000500")["exists"], false);
  EXPECT_EQ(ask("4740000512")["exists"], "false");
  EXPECT_EQ(Handle(Post(kUserExistsPath, "login_hint=urn%3Amsisdn%3A4740000502")).status, 429);
  EXPECT_EQ(Violations("total"), 0);
}

TEST_F(ProviderPartnerTest, UserExistsTakesAProvenCallersPhoneNumberAndNothingElse) {
  GetToken();
  const std::string hint = "login_hint=urn%3Amsisdn%3A4740000000";
  EXPECT_EQ(Handle(Post(kUserExistsPath, hint + "&scope=openid")).status, 400);
  EXPECT_EQ(Handle(Post(kUserExistsPath, "")).status, 400);
  EXPECT_EQ(Handle(Post(kUserExistsPath, "login_hint=4740000000")).status, 400);
  EXPECT_EQ(Violations("malformed_requests"), 3);
  EXPECT_EQ(Handle(Without(Post(kUserExistsPath, hint), "authorization")).status, 401);
  EXPECT_EQ(Violations("client_authentication_failures"), 1);
}

}  // namespace
}  // namespace cibad
