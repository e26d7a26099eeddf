#include "server/engine/ping_receiver.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

constexpr absl::Duration kLogInterval = absl::Minutes(1);  // between two lines about refusals

ServerResponse Respond(int status, absl::string_view body) {
  ServerResponse response;
  response.status = status;
  response.body = std::string(body);
  return response;
}

ServerResponse TooMany() {
  ServerResponse response = Respond(429, "Too many requests\n");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// Who the proxy in front says has sent it: the last, which it has added itself. Empty: nobody.
std::string SourceOf(const ServerRequest& request) {
  constexpr size_t kMaxBytes = 64;
  absl::string_view last;
  for (const auto& [name, value] : request.headers) {
    if (name == "x-forwarded-for") last = value;
  }
  last = absl::StripAsciiWhitespace(last.substr(last.rfind(',') + 1));
  return std::string(last.substr(0, kMaxBytes));
}

}  // namespace

bool TokenBucket::HasOne(absl::Time now) {
  const double seconds = absl::ToDoubleSeconds(std::max(now - time_, absl::ZeroDuration()));
  tokens_ = std::min(burst_, tokens_ + seconds * per_second_);
  time_ = std::max(time_, now);
  return tokens_ >= 1;
}

PingReceiver::PingReceiver(Clock clock, OnPing on_ping)
    : clock_(std::move(clock)),
      on_ping_(std::move(on_ping)),
      webhooks_(std::make_shared<const Webhooks>()),
      deliveries_(kDeliveriesPerSecond, kDeliveriesPerSecond) {}

void PingReceiver::SetSalesUnits(const SalesUnits& sales_units) {
  auto webhooks = std::make_shared<Webhooks>();
  for (const auto& [msn, unit] : sales_units) {
    if (unit.webhook.has_value())
      webhooks->emplace(unit.webhook->path, Webhook{msn, *unit.webhook});
  }
  const std::lock_guard lock(mutex_);
  webhooks_ = std::move(webhooks);
}

std::shared_ptr<const PingReceiver::Webhooks> PingReceiver::webhooks() const {
  const std::lock_guard lock(mutex_);
  return webhooks_;
}

std::optional<ServerResponse> PingReceiver::Admit(const ServerRequest& request) {
  const std::string source = SourceOf(request);
  const absl::Time now = clock_();
  const std::lock_guard lock(mutex_);
  // What is refused for itself does not count against the others.
  if (webhooks_->find(request.path) == webhooks_->end()) return Respond(404, "Not found\n");
  const auto forgeries = forgeries_.find(source);
  if (forgeries != forgeries_.end() && !forgeries->second.HasOne(now)) return TooMany();
  if (!deliveries_.HasOne(now)) return TooMany();
  deliveries_.Take();
  return std::nullopt;
}

ServerResponse PingReceiver::Answer(const ServerRequest& request) {
  const std::shared_ptr<const Webhooks> now = webhooks();
  const auto webhook = now->find(request.path);
  if (webhook == now->end()) return Respond(404, "Not found\n");
  const absl::Status proof = Verify(request, webhook->second.endpoint);
  if (!proof.ok()) return Refuse(request, webhook->second, proof);
  const absl::StatusOr<std::string> auth_req_id = ReadPing(request.body);
  if (!auth_req_id.ok()) {
    Log(LogLevel::kWarning, "A webhook delivery is rightly signed, but is no ping",
        {{"sales_unit", webhook->second.sales_unit}, {"error", auth_req_id.status().message()}});
    return Respond(400, "Not a ping\n");
  }
  ++accepted_;
  on_ping_(webhook->second.sales_unit, *auth_req_id);
  return Respond(200, "");  // also where nobody knows the auth_req_id: it is not to be sent again
}

absl::Status PingReceiver::Verify(const ServerRequest& request,
                                  const WebhookEndpoint& endpoint) const {
  const auto date = OnlyHeader(request, "x-ms-date");
  if (!date.ok()) return date.status();
  const auto hash = OnlyHeader(request, "x-ms-content-sha256");
  if (!hash.ok()) return hash.status();
  const auto authorization = OnlyHeader(request, "authorization");
  if (!authorization.ok()) return authorization.status();
  return VerifyDelivery({*date, *hash, *authorization, request.body}, endpoint);
}

ServerResponse PingReceiver::Refuse(const ServerRequest& request, const Webhook& webhook,
                                    const absl::Status& status) {
  ++refused_;
  const absl::Time now = clock_();
  int64_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    CountForgery(SourceOf(request), now);
    ++unlogged_;
    if (now >= next_log_) {
      next_log_ = now + kLogInterval;
      count = std::exchange(unlogged_, 0);
    }
  }
  if (count > 0) {
    Log(LogLevel::kWarning, "Webhook deliveries are refused",
        {{"sales_unit", webhook.sales_unit}, {"count", count}, {"last", status.message()}});
  }
  return Respond(401, "Not signed by the provider\n");
}

void PingReceiver::CountForgery(const std::string& source, absl::Time now) {
  if (source.empty()) return;
  if (forgeries_.size() >= kMostSources && forgeries_.find(source) == forgeries_.end()) {
    for (auto place = forgeries_.begin(); place != forgeries_.end();) {
      place = place->second.IsFull(now) ? forgeries_.erase(place) : std::next(place);
    }
    // More sources at once than are remembered: the limit of all deliveries is left.
    if (forgeries_.size() >= kMostSources) return;
  }
  TokenBucket& bucket =
      forgeries_.try_emplace(source, kMostForgeriesAtOnce, kForgeriesPerSecond).first->second;
  if (bucket.HasOne(now)) bucket.Take();
}

}  // namespace cibad
