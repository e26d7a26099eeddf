#include "server/engine/webhook_calls.h"

#include <variant>

namespace cibad {

template <typename Answer>
void WebhookCalls::Call(const SalesUnit& unit, Build build, Answer (*read)(const HttpResult&),
                        Done<Answer> done) {
  if (unit.subscription_key.empty()) {
    return done(absl::FailedPreconditionError(
        "the sales unit has no subscription_key_file in the daemon's config, which webhooks need"));
  }
  if (++calls_ > kMostAtOnce) {
    --calls_;
    return done(absl::ResourceExhaustedError("other calls about webhooks are under way"));
  }
  const auto finish = [this, done = std::move(done)](Answer answer) {
    --calls_;
    done(std::move(answer));
  };
  tokens_->Get(
      unit, [this, unit, build = std::move(build), read, finish](const AccessTokens::Found& token) {
        if (!token.ok()) return finish(token.status());
        http_->Send(build({unit, *token}),
                    [this, unit, token = *token, read, finish](const HttpResult& result) {
                      const auto* response = std::get_if<HttpResponse>(&result);
                      if (response != nullptr && response->status == 401)
                        tokens_->Refuse(unit, token);
                      finish(read(result));
                    });
      });
}

void WebhookCalls::Register(const SalesUnit& unit, const std::string& url,
                            const Done<absl::StatusOr<NewWebhook>>& done) {
  Call<absl::StatusOr<NewWebhook>>(
      unit,
      [this, url](const Requester& caller) { return RegisterWebhookRequest(issuer_, caller, url); },
      ReadNewWebhook, done);
}

void WebhookCalls::List(const SalesUnit& unit,
                        const Done<absl::StatusOr<std::vector<RegisteredWebhook>>>& done) {
  Call<absl::StatusOr<std::vector<RegisteredWebhook>>>(
      unit, [this](const Requester& caller) { return ListWebhooksRequest(issuer_, caller); },
      ReadWebhooks, done);
}

void WebhookCalls::Delete(const SalesUnit& unit, const std::string& id,
                          const Done<absl::Status>& done) {
  Call<absl::Status>(
      unit,
      [this, id](const Requester& caller) { return DeleteWebhookRequest(issuer_, caller, id); },
      ReadDeletedWebhook, done);
}

}  // namespace cibad
