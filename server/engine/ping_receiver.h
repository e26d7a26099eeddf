// Takes the provider's pings: answers what the HTTP listener brings, and passes on what is proven.
// It decides by the request's path whose sales unit's it is, has the signature checked over the raw
// body (provider/webhook_signature.h) before anything is parsed, and bounds what hostile senders
// cost. Thread-safe: the listener asks from several threads at once.

#ifndef CIBAD_SERVER_ENGINE_PING_RECEIVER_H_
#define CIBAD_SERVER_ENGINE_PING_RECEIVER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/time/time.h"
#include "server/http/clock.h"
#include "server/http/http_listener.h"
#include "server/provider/sales_unit.h"
#include "server/provider/webhook_signature.h"

namespace cibad {

// So many at once, and so many a second after that.
class TokenBucket {
 public:
  TokenBucket(double burst, double per_second) : burst_(burst), per_second_(per_second) {}

  // Whether there is one left; `now` must not run backwards by much.
  bool HasOne(absl::Time now);
  void Take() { tokens_ -= 1; }
  bool IsFull(absl::Time now) { return HasOne(now) && tokens_ >= burst_; }

 private:
  double burst_;
  double per_second_;
  double tokens_ = burst_;
  absl::Time time_ = absl::InfinitePast();
};

class PingReceiver {
 public:
  // Deliveries in all; more are answered 429 before their body is read.
  static constexpr double kDeliveriesPerSecond = 2000;
  // Deliveries that are not proven, from one source; a source that has sent more is answered 429
  // unseen. A source is what the proxy in front names last in X-Forwarded-For. Where it names none
  // sources cannot be told apart, and none is shut out for what another sends.
  static constexpr double kForgeriesPerSecond = 1;
  static constexpr double kMostForgeriesAtOnce = 10;
  static constexpr size_t kMostSources = 1024;

  using OnPing = std::function<void(const std::string& sales_unit, const std::string& auth_req_id)>;

  // `on_ping` must not wait for anything.
  PingReceiver(Clock clock, OnPing on_ping);

  // The sales units whose webhooks are answered from now on, with their secrets.
  void SetSalesUnits(const SalesUnits& sales_units);

  // For HttpHandler.
  std::optional<ServerResponse> Admit(const ServerRequest& request);
  ServerResponse Answer(const ServerRequest& request);

  int64_t accepted() const { return accepted_; }
  int64_t refused() const { return refused_; }

 private:
  struct Webhook {
    std::string sales_unit;
    WebhookEndpoint endpoint;
  };
  using Webhooks = std::unordered_map<std::string, Webhook>;  // by path

  std::shared_ptr<const Webhooks> webhooks() const;
  absl::Status Verify(const ServerRequest& request, const WebhookEndpoint& endpoint) const;
  ServerResponse Refuse(const ServerRequest& request, const Webhook& webhook,
                        const absl::Status& status);
  void CountForgery(const std::string& source, absl::Time now);

  const Clock clock_;
  const OnPing on_ping_;
  std::atomic<int64_t> accepted_ = 0;
  std::atomic<int64_t> refused_ = 0;

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Webhooks> webhooks_;
  TokenBucket deliveries_;
  std::unordered_map<std::string, TokenBucket> forgeries_;  // by source
  absl::Time next_log_ = absl::InfinitePast();
  int64_t unlogged_ = 0;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_PING_RECEIVER_H_
