#include "tests/sandbox/answer.h"

#include <cassert>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr size_t kHugeBytes = size_t{2} << 20;
constexpr size_t kDeepLevels = 100'000;

constexpr absl::string_view kHtmlPage =
    "<!DOCTYPE html>\n<html><head><title>Gateway</title></head>"
    "<body><h1>The gateway could not handle the request</h1></body></html>\n";

constexpr absl::string_view kProblem =
    R"({"type":"https://example.com/problems/sandbox","title":"The sandbox was told to fail",)"
    R"("detail":"This test number gets no better answer.","traceId":"00-5a6db0c5-sandbox-01"})";

std::string RetryAfterText(const RetryAfter& retry_after, absl::Time now) {
  if (!retry_after.as_http_date) return absl::StrCat(retry_after.seconds);
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now + absl::Seconds(retry_after.seconds),
                          absl::UTCTimeZone());
}

std::string OAuthErrorBody(const EndpointFailure& failure) {
  nlohmann::ordered_json body = nlohmann::ordered_json::object();
  if (*failure.error != '\0') body["error"] = failure.error;
  if (*failure.error_code != '\0') body["error_code"] = failure.error_code;
  body["error_description"] = "The sandbox was told to answer this to this phone number.";
  return body.dump();
}

// `{"a":1}` becomes `{"a":1,"member":value}`, whether or not the member is there already.
std::string WithMember(const std::string& json, absl::string_view member, absl::string_view value) {
  assert(json.size() >= 2 && json.back() == '}');
  const char* comma = json == "{}" ? "" : ",";
  return absl::StrCat(json.substr(0, json.size() - 1), comma, "\"", member, "\":", value, "}");
}

std::string WithoutMember(const std::string& json, const char* member) {
  nlohmann::ordered_json object = nlohmann::ordered_json::parse(json, nullptr, false);
  object.erase(member);
  return object.dump();
}

}  // namespace

Answer JsonAnswer(int status, std::string json) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json;charset=UTF-8"},
                      {"Cache-Control", "no-store"},
                      {"Pragma", "no-cache"}},
          .body = std::move(json)};
}

Answer ErrorAnswer(int status, absl::string_view error, absl::string_view description) {
  const nlohmann::ordered_json body = {{"error", std::string(error)},
                                       {"error_description", std::string(description)}};
  return JsonAnswer(status, body.dump());
}

Answer FailureAnswer(const EndpointFailure& failure, absl::Time now) {
  Answer answer = JsonAnswer(failure.status, "");
  answer.delivery = failure.delivery;
  if (failure.retry_after.seconds > 0) {
    answer.headers.emplace("Retry-After", RetryAfterText(failure.retry_after, now));
  }
  switch (failure.body) {
    case FailureBody::kOAuthError:
      answer.body = OAuthErrorBody(failure);
      break;
    case FailureBody::kProblemJson:
      answer.headers.find("Content-Type")->second = "application/problem+json";
      answer.body = std::string(kProblem);
      break;
    case FailureBody::kGateway:
      answer.headers.emplace("X-Request-Id", "5a6db0c5-gateway-01");
      answer.body = absl::StrCat("{\"statusCode\":", failure.status,
                                 ",\"message\":\"The sandbox's gateway refuses.\"}");
      break;
    case FailureBody::kHtmlPage:
      answer.headers.find("Content-Type")->second = "text/html";
      answer.body = std::string(kHtmlPage);
      break;
    case FailureBody::kNothing:
      answer.headers.erase("Content-Type");
      break;
  }
  return answer;
}

Answer Spoil(Answer good, const EndpointBehaviour& behaviour) {
  good.body = Distort(good.body, behaviour.fault);
  if (behaviour.fault.distortion == Distortion::kHtmlPage) {
    good.headers.find("Content-Type")->second = "text/html";
  }
  good.delivery = behaviour.delivery;
  good.delay = behaviour.delay;
  return good;
}

std::string Distort(const std::string& json, const AnswerFault& fault) {
  switch (fault.distortion) {
    case Distortion::kNone:
      break;
    case Distortion::kOptionalMemberMissing:
    case Distortion::kRequiredMemberMissing:
      return WithoutMember(json, fault.member);
    case Distortion::kOtherSpelling:
    case Distortion::kWrongValue:
      return WithMember(WithoutMember(json, fault.member), fault.member, fault.value);
    case Distortion::kMemberTwice:
      return WithMember(json, fault.member, fault.value);
    case Distortion::kNotJson:
      return "auth_req_id=1&access_token=2";
    case Distortion::kHtmlPage:
      return std::string(kHtmlPage);
    case Distortion::kEmpty:
      return "";
    case Distortion::kArray:
      return absl::StrCat("[", json, "]");
    case Distortion::kTruncated:
      return json.substr(0, json.size() / 2);
    case Distortion::kNotUtf8:
      return WithMember(json, "extra", "\"\xC3\x28\xFF\"");
    case Distortion::kHuge:
      return WithMember(json, "extra", absl::StrCat("\"", std::string(kHugeBytes, 'x'), "\""));
    case Distortion::kDeep:
      return WithMember(json, "extra",
                        std::string(kDeepLevels, '[') + std::string(kDeepLevels, ']'));
  }
  return json;
}

}  // namespace cibad
