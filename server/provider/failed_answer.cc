#include "server/provider/failed_answer.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/provider/response_headers.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"
#include "server/provider/trace_id.h"

namespace cibad {
namespace {

using nlohmann::json;

constexpr absl::string_view kAuthorizationPending = "authorization_pending";

struct ErrorBody {
  bool is_understood = false;
  std::string code;
  std::string detail;
};

// `error` is the standard's member. Vipps documents two codes as `error_code`: where one of these
// stands, it says more than the `error` beside it.
std::string ChooseCode(const std::string& error, const std::string& error_code) {
  if (error.empty() || error_code == "old_app" || error_code == "invalid_user") return error_code;
  return error;
}

// What Vipps adds to a problem: [{"name":"login_hint","reason":"…"}, {"name":"ErrorCode",…}].
void ReadExtraDetails(const json& body, ErrorBody& read, std::vector<std::string>& details) {
  constexpr int kMostExtraDetails = 4;
  const json* list = FindMember(body, "extraDetails");
  if (list == nullptr || !list->is_array()) return;
  int left = kMostExtraDetails;
  for (const json& extra : *list) {
    if (!extra.is_object() || --left < 0) continue;
    const std::string name = CleanDetail(TextOf(extra, "name"));
    const std::string reason = TextOf(extra, "reason");
    if (name == "ErrorCode") {
      if (read.code.empty()) read.code = CleanProviderCode(reason);
    } else if (!name.empty()) {
      details.push_back(absl::StrCat(name, ": ", CleanDetail(reason)));
    }
  }
}

// An OAuth error (RFC 6749 5.2, CIBA 11 and 13), a problem (RFC 7807), or both in one; or the
// `message` of the gateway that stands before the vendor's APIs and answers 401, 403, 422 and 429
// itself.
ErrorBody ParseErrorBody(const HttpResponse& response) {
  const absl::StatusOr<json> body = ParseJsonObject(response.body);
  ErrorBody read;
  std::vector<std::string> details;
  if (body.ok()) {
    read.code = CleanProviderCode(ChooseCode(TextOf(*body, "error"), TextOf(*body, "error_code")));
    for (const char* name : {"error_description", "title", "detail", "message"}) {
      if (std::string text = CleanDetail(TextOf(*body, name)); !text.empty()) {
        details.push_back(std::move(text));
      }
    }
    ReadExtraDetails(*body, read, details);
    read.is_understood = !read.code.empty() || !details.empty() ||
                         absl::StartsWithIgnoreCase(response.headers.Find("content-type"),
                                                    "application/problem+json");
  }
  if (read.code != kAuthorizationPending) {  // about which nobody asks
    std::string trace = FindTraceId(response, body.ok() ? &*body : nullptr);
    // First, because the end of a long line is not logged.
    if (!trace.empty()) details.insert(details.begin(), std::move(trace));
  }
  read.detail = absl::StrJoin(details, "; ");
  return read;
}

// The answer that comes most often by far, thousands of times a second, is the same each time. It
// says nothing of its customer, and what is read of it depends on nothing but its body; so it is
// read once, and then known by its bytes.
ErrorBody ReadErrorBody(const HttpResponse& response) {
  constexpr size_t kLongestKnownBody = 256;
  thread_local std::string known_body;
  thread_local ErrorBody known;
  if (!known_body.empty() && response.body == known_body) return known;
  ErrorBody read = ParseErrorBody(response);
  if (read.code == kAuthorizationPending && response.body.size() <= kLongestKnownBody) {
    known_body = response.body;
    known = read;
  }
  return read;
}

// "HTTP 503: server_error; traceId 4711; Something broke"
std::string DescribeFailure(int status, const ErrorBody& body) {
  std::vector<absl::string_view> parts;
  if (!body.code.empty()) parts.push_back(body.code);
  if (!body.detail.empty()) parts.push_back(body.detail);
  return absl::StrCat("HTTP ", status, parts.empty() ? "" : ": ", absl::StrJoin(parts, "; "));
}

FailedAnswer ReadHttpError(const HttpError& error) {
  // An answer that was too large to be read did come, and asking again brings no smaller one.
  if (absl::IsResourceExhausted(error.status) && error.may_have_arrived) {
    return InvalidAnswer{absl::StrCat("too large: ", error.status.message())};
  }
  return NoAnswer{.may_have_arrived = error.may_have_arrived,
                  .detail = std::string(error.status.message())};
}

FailedAnswer ReadClientError(const HttpResponse& response) {
  ErrorBody body = ReadErrorBody(response);
  const bool needs_no_body =
      response.status == 401 || response.status == 403 || response.status == 429;
  if (!body.is_understood && !needs_no_body) {
    return Misunderstood(response, absl::StrCat("HTTP ", response.status,
                                                " without an error that can be understood"));
  }
  return ProviderError{response.status, std::move(body.code), std::move(body.detail),
                       RetryAfter(response)};
}

}  // namespace

std::optional<FailedAnswer> ReadFailure(const HttpResult& result) {
  if (const auto* error = std::get_if<HttpError>(&result)) return ReadHttpError(*error);
  const auto& response = std::get<HttpResponse>(result);
  if (response.status == 200) return std::nullopt;
  const bool is_server_error = response.status >= 500 && response.status <= 599;
  if (is_server_error || response.status == 408) {
    return NoAnswer{.may_have_arrived = true,
                    .http_status = response.status,
                    .retry_after = RetryAfter(response),
                    .detail = DescribeFailure(response.status, ReadErrorBody(response))};
  }
  if (response.status >= 400 && response.status <= 499) return ReadClientError(response);
  return Misunderstood(response, absl::StrCat("HTTP ", response.status, " where 200 is expected"));
}

InvalidAnswer Misunderstood(const HttpResponse& response, absl::string_view why) {
  const absl::StatusOr<json> body = ParseJsonObject(response.body);
  const std::string trace = FindTraceId(response, body.ok() ? &*body : nullptr);
  return {absl::StrCat(why, trace.empty() ? "" : "; ", trace)};
}

absl::StatusOr<json> ReadPublishedObject(const HttpResult& result) {
  if (const auto* error = std::get_if<HttpError>(&result)) {
    return absl::UnavailableError(error->status.message());
  }
  const auto& response = std::get<HttpResponse>(result);
  if (response.status != 200) {
    return absl::UnavailableError(absl::StrCat("HTTP ", response.status, " where 200 is expected"));
  }
  return ParseJsonObject(response.body);
}

}  // namespace cibad
