#include "server/provider/webhook_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/unit/http/header_lines.h"

namespace cibad {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kApiIssuer[] = "https://api.example:8443/access/";

SalesUnit UnitWithKey() {
  SalesUnit unit;
  unit.msn = "123456";
  unit.subscription_key = Secret("subscription-key");
  return unit;
}

HttpResult Answered(int status, const std::string& body = "") {
  HttpResponse response;
  response.status = status;
  response.headers.Add({"content-type: application/json"});
  response.body = body;
  return response;
}

TEST(WebhookApi, RequestsLieAtTheIssuersHostAndCarryTokenKeyAndSalesUnit) {
  const SalesUnit unit = UnitWithKey();
  const Requester caller{unit, Secret("token")};
  const HttpRequest made = RegisterWebhookRequest(kApiIssuer, caller, "https://a.example/hook?\"");
  EXPECT_EQ(made.method, HttpMethod::kPost);
  EXPECT_EQ(made.body,
            R"({"events":["login.merchant-initiated.ping.v1"],"url":"https://a.example/hook?\""})");
  const HttpRequest listed = ListWebhooksRequest(kApiIssuer, caller);
  EXPECT_EQ(listed.method, HttpMethod::kGet);
  const HttpRequest deleted = DeleteWebhookRequest(kApiIssuer, caller, "id-1");
  EXPECT_EQ(deleted.method, HttpMethod::kDelete);
  EXPECT_EQ(deleted.url, "https://api.example:8443/webhooks/v1/webhooks/id-1");
  for (const HttpRequest& request : {made, listed}) {
    EXPECT_EQ(request.url, "https://api.example:8443/webhooks/v1/webhooks");
  }
  for (const HttpRequest& request : {made, listed, deleted}) {
    EXPECT_THAT(Lines(request.headers), Contains("Authorization: Bearer token"));
    EXPECT_THAT(Lines(request.headers), Contains("Ocp-Apim-Subscription-Key: subscription-key"));
    EXPECT_THAT(Lines(request.headers), Contains("Merchant-Serial-Number: 123456"));
  }
}

TEST(WebhookApi, ReadsWhatWasRegistered) {
  for (const int status : {200, 201}) {
    const auto made = ReadNewWebhook(Answered(status, R"({"id":"a-1","secret":"s","more":1})"));
    ASSERT_TRUE(made.ok()) << made.status();
    EXPECT_EQ(made->id, "a-1");
    EXPECT_EQ(made->secret.Reveal(), "s");
  }
  for (const char* wrong : {"", "[]", "{}", R"({"id":"a"})", R"({"secret":"s"})",
                            R"({"id":"a/b","secret":"s"})", R"({"id":"a","secret":"s\n"})"}) {
    EXPECT_TRUE(absl::IsInternal(ReadNewWebhook(Answered(201, wrong)).status())) << wrong;
  }
}

TEST(WebhookApi, ReadsTheListInAnObjectOrAlone) {
  const std::string list =
      R"([{"id":"1","url":"https://a.example/","events":[]},{"id":"2","url":"x"}])";
  for (const std::string& body : {list, absl::StrCat(R"({"webhooks":)", list, "}")}) {
    const auto webhooks = ReadWebhooks(Answered(200, body));
    ASSERT_TRUE(webhooks.ok()) << webhooks.status();
    ASSERT_EQ(webhooks->size(), 2U);
    EXPECT_EQ((*webhooks)[0].url, "https://a.example/");
    EXPECT_EQ((*webhooks)[1].id, "2");
  }
  EXPECT_TRUE(ReadWebhooks(Answered(200, "[]"))->empty());
  for (const char* wrong : {"", "{}", R"({"webhooks":1})", R"([{"id":"1"}])", "[1]"}) {
    EXPECT_TRUE(absl::IsInternal(ReadWebhooks(Answered(200, wrong)).status())) << wrong;
  }
}

TEST(WebhookApi, EachRefusalIsAStatusOfItsOwn) {
  const auto code = [](const HttpResult& result) { return ReadDeletedWebhook(result).code(); };
  EXPECT_EQ(code(Answered(204)), absl::StatusCode::kOk);
  EXPECT_EQ(code(Answered(400, R"({"title":"Bad","detail":"url"})")),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Answered(401)), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Answered(403)), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Answered(404)), absl::StatusCode::kNotFound);
  EXPECT_EQ(code(Answered(409, R"({"title":"Too many"})")), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(Answered(429)), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(Answered(500)), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code(HttpError{absl::UnavailableError("down"), true}), absl::StatusCode::kUnavailable);
  EXPECT_EQ(code(Answered(302)), absl::StatusCode::kInternal);
}

TEST(WebhookApi, AnIdIsNoPath) {
  EXPECT_TRUE(CheckWebhookId("497f6eca-6276-4993-bfeb-53cbbbba6f08").ok());
  for (const char* wrong : {"", "a/b", "..", "a?b", "a b", "%2e"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckWebhookId(wrong))) << wrong;
  }
  EXPECT_FALSE(CheckWebhookId(std::string(65, 'a')).ok());
}

}  // namespace
}  // namespace cibad
