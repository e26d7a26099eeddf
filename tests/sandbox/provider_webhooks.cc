// The sandbox's webhooks API (/webhooks/v1/webhooks), as strict as the real one, and the controls
// over its pings.

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/sandbox/answer.h"
#include "tests/sandbox/provider.h"

namespace cibad {
namespace {

using WebhookJson = nlohmann::ordered_json;

Answer ProblemAnswer(int status, absl::string_view title) {
  Answer answer = JsonAnswer(status, WebhookJson{{"title", title}, {"status", status}}.dump());
  answer.headers = {{"Content-Type", "application/problem+json"}};
  return answer;
}

// The URL of a well-formed registration for pings; empty: it is none.
std::string UrlToRegister(const std::string& body) {
  const WebhookJson json = WebhookJson::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("url") || !json["url"].is_string()) return "";
  const WebhookJson events = {std::string(kPingEvent)};
  return json.contains("events") && json["events"] == events ? json["url"].get<std::string>() : "";
}

}  // namespace

Answer Provider::WebhookApi(const Request& request, absl::Time now) {
  CheckVippsHeaders(request);
  const Client& client = ClientOf(request);
  if (std::optional<Answer> refusal = RefuseApiCaller(request, client, now)) return *refusal;
  absl::string_view id = request.path;
  if (request.method == "DELETE" && absl::ConsumePrefix(&id, absl::StrCat(kWebhooksPath, "/"))) {
    if (!webhooks_.Delete(client.msn, std::string(id))) return ProblemAnswer(404, "Not Found");
    return {.status = 204};
  }
  if (request.path == kWebhooksPath && request.method == "GET") {
    WebhookJson list = WebhookJson::array();
    for (const WebhookRegistration& one : webhooks_.Of(client.msn)) {
      list.push_back({{"id", one.id}, {"url", one.url}, {"events", {std::string(kPingEvent)}}});
    }
    return JsonAnswer(200, WebhookJson{{"webhooks", std::move(list)}}.dump());
  }
  if (request.path == kWebhooksPath && request.method == "POST") {
    return RegisterWebhook(client.msn, UrlToRegister(request.body));
  }
  return Refuse(Violation::kMalformedRequest, ProblemAnswer(405, "Method Not Allowed"));
}

Answer Provider::RegisterWebhook(const std::string& msn, const std::string& url) {
  if (url.empty()) {
    return Refuse(Violation::kMalformedRequest,
                  ProblemAnswer(400, "A registration has a url and the ping's event."));
  }
  const absl::StatusOr<WebhookRegistration> made = webhooks_.Register(msn, url);
  if (made.ok()) {
    return JsonAnswer(201, WebhookJson{{"id", made->id}, {"secret", made->secret}}.dump());
  }
  return ProblemAnswer(absl::IsResourceExhausted(made.status()) ? 409 : 400,
                       made.status().message());
}

std::optional<Answer> Provider::RefuseApiCaller(const Request& request, const Client& client,
                                                absl::Time now) {
  const bool has_key = CountHeader(request, "ocp-apim-subscription-key") == 1 &&
                       !client.subscription_key.empty() &&
                       HeaderValue(request, "ocp-apim-subscription-key") == client.subscription_key;
  const absl::string_view token = BearerToken(request);
  if (has_key && api_tokens_.Check(token, client, now) == ApiTokenVerdict::kGood) {
    return std::nullopt;
  }
  if (token.empty() || !has_key) state_.Count(Violation::kClientAuthentication);
  return ProblemAnswer(401, "Unauthorized");
}

Answer Provider::ControlPings(const Request& request) {
  absl::string_view path = request.path;
  if (path == "/sandbox/webhooks" && request.method == "POST") {
    return RegisterWebhook(settings_.clients.front().msn, request.body);
  }
  if (path == "/sandbox/pings" && request.method == "GET") {
    const PingCounts counts = webhooks_.Counts();
    return JsonAnswer(200, WebhookJson{{"accepted", counts.accepted},
                                       {"refused", counts.refused},
                                       {"failed", counts.failed}}
                               .dump());
  }
  const bool is_post = request.method == "POST";
  if (is_post && absl::ConsumePrefix(&path, "/sandbox/pings/to/")) {
    webhooks_.DeliverTo(std::string(path));
    return JsonAnswer(200, "{}");
  }
  static constexpr std::array<std::pair<absl::string_view, PingMode>, 4> kModes = {
      {{"/sandbox/pings/signed", PingMode::kSigned},
       {"/sandbox/pings/repeated", PingMode::kRepeated},
       {"/sandbox/pings/wrong-signature", PingMode::kWrongSignature},
       {"/sandbox/pings/none", PingMode::kNone}}};
  for (const auto& [name, mode] : kModes) {
    if (!is_post || path != name) continue;
    webhooks_.SetMode(mode);
    return JsonAnswer(200, "{}");
  }
  return ErrorAnswer(404, "not_found", "There is nothing at this path; tests/sandbox/README.md.");
}

}  // namespace cibad
