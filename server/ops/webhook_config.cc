#include "server/ops/webhook_config.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/ops/protected_file.h"

namespace cibad {
namespace {

std::vector<Secret> ReadWebhookSecrets(ConfigSection& section) {
  constexpr absl::string_view kKey = "webhook_secret_files";
  if (!section.Has(kKey)) section.Missing(kKey);
  const std::vector<ConfigSection::Element> files = section.Texts(
      kKey, WebhookEndpoint::kMaxSecrets, "[\"${CREDENTIALS_DIRECTORY}/webhook_secret\"]");
  if (section.ok() && files.empty()) section.Fail(kKey, "is empty; name at least one file");
  std::vector<Secret> secrets;
  for (const auto& [file, line] : files) {
    if (!section.ok()) break;
    absl::StatusOr<Secret> secret = ReadClientSecret(section.Path(file));
    if (!secret.ok()) {
      section.Fail(kKey, secret.status().message(), line);
    } else {
      secrets.push_back(*std::move(secret));
    }
  }
  return secrets;
}

}  // namespace

void ReadWebhook(ConfigSection& section, SalesUnit& unit) {
  constexpr int kDefaultFallback = 30;
  if (!section.Has("webhook_url")) {
    for (const char* key : {"webhook_secret_files", "ping_fallback_seconds"}) {
      if (section.Has(key)) section.Fail(key, "is for pings, which need a webhook_url; add it");
    }
    return;
  }
  absl::StatusOr<WebhookEndpoint> endpoint = ParseWebhookUrl(section.Text("webhook_url"));
  section.Check("webhook_url", endpoint.status());
  unit.handling.ping_fallback = absl::Seconds(
      section.Integer("ping_fallback_seconds", kDefaultFallback, {5, 300, "5 to 300"}));
  if (!endpoint.ok()) return;
  endpoint->secrets = ReadWebhookSecrets(section);
  unit.webhook = *std::move(endpoint);
}

}  // namespace cibad
