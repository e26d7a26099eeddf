#include "server/provider/answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <variant>

#include "server/http/request_check.h"
#include "server/provider/requests.h"
#include "tests/unit/provider/signed_token.h"

namespace cibad {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json AckDocument() {
  return {{"auth_req_id", "1c266114-a1be"}, {"expires_in", 600}, {"interval", 3}};
}

Acknowledgement Ack(const json& document) {
  const auto outcome = ReadBackchannelAnswer(Ok(document));
  if (const auto* invalid = std::get_if<InvalidAnswer>(&outcome)) {
    ADD_FAILURE() << invalid->detail << " in " << document;
    return {};
  }
  return std::get<Acknowledgement>(outcome);
}

Acknowledgement AckWith(const char* member, const json& value) {
  json document = AckDocument();
  document[member] = value;
  return Ack(document);
}

template <typename Answer>
std::string WhyInvalid(const Outcome<Answer>& outcome) {
  const auto* invalid = std::get_if<InvalidAnswer>(&outcome);
  return invalid == nullptr ? "it was not invalid" : invalid->detail;
}

std::string WhyNoAck(const char* member, const json& value) {
  json document = AckDocument();
  document[member] = value;
  return WhyInvalid(ReadBackchannelAnswer(Ok(document)));
}

TEST(BackchannelAnswer, GivesWhatTheProviderSaid) {
  const Acknowledgement ack = Ack(AckDocument());
  EXPECT_EQ(ack.auth_req_id, "1c266114-a1be");
  EXPECT_EQ(ack.expires_in, absl::Seconds(600));
  EXPECT_EQ(ack.interval, absl::Seconds(3));
}

TEST(BackchannelAnswer, Section7_3_IntervalIs5SecondsWhereAbsent) {
  json document = AckDocument();
  document.erase("interval");
  EXPECT_EQ(Ack(document).interval, absl::Seconds(5));
  EXPECT_EQ(AckWith("interval", nullptr).interval, absl::Seconds(5));
}

TEST(BackchannelAnswer, Section7_3_IgnoresUnknownMembers) { AckWith("more", {{"a", {1, 2}}}); }

TEST(BackchannelAnswer, Section7_3_AuthReqIdIsRequired) {
  json document = AckDocument();
  document.erase("auth_req_id");
  EXPECT_EQ(WhyInvalid(ReadBackchannelAnswer(Ok(document))), "auth_req_id is missing");
}

TEST(BackchannelAnswer, Section7_3_ExpiresInIsRequired) {
  json document = AckDocument();
  document.erase("expires_in");
  EXPECT_EQ(WhyInvalid(ReadBackchannelAnswer(Ok(document))), "expires_in is missing");
}

TEST(BackchannelAnswer, AuthReqIdIsBoundedVisibleAscii) {
  EXPECT_EQ(AckWith("auth_req_id", std::string(1024, 'a')).auth_req_id.size(), 1024u);
  for (const json& value : {json(""), json(std::string(1025, 'a')), json("a b"), json("a\nb"),
                            json("\xC3\xA5"), json(7), json(true), json::array(), json::object()}) {
    EXPECT_THAT(WhyNoAck("auth_req_id", value), HasSubstr("auth_req_id ")) << value;
  }
}

TEST(BackchannelAnswer, SecondsMayBeDigitsInAStringOrHaveAFraction) {
  EXPECT_EQ(AckWith("expires_in", "600").expires_in, absl::Seconds(600));
  EXPECT_EQ(AckWith("expires_in", 600.9).expires_in, absl::Seconds(600));
  EXPECT_EQ(AckWith("interval", "7").interval, absl::Seconds(7));
  EXPECT_EQ(AckWith("interval", 2.1).interval, absl::Seconds(3));
}

TEST(BackchannelAnswer, Section7_3_ExpiresInMustBePositive) {
  for (const json& value : {json(0), json(-1), json(0.5), json("0"), json("-600"), json(""),
                            json("10 minutes"), json("0x10"), json("nan"), json("inf"), json("1e9"),
                            json(true), json::array({600}), json::object()}) {
    EXPECT_THAT(WhyNoAck("expires_in", value), HasSubstr("expires_in ")) << value;
  }
}

TEST(BackchannelAnswer, ExpiresInIsAtMostADay) {
  for (const json& value : {json(86401), json(1e300), json(18446744073709551615u),
                            json("99999999999999999999999999999")}) {
    EXPECT_EQ(AckWith("expires_in", value).expires_in, absl::Hours(24)) << value;
  }
}

TEST(BackchannelAnswer, IntervalIsAtLeastASecond) {
  EXPECT_EQ(AckWith("interval", 0).interval, absl::Seconds(1));
  EXPECT_EQ(AckWith("interval", 0.2).interval, absl::Seconds(1));
}

TEST(BackchannelAnswer, LongIntervalIsNeverShortened) {
  EXPECT_EQ(AckWith("interval", 3600).interval, absl::Hours(1));
  EXPECT_EQ(AckWith("interval", 1e12).interval, absl::Hours(24));  // as long as a login can live
}

TEST(BackchannelAnswer, IntervalMustBeANumber) {
  for (const json& value : {json(-1), json("-5"), json("soon"), json(false), json::array()}) {
    EXPECT_THAT(WhyNoAck("interval", value), HasSubstr("interval ")) << value;
  }
}

TEST(BackchannelAnswer, BodyMustBeStrictJson) {
  for (const char* body :
       {"", "<html>", "[]", "{\"auth_req_id\":\"a\",\"auth_req_id\":\"b\",\"expires_in\":1}",
        "{\"auth_req_id\":\"\xFF\",\"expires_in\":1}"}) {
    EXPECT_NE(WhyInvalid(ReadBackchannelAnswer(Ok(std::string(body)))), "it was not invalid");
  }
}

json TokenDocument() {
  return {{"access_token", "VbbtNKfXz~J+Q/="},
          {"id_token", "eyJh.eyJp.c2ln"},
          {"token_type", "Bearer"},
          {"expires_in", 300}};
}

Outcome<TokenAnswer> ReadWith(const char* member, const json& value) {
  json document = TokenDocument();
  document[member] = value;
  return ReadTokenAnswer(Ok(document));
}

TEST(TokenAnswer, GivesWhatTheProviderSaid) {
  const auto tokens = std::get<TokenAnswer>(ReadTokenAnswer(Ok(TokenDocument())));
  EXPECT_EQ(tokens.access_token, "VbbtNKfXz~J+Q/=");
  EXPECT_EQ(tokens.id_token, "eyJh.eyJp.c2ln");
  EXPECT_EQ(tokens.expires_in, absl::Seconds(300));
}

TEST(TokenAnswer, Section10_1_1_TokenTypeIsComparedWithoutCase) {
  for (const char* type : {"bearer", "BEARER", "bEaReR"}) {
    EXPECT_TRUE(std::holds_alternative<TokenAnswer>(ReadWith("token_type", type))) << type;
  }
  for (const json& type : {json("mac"), json("DPoP"), json(""), json(7), json(nullptr)}) {
    EXPECT_THAT(WhyInvalid(ReadWith("token_type", type)), HasSubstr("token_type ")) << type;
  }
}

TEST(TokenAnswer, Section10_1_1_ExpiresInMayBeAbsent) {
  const auto tokens = std::get<TokenAnswer>(ReadWith("expires_in", nullptr));
  EXPECT_EQ(tokens.expires_in, std::nullopt);
}

TEST(TokenAnswer, ExpiresInMustMakeSenseWherePresent) {
  EXPECT_EQ(std::get<TokenAnswer>(ReadWith("expires_in", "300")).expires_in, absl::Seconds(300));
  for (const json& value : {json(0), json(-1), json("soon"), json(true)}) {
    EXPECT_THAT(WhyInvalid(ReadWith("expires_in", value)), HasSubstr("expires_in ")) << value;
  }
}

// Absent, it is the scope that was asked for; present, it is not compared: what the customer shared
// is what userinfo gives.
TEST(TokenAnswer, Section10_1_1_ScopeMayBeAbsentOrPresent) {
  ASSERT_FALSE(TokenDocument().contains("scope"));
  EXPECT_TRUE(std::holds_alternative<TokenAnswer>(ReadTokenAnswer(Ok(TokenDocument()))));
  for (const json& scope : {json("openid name"), json("openid"), json(""), json(nullptr)}) {
    EXPECT_TRUE(std::holds_alternative<TokenAnswer>(ReadWith("scope", scope))) << scope;
  }
}

TEST(TokenAnswer, Section10_1_1_AllThreeTextsAreRequired) {
  for (const char* member : {"access_token", "id_token", "token_type"}) {
    EXPECT_EQ(WhyInvalid(ReadWith(member, nullptr)), std::string(member) + " is missing");
  }
}

TEST(TokenAnswer, TheLongestAccessTokenFitsIntoTheRequestToUserinfo) {
  const std::string longest(kMaxRequestHeaderBytes - kBearerHeader.size(), 'a');
  const auto answer = ReadWith("access_token", longest);
  ASSERT_TRUE(std::holds_alternative<TokenAnswer>(answer)) << WhyInvalid(answer);
  const HttpRequest request =
      UserinfoRequest({.userinfo_endpoint = "https://api.example/userinfo"}, {.msn = "123456"},
                      std::get<TokenAnswer>(answer).access_token);
  const absl::Status sendable = CheckRequest(request);
  EXPECT_TRUE(sendable.ok()) << sendable;
  EXPECT_THAT(WhyInvalid(ReadWith("access_token", longest + "a")), HasSubstr("access_token "));
}

TEST(TokenAnswer, TokensAreBoundedVisibleAscii) {
  EXPECT_TRUE(std::holds_alternative<TokenAnswer>(ReadWith("id_token", std::string(16384, 'a'))));
  for (const char* member : {"access_token", "id_token"}) {
    for (const json& value :
         {json(""), json(std::string(16385, 'a')), json("a b"), json("a\r\nX-Evil: 1"),
          json("a\x7F"), json("\xC3\xA5"), json(7), json::array({"a"})}) {
      EXPECT_THAT(WhyInvalid(ReadWith(member, value)), HasSubstr(member)) << value;
    }
  }
}

TEST(TokenAnswer, DetailsNeverQuoteTheAnswer) {
  for (const char* member : {"access_token", "id_token", "token_type", "expires_in"}) {
    const std::string detail = WhyInvalid(ReadWith(member, "s3cret \n"));
    EXPECT_THAT(detail, HasSubstr(member));
    EXPECT_THAT(detail, Not(HasSubstr("s3cret")));
  }
}

// --- the sales unit's own access token

AccessToken OwnToken(const json& answer) {
  const auto outcome = ReadAccessTokenAnswer(Ok(answer));
  EXPECT_TRUE(std::holds_alternative<AccessToken>(outcome)) << answer;
  return std::holds_alternative<AccessToken>(outcome) ? std::get<AccessToken>(outcome)
                                                      : AccessToken{};
}

TEST(AccessTokenAnswer, LivesAsLongAsANumberOrAStringSays) {
  const json answer = {{"token_type", "Bearer"}, {"access_token", "eyJ.a.b"}};
  EXPECT_EQ(OwnToken(answer).text.Reveal(), "eyJ.a.b");
  EXPECT_EQ(OwnToken(With(answer, "expires_in", "86398")).life, absl::Seconds(86398));
  EXPECT_EQ(OwnToken(With(answer, "expires_in", 3599)).life, absl::Seconds(3599));
  EXPECT_EQ(OwnToken(With(answer, "expires_in", 1e9)).life, absl::Hours(24));
  EXPECT_EQ(OwnToken(answer).life, absl::Minutes(10)) << "where nothing is said";
}

TEST(AccessTokenAnswer, TheLongestFitsIntoTheRequestsThatItIsFor) {
  const std::string longest(kMaxRequestHeaderBytes - kBearerHeader.size(), 'a');
  const AccessToken token = OwnToken({{"access_token", longest}});
  HttpRequest request = GetRequest("https://api.example/");
  const SalesUnit unit = {.subscription_key = Secret("subscription")};
  AddAccessToken(Requester(unit, token.text), request);
  const absl::Status sendable = CheckRequest(request);
  EXPECT_TRUE(sendable.ok()) << sendable;
  const auto longer = ReadAccessTokenAnswer(Ok(json{{"access_token", longest + "a"}}));
  EXPECT_TRUE(std::holds_alternative<InvalidAnswer>(longer));
}

TEST(AccessTokenAnswer, ThatCannotBeAHeaderIsInvalid) {
  for (const json& text : {json(""), json("a b"), json("a\r\nX: y"), json(7), json(nullptr),
                           json(std::string(17 << 10, 'a'))}) {
    const auto outcome = ReadAccessTokenAnswer(Ok(json{{"access_token", text}}));
    EXPECT_TRUE(std::holds_alternative<InvalidAnswer>(outcome)) << text.dump().substr(0, 40);
  }
}

// --- whether a user exists

TEST(UserExistsAnswer, IsTrueOrFalseAndNothingElse) {
  for (const bool exists : {true, false}) {
    const auto outcome = ReadUserExistsAnswer(Ok(json{{"exists", exists}, {"more", 1}}));
    ASSERT_TRUE(std::holds_alternative<UserExists>(outcome));
    EXPECT_EQ(std::get<UserExists>(outcome).exists, exists);
  }
  for (const json& exists : {json("false"), json(0), json(nullptr), json::array({false})}) {
    EXPECT_TRUE(
        std::holds_alternative<InvalidAnswer>(ReadUserExistsAnswer(Ok(json{{"exists", exists}}))))
        << exists;
  }
  EXPECT_TRUE(std::holds_alternative<InvalidAnswer>(ReadUserExistsAnswer(Ok(json::object()))));
}

}  // namespace
}  // namespace cibad
