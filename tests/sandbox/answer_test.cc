#include "tests/sandbox/answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace cibad {
namespace {

constexpr const char* kGood = R"({"auth_req_id":"abc","interval":5})";

std::string Distorted(Distortion distortion, const char* member = "", const char* value = "") {
  return Distort(kGood, {distortion, member, value});
}

bool IsJson(const std::string& text) { return nlohmann::json::accept(text); }

TEST(DistortTest, LeavesAGoodAnswerAlone) { EXPECT_EQ(Distorted(Distortion::kNone), kGood); }

TEST(DistortTest, TakesAMemberAway) {
  EXPECT_EQ(Distorted(Distortion::kRequiredMemberMissing, "auth_req_id"), R"({"interval":5})");
}

TEST(DistortTest, GivesAMemberAnotherValue) {
  EXPECT_EQ(Distorted(Distortion::kWrongValue, "interval", R"("soon")"),
            R"({"auth_req_id":"abc","interval":"soon"})");
}

TEST(DistortTest, GivesTheOnlyMemberAnotherValue) {
  EXPECT_EQ(Distort(R"({"exists":true})", {Distortion::kWrongValue, "exists", "0"}),
            R"({"exists":0})");
}

TEST(DistortTest, SaysAMemberTwice) {
  EXPECT_EQ(Distorted(Distortion::kMemberTwice, "interval", "1"),
            R"({"auth_req_id":"abc","interval":5,"interval":1})");
}

TEST(DistortTest, MakesTextThatIsNoJson) {
  for (const Distortion distortion :
       {Distortion::kNotJson, Distortion::kHtmlPage, Distortion::kEmpty, Distortion::kTruncated,
        Distortion::kNotUtf8}) {
    EXPECT_FALSE(IsJson(Distorted(distortion))) << static_cast<int>(distortion);
  }
}

TEST(DistortTest, MakesJsonThatIsTooMuch) {
  const std::string huge = Distorted(Distortion::kHuge);
  EXPECT_TRUE(IsJson(huge));
  EXPECT_GT(huge.size(), size_t{1} << 20);
  const std::string deep = Distorted(Distortion::kDeep);
  EXPECT_TRUE(IsJson(deep));
  EXPECT_LT(deep.size(), size_t{1} << 20);
}

TEST(FailureAnswerTest, HasTheCodeInTheMemberThatTheNumberNames) {
  const Answer answer =
      FailureAnswer({.times = 1, .status = 400, .error_code = "old_app"}, absl::UnixEpoch());
  const nlohmann::json body = nlohmann::json::parse(answer.body);
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(body["error_code"], "old_app");
  EXPECT_FALSE(body.contains("error"));
}

TEST(FailureAnswerTest, SaysRetryAfterInSecondsOrAsADate) {
  const EndpointFailure seconds = {.times = 1, .retry_after = {30}};
  EXPECT_EQ(FailureAnswer(seconds, absl::UnixEpoch()).headers.find("Retry-After")->second, "30");
  const EndpointFailure date = {.times = 1, .retry_after = {30, true}};
  EXPECT_EQ(FailureAnswer(date, absl::UnixEpoch()).headers.find("Retry-After")->second,
            "Thu, 01 Jan 1970 00:00:30 GMT");
}

}  // namespace
}  // namespace cibad
