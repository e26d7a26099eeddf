// Manages a sales unit's webhooks at the provider, for the operator's command line. Each call gets
// an access token, makes one request, and is done; nothing is repeated and nothing is kept.

#ifndef CIBAD_SERVER_ENGINE_WEBHOOK_CALLS_H_
#define CIBAD_SERVER_ENGINE_WEBHOOK_CALLS_H_

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/access_tokens.h"
#include "server/http/http_client.h"
#include "server/provider/webhook_api.h"

namespace cibad {

class WebhookCalls {
 public:
  static constexpr int kMostAtOnce = 4;  // more are refused with RESOURCE_EXHAUSTED

  template <typename Answer>
  using Done = std::function<void(Answer)>;

  // `http` and `tokens` belong to the same thread.
  WebhookCalls(std::string issuer, HttpClient* http, AccessTokens* tokens)
      : issuer_(std::move(issuer)), http_(http), tokens_(tokens) {}

  // From any thread; `done` is called once, from that of the tokens. FAILED_PRECONDITION: the sales
  // unit has no subscription key, or its keys are refused. The others as in webhook_api.h.
  void Register(const SalesUnit& unit, const std::string& url,
                const Done<absl::StatusOr<NewWebhook>>& done);
  void List(const SalesUnit& unit,
            const Done<absl::StatusOr<std::vector<RegisteredWebhook>>>& done);
  void Delete(const SalesUnit& unit, const std::string& id, const Done<absl::Status>& done);

 private:
  using Build = std::function<HttpRequest(const Requester&)>;

  template <typename Answer>
  void Call(const SalesUnit& unit, Build build, Answer (*read)(const HttpResult&),
            Done<Answer> done);

  const std::string issuer_;
  HttpClient* const http_;
  AccessTokens* const tokens_;
  std::atomic<int> calls_ = 0;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_WEBHOOK_CALLS_H_
