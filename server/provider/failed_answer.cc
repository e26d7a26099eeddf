#include "server/provider/failed_answer.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/provider/response_headers.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

using nlohmann::json;

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

// A trace id is for the provider's support and must stay whole.
std::string CleanTraceId(absl::string_view text) {
  constexpr size_t kMaxBytes = 64;
  std::string clean;
  for (const char c : text.substr(0, kMaxBytes)) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == ':' || c == '.') {
      clean.push_back(c);
    }
  }
  return clean;
}

// An OAuth error (RFC 6749 5.2, CIBA 11 and 13) or a problem (RFC 7807), or both in one.
ErrorBody ReadErrorBody(const HttpResponse& response) {
  const absl::StatusOr<json> body = ParseJsonObject(response.body);
  if (!body.ok()) return {};
  ErrorBody read;
  read.code = CleanProviderCode(ChooseCode(TextOf(*body, "error"), TextOf(*body, "error_code")));
  std::vector<std::string> details;
  for (const char* name : {"error_description", "title", "detail"}) {
    if (std::string text = CleanDetail(TextOf(*body, name)); !text.empty()) {
      details.push_back(std::move(text));
    }
  }
  if (std::string trace = CleanTraceId(TextOf(*body, "traceId")); !trace.empty()) {
    details.push_back(absl::StrCat("traceId ", trace));
  }
  read.is_understood =
      !read.code.empty() || !details.empty() ||
      absl::StartsWithIgnoreCase(FindHeader(response, "content-type"), "application/problem+json");
  read.detail = absl::StrJoin(details, "; ");
  return read;
}

// "HTTP 503: server_error; Something broke; traceId 4711"
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
    return InvalidAnswer{
        absl::StrCat("HTTP ", response.status, " without an error that can be understood")};
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
  return InvalidAnswer{absl::StrCat("HTTP ", response.status, " where 200 is expected")};
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
