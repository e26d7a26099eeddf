#include "server/provider/webhook_api.h"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/provider/failed_answer.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

constexpr char kWebhooksPath[] = "/webhooks/v1/webhooks";
constexpr char kPingEvent[] = "login.merchant-initiated.ping.v1";
constexpr size_t kMaxWebhookIdBytes = 64;
constexpr size_t kMaxWebhookSecretBytes = 1024;
constexpr size_t kMaxWebhooks = 1000;
constexpr absl::Duration kAnswerLimit = absl::Seconds(8);  // an operator waits for it

HttpRequest WebhookRequest(absl::string_view issuer, const Requester& caller, HttpMethod method,
                           absl::string_view path_end = "") {
  HttpRequest request =
      SalesUnitRequest(AtHostOf(issuer, absl::StrCat(kWebhooksPath, path_end)), caller.sales_unit);
  request.method = method;
  request.timeout = kAnswerLimit;
  AddAccessToken(caller, request);
  return request;
}

absl::Status StatusOf(const ProviderError& error) {
  const std::string words =
      absl::StrCat("HTTP ", error.http_status, error.code.empty() ? "" : " ", error.code,
                   error.detail.empty() ? "" : ": ", error.detail);
  switch (error.http_status) {
    case 401:
    case 403:
      return absl::FailedPreconditionError(
          absl::StrCat("the provider refuses the sales unit's keys for webhooks (", words, ")"));
    case 404:
      return absl::NotFoundError("id: the provider has no such webhook");
    case 409:
    case 429:
      return absl::ResourceExhaustedError(absl::StrCat(
          "the provider takes no more: a sales unit has at most 25 webhooks (", words, ")"));
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("the provider refuses the request (", words, ")"));
  }
}

absl::Status StatusOf(const InvalidAnswer& answer) {
  return absl::InternalError(
      absl::StrCat("the provider's answer cannot be understood: ", answer.detail));
}

absl::Status StatusOf(const NoAnswer& answer) {
  return absl::UnavailableError(absl::StrCat(
      "no answer from the provider (",
      answer.http_status != 0 ? absl::StrCat("HTTP ", answer.http_status) : answer.detail,
      "); whether it did what was asked shows the list"));
}

// OK where there is an answer that says yes.
absl::Status FailureOf(const HttpResult& result) {
  const auto* response = std::get_if<HttpResponse>(&result);
  if (response != nullptr && response->status >= 200 && response->status < 300) {
    return absl::OkStatus();
  }
  if (response != nullptr && response->status == 404)
    return StatusOf(ProviderError{404, "", "", {}});
  const std::optional<FailedAnswer> failure = ReadFailure(result);
  assert(failure.has_value());
  return std::visit([](const auto& what) { return StatusOf(what); }, *failure);
}

absl::Status NotUnderstood(absl::string_view what) {
  return StatusOf(InvalidAnswer{std::string(what)});
}

absl::StatusOr<RegisteredWebhook> ReadWebhook(const nlohmann::json& entry) {
  RegisteredWebhook webhook{TextOf(entry, "id"), TextOf(entry, "url")};
  if (!CheckWebhookId(webhook.id).ok() || webhook.url.empty() || !IsVisibleAscii(webhook.url))
    return NotUnderstood("a webhook without id or url");
  return webhook;
}

}  // namespace

absl::Status CheckWebhookId(absl::string_view id) {
  const auto is_fit = [](unsigned char c) { return absl::ascii_isalnum(c) || c == '-'; };
  if (!id.empty() && id.size() <= kMaxWebhookIdBytes && std::all_of(id.begin(), id.end(), is_fit)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("id: is no id of a webhook; the list shows them");
}

HttpRequest RegisterWebhookRequest(absl::string_view issuer, const Requester& caller,
                                   absl::string_view url) {
  HttpRequest request = WebhookRequest(issuer, caller, HttpMethod::kPost);
  request.headers.Add({"Content-Type: application/json"});
  request.body = nlohmann::json{{"url", std::string(url)}, {"events", {kPingEvent}}}.dump();
  return request;
}

HttpRequest ListWebhooksRequest(absl::string_view issuer, const Requester& caller) {
  return WebhookRequest(issuer, caller, HttpMethod::kGet);
}

HttpRequest DeleteWebhookRequest(absl::string_view issuer, const Requester& caller,
                                 absl::string_view id) {
  assert(CheckWebhookId(id).ok());
  return WebhookRequest(issuer, caller, HttpMethod::kDelete, absl::StrCat("/", id));
}

absl::StatusOr<NewWebhook> ReadNewWebhook(const HttpResult& result) {
  if (absl::Status status = FailureOf(result); !status.ok()) return status;
  const auto object = ParseJsonObject(std::get<HttpResponse>(result).body);
  if (!object.ok()) return NotUnderstood(object.status().message());
  NewWebhook webhook{TextOf(*object, "id"), Secret::Take(TextOf(*object, "secret"))};
  if (!CheckWebhookId(webhook.id).ok()) return NotUnderstood("no id");
  const bool has_secret = !webhook.secret.empty() &&
                          webhook.secret.Reveal().size() <= kMaxWebhookSecretBytes &&
                          IsVisibleAscii(webhook.secret.Reveal());
  if (!has_secret) return NotUnderstood("no secret");
  return webhook;
}

absl::StatusOr<std::vector<RegisteredWebhook>> ReadWebhooks(const HttpResult& result) {
  if (absl::Status status = FailureOf(result); !status.ok()) return status;
  // The vendor does not say whether the list is in an object; its other lists are.
  const std::string& body = std::get<HttpResponse>(result).body;
  const bool is_array = absl::StripLeadingAsciiWhitespace(body).substr(0, 1) == "[";
  const auto object = ParseJsonObject(is_array ? absl::StrCat("{\"webhooks\":", body, "}") : body);
  if (!object.ok()) return NotUnderstood(object.status().message());
  const nlohmann::json* list = FindMember(*object, "webhooks");
  if (list == nullptr || !list->is_array() || list->size() > kMaxWebhooks)
    return NotUnderstood("no list of webhooks");
  std::vector<RegisteredWebhook> webhooks;
  for (const nlohmann::json& entry : *list) {
    absl::StatusOr<RegisteredWebhook> webhook = ReadWebhook(entry);
    if (!webhook.ok()) return webhook.status();
    webhooks.push_back(*std::move(webhook));
  }
  return webhooks;
}

absl::Status ReadDeletedWebhook(const HttpResult& result) { return FailureOf(result); }

}  // namespace cibad
