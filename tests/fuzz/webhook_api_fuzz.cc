// The answers of the webhooks API, and a webhook's URL.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/provider/webhook_api.h"
#include "server/provider/webhook_signature.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {

void FuzzWebhookApi(absl::string_view input) {
  const HttpResult result = AnswerOf(input);
  if (const absl::StatusOr<NewWebhook> made = ReadNewWebhook(result); made.ok()) {
    Require(CheckWebhookId(made->id).ok(), "an id can be part of a path");
  } else {
    RequireLogText(made.status().message(), 2048);
  }
  if (const auto webhooks = ReadWebhooks(result); webhooks.ok()) {
    for (const RegisteredWebhook& webhook : *webhooks) {
      Require(CheckWebhookId(webhook.id).ok(), "an id can be part of a path");
    }
  }
  RequireLogText(ReadDeletedWebhook(result).message(), 2048);
  const absl::StatusOr<WebhookEndpoint> endpoint = ParseWebhookUrl(input);
  if (!endpoint.ok()) return;
  const auto again =
      ParseWebhookUrl(absl::StrCat("https://", endpoint->host, endpoint->path_and_query));
  Require(again.ok() && *again == *endpoint, "a URL is read as it was written");
}

}  // namespace cibad::fuzz
