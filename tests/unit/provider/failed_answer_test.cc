// The table of failed_answer.h, through the token answer, and that the other two follow it.

#include "server/provider/failed_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/provider/answers.h"

namespace cibad {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

HttpResponse Answer(int status, const std::string& body = "", const std::string& type = "") {
  HttpResponse response;
  response.status = status;
  response.body = body;
  if (!type.empty()) response.headers.Add({"content-type: ", type});
  return response;
}

template <typename Kind>
Kind Expect(const HttpResult& result) {
  const auto failure = ReadFailure(result);
  if (!failure.has_value() || !std::holds_alternative<Kind>(*failure)) {
    ADD_FAILURE() << "another outcome";
    return Kind{};
  }
  return std::get<Kind>(*failure);
}

TEST(FailedAnswer, Http200IsNone) { EXPECT_FALSE(ReadFailure(Answer(200, "{}")).has_value()); }

TEST(FailedAnswer, NoCompleteAnswerSaysWhetherTheRequestMayHaveArrived) {
  for (const bool may_have_arrived : {false, true}) {
    const auto failure =
        Expect<NoAnswer>(HttpError{absl::UnavailableError("reset"), may_have_arrived});
    EXPECT_EQ(failure.may_have_arrived, may_have_arrived);
    EXPECT_EQ(failure.detail, "reset");
  }
}

TEST(FailedAnswer, TooLargeAnAnswerIsInvalid) {
  Expect<InvalidAnswer>(HttpError{absl::ResourceExhaustedError("more than 1 MiB"), true});
  // Whereas a request that never left, for want of room, was not answered.
  Expect<NoAnswer>(HttpError{absl::ResourceExhaustedError("queue full"), false});
}

TEST(FailedAnswer, Http5xxIsNoAnswerThatMayHaveArrived) {
  for (const int status : {500, 502, 503, 504, 599}) {
    EXPECT_TRUE(Expect<NoAnswer>(Answer(status, "<html>")).may_have_arrived) << status;
  }
}

TEST(FailedAnswer, Http5xxWithAnErrorCodeIsNoAnswerAndKeepsItForTheLog) {
  HttpResponse response =
      Answer(503, R"({"error":"access_denied","traceId":"00-0af7651916cd-01"})");
  response.headers.Add({"retry-after: 7"});
  const auto failure = Expect<NoAnswer>(response);
  EXPECT_EQ(failure.detail, "HTTP 503: access_denied; traceId 00-0af7651916cd-01");
  EXPECT_EQ(failure.retry_after, absl::Seconds(7));
}

TEST(FailedAnswer, Http408IsNoAnswer) {
  EXPECT_TRUE(Expect<NoAnswer>(Answer(408)).may_have_arrived);
}

TEST(FailedAnswer, Http429IsAnErrorWithOrWithoutCodeAndSaysHowLongToWait) {
  HttpResponse response = Answer(429, "<html>");
  response.headers.Add({"retry-after: 30"});
  auto failure = Expect<ProviderError>(response);
  EXPECT_EQ(failure.http_status, 429);
  EXPECT_EQ(failure.code, "");
  EXPECT_EQ(failure.retry_after, absl::Seconds(30));
  response.body = R"({"error":"too_many"})";
  EXPECT_EQ(Expect<ProviderError>(response).code, "too_many");
}

TEST(FailedAnswer, OAuthErrorGivesCodeAndDescription) {
  const auto failure = Expect<ProviderError>(
      Answer(400, R"({"error":"authorization_pending","error_description":"not yet"})"));
  EXPECT_EQ(failure.http_status, 400);
  EXPECT_EQ(failure.code, "authorization_pending");
  EXPECT_EQ(failure.detail, "not yet");
  EXPECT_EQ(failure.retry_after, std::nullopt);
}

// What is kept of one answer to know it again is never taken for another.
TEST(FailedAnswer, EachAnswerIsReadForItself) {
  const auto describe = [](const std::string& body) {
    const auto error = Expect<ProviderError>(Answer(400, body));
    return absl::StrCat(error.code, " ", error.detail);
  };
  for (int turn = 0; turn < 2; ++turn) {
    for (const std::string text : {"one", "another"}) {
      const std::string pending =
          R"({"error":"authorization_pending","error_description":")" + text + R"("})";
      EXPECT_EQ(describe(pending), "authorization_pending " + text);
      EXPECT_EQ(describe(pending), "authorization_pending " + text);
    }
    EXPECT_EQ(describe(R"({"error":"authorization_pending"})"), "authorization_pending ");
    EXPECT_EQ(describe(R"({"error":"access_denied"})"), "access_denied ");
    EXPECT_TRUE(std::holds_alternative<InvalidAnswer>(*ReadFailure(Answer(400, ""))));
  }
}

TEST(FailedAnswer, CodeIsFoundInErrorCodeToo) {
  EXPECT_EQ(Expect<ProviderError>(Answer(400, R"({"error_code":"old_app"})")).code, "old_app");
  EXPECT_EQ(Expect<ProviderError>(Answer(400, R"({"error":"","error_code":"x"})")).code, "x");
  EXPECT_EQ(Expect<ProviderError>(Answer(400, R"({"error":{"a":1},"error_code":"x"})")).code, "x");
}

TEST(FailedAnswer, ErrorWinsOverErrorCodeUnlessVippsDocumentsTheLatter) {
  EXPECT_EQ(
      Expect<ProviderError>(Answer(400, R"({"error":"authorization_pending","error_code":"E1"})"))
          .code,
      "authorization_pending");
  for (const std::string code : {"old_app", "invalid_user"}) {
    EXPECT_EQ(Expect<ProviderError>(
                  Answer(400, R"({"error":"access_denied","error_code":")" + code + "\"}"))
                  .code,
              code);
  }
}

TEST(FailedAnswer, CodesAreCleaned) {
  const auto failure = Expect<ProviderError>(
      Answer(400, absl::StrCat(R"({"error":"<b>\u001b[31mx\n)", std::string(999, 'y'), "\"}")));
  EXPECT_EQ(failure.code, absl::StrCat("b31mx", std::string(59, 'y')));
}

TEST(FailedAnswer, ProblemGivesTitleDetailAndTraceIdForTheLog) {
  const auto failure = Expect<ProviderError>(
      Answer(400, R"({"title":"Bad\r\nrequest","detail":"scope","traceId":"4bf92f35-77b34da6"})",
             "application/problem+json"));
  EXPECT_EQ(failure.code, "");
  EXPECT_EQ(failure.detail, "traceId 4bf92f35-77b34da6; Bad request; scope");
}

TEST(FailedAnswer, ALongProblemDoesNotPushItsTraceIdOffTheLogsLine) {
  std::string text;
  while (text.size() < 300) text += "many words ";
  const auto failure = Expect<ProviderError>(Answer(
      400, absl::StrCat(R"({"title":")", text, R"(","detail":")", text, R"(","traceId":"4bf9"})")));
  EXPECT_THAT(failure.detail, StartsWith("traceId 4bf9; "));
}

TEST(FailedAnswer, AnswersWithoutABodyAreTracedByTheirHeaders) {
  HttpResponse response = Answer(401);
  response.headers.Add({"x-request-id: 4bf9-1"});
  EXPECT_EQ(Expect<ProviderError>(response).detail, "x-request-id 4bf9-1");
  response.status = 404;
  EXPECT_EQ(Expect<InvalidAnswer>(response).detail,
            "HTTP 404 without an error that can be understood; x-request-id 4bf9-1");
  response.status = 302;
  EXPECT_EQ(Expect<InvalidAnswer>(response).detail,
            "HTTP 302 where 200 is expected; x-request-id 4bf9-1");
  response.status = 504;
  EXPECT_EQ(Expect<NoAnswer>(response).detail, "HTTP 504: x-request-id 4bf9-1");
  response.status = 200;
  EXPECT_THAT(std::get<InvalidAnswer>(ReadTokenAnswer(response)).detail,
              EndsWith("; x-request-id 4bf9-1"));
  EXPECT_THAT(std::get<InvalidAnswer>(ReadUserinfoAnswer(response)).detail,
              EndsWith("; x-request-id 4bf9-1"));
}

TEST(FailedAnswer, AGatewaysMessageIsUnderstood) {
  const auto failure = Expect<ProviderError>(
      Answer(422, R"({"statusCode":422,"message":"The body is not what it should be."})"));
  EXPECT_EQ(failure.http_status, 422);
  EXPECT_EQ(failure.code, "");
  EXPECT_EQ(failure.detail, "The body is not what it should be.");
}

TEST(FailedAnswer, ExtraDetailsOfVippsAreForTheLogAndMayHoldTheCode) {
  const auto failure = Expect<ProviderError>(
      Answer(400, R"({"title":"Bad Request","extraDetails":[{"name":"ErrorCode","reason":"6080"},
                      {"name":"login_hint","reason":"+47 912 34 567 is unknown"},{"name":7},7]})"));
  EXPECT_EQ(failure.code, "6080");
  EXPECT_THAT(failure.detail, StartsWith("Bad Request; login_hint: "));
  EXPECT_THAT(failure.detail, Not(HasSubstr("912")));
  const auto many = Expect<ProviderError>(
      Answer(400, absl::StrCat(R"({"title":"t","extraDetails":[{"name":"a","reason":"b"})",
                               std::string(999, ' '), R"(,{"name":"c","reason":"d"},{"name":"e"},)",
                               R"({"name":"f"},{"name":"g"},{"name":"h"}]})")));
  EXPECT_THAT(many.detail, AllOf(HasSubstr("f: "), Not(HasSubstr("g: "))));
}

TEST(FailedAnswer, ProblemMayCarryACode) {
  const auto failure = Expect<ProviderError>(
      Answer(400, R"({"title":"No","error_code":"invalid_user"})", "application/problem+json"));
  EXPECT_EQ(failure.code, "invalid_user");
  EXPECT_EQ(failure.detail, "No");
}

TEST(FailedAnswer, BareProblemIsAnErrorWithoutCode) {
  EXPECT_EQ(
      Expect<ProviderError>(Answer(400, R"({"status":400})", "application/problem+json")).code, "");
}

TEST(FailedAnswer, DetailsAreBoundedAndHidePersonsAndTokens) {
  const auto failure = Expect<ProviderError>(
      Answer(400, absl::StrCat(R"({"error":"invalid_request","error_description":")",
                               "+4791234567 1c266114-a1be-4252-8ad1 ", std::string(9999, 'a'),
                               R"( b","title":")", std::string(300, ' '), "\"}")));
  EXPECT_EQ(failure.code, "invalid_request");
  EXPECT_THAT(failure.detail, Not(HasSubstr("9123")));
  EXPECT_THAT(failure.detail, Not(HasSubstr("1c26")));
  EXPECT_LT(failure.detail.size(), 300u);
}

TEST(FailedAnswer, Http401And403AreErrorsWithoutCodeWhereTheBodySaysNothing) {
  for (const int status : {401, 403}) {
    for (const char* body : {"", "<html>", "{}", "[1]", R"({"error":7})"}) {
      const auto failure = Expect<ProviderError>(Answer(status, body));
      EXPECT_EQ(failure.http_status, status);
      EXPECT_EQ(failure.code, "");
    }
  }
}

TEST(FailedAnswer, Other4xxWithoutAnErrorIsInvalid) {
  for (const int status : {400, 404, 405, 413, 422, 499}) {
    for (const char* body : {"", "<html>proxy</html>", "{}", "[]", R"({"error":7})",
                             R"({"error":"a","error":"b"})", "{\"error\":\"\xFF\"}"}) {
      const auto failure = Expect<InvalidAnswer>(Answer(status, body));
      EXPECT_EQ(failure.detail,
                absl::StrCat("HTTP ", status, " without an error that can be understood"));
    }
  }
}

TEST(FailedAnswer, OtherStatusesAreInvalid) {
  for (const int status : {0, 100, 201, 202, 204, 206, 301, 302, 304, 307, 600, 999, -1}) {
    Expect<InvalidAnswer>(Answer(status, R"({"error":"authorization_pending"})"));
  }
}

TEST(FailedAnswer, AllThreeAnswersFollowTheTable) {
  const HttpResponse denied = Answer(403, R"({"error":"access_denied"})");
  EXPECT_EQ(std::get<ProviderError>(ReadBackchannelAnswer(denied)).code, "access_denied");
  EXPECT_EQ(std::get<ProviderError>(ReadTokenAnswer(denied)).code, "access_denied");
  EXPECT_EQ(std::get<ProviderError>(ReadUserinfoAnswer(denied)).code, "access_denied");
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(ReadBackchannelAnswer(Answer(500))));
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(ReadTokenAnswer(Answer(500))));
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(ReadUserinfoAnswer(Answer(500))));
  EXPECT_TRUE(std::holds_alternative<InvalidAnswer>(ReadBackchannelAnswer(Answer(302))));
  EXPECT_TRUE(std::holds_alternative<InvalidAnswer>(ReadTokenAnswer(Answer(302))));
  EXPECT_TRUE(std::holds_alternative<InvalidAnswer>(ReadUserinfoAnswer(Answer(302))));
}

}  // namespace
}  // namespace cibad
