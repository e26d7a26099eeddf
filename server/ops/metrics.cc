#include "server/ops/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <mutex>

namespace cibad {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Registry;

// In the order of the enumerations.
constexpr std::array<const char*, kProviderEndpoints> kEndpointLabels = {
    "discovery", "keys", "access_token", "user_exists", "backchannel", "token", "userinfo"};
constexpr std::array<const char*, kRequestOutcomes> kOutcomeLabels = {
    "ok", "pending", "refused", "rate_limited", "invalid", "server_error", "no_answer"};

Family<Counter>& NewCounters(Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}

Family<Gauge>& NewGauges(Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

struct Metrics::Instruments {
  // A gauge that is there only while there is something to tell.
  class TimeGauge {
   public:
    TimeGauge(Registry& registry, const char* name, const char* help)
        : family_(NewGauges(registry, name, help)) {}

    void Set(const std::optional<absl::Time>& time) {
      if (!time.has_value()) {
        if (gauge_ != nullptr) family_.Remove(gauge_);
        gauge_ = nullptr;
        return;
      }
      if (gauge_ == nullptr) gauge_ = &family_.Add({});
      gauge_->Set(static_cast<double>(absl::ToUnixSeconds(*time)));
    }

   private:
    Family<Gauge>& family_;
    Gauge* gauge_ = nullptr;
  };

  Instruments() {
    for (size_t endpoint = 0; endpoint < kProviderEndpoints; ++endpoint) {
      for (size_t outcome = 0; outcome < kRequestOutcomes; ++outcome) {
        requests[endpoint][outcome] = &requests_by_label.Add(
            {{"endpoint", kEndpointLabels[endpoint]}, {"outcome", kOutcomeLabels[outcome]}});
      }
    }
  }

  void Set(const Present& present) {
    unfinished.Set(static_cast<double>(present.unfinished_logins));
    streams.Set(static_cast<double>(present.watch_streams));
    provider_known.Set(present.provider_is_known ? 1 : 0);
    store_writable.Set(present.store_can_be_written ? 1 : 0);
    certificate_end.Set(present.tls_certificate_end);
    client_ca_end.Set(present.tls_client_ca_end);
    audit_writable.Set(present.audit_can_be_written ? 1 : 0);
    for (auto gauge = refused.begin(); gauge != refused.end();) {
      if (present.credentials_refused.contains(gauge->first)) {
        ++gauge;
      } else {
        refused_by_unit.Remove(gauge->second);
        gauge = refused.erase(gauge);
      }
    }
    for (const auto& [unit, is_refused] : present.credentials_refused) {
      Gauge*& gauge = refused[unit];
      if (gauge == nullptr) gauge = &refused_by_unit.Add({{"sales_unit", unit}});
      gauge->Set(is_refused ? 1 : 0);
    }
  }

  Registry registry;
  Family<Counter>& started =
      NewCounters(registry, "cibad_logins_started_total", "Logins that were accepted from tills.");
  Family<Counter>& ended = NewCounters(registry, "cibad_logins_ended_total",
                                       "Logins that have ended, by state and reason.");
  Family<Counter>& requests_by_label =
      NewCounters(registry, "cibad_provider_requests_total",
                  "Requests to the provider, by endpoint and what came of them.");
  Gauge& unfinished =
      NewGauges(registry, "cibad_logins_unfinished", "Logins that have not ended.").Add({});
  Gauge& streams =
      NewGauges(registry, "cibad_watch_streams", "WatchLogin streams that are open.").Add({});
  Gauge& provider_known =
      NewGauges(registry, "cibad_provider_known", "1 once discovery has succeeded.").Add({});
  Gauge& store_writable =
      NewGauges(registry, "cibad_store_writable", "1 while logins can be stored.").Add({});
  Gauge& audit_writable =
      NewGauges(registry, "cibad_audit_writable", "1 while the audit trail is written.").Add({});
  Counter& audit_lost = NewCounters(registry, "cibad_audit_lines_lost_total",
                                    "Lines of the audit trail that could not be written.")
                            .Add({});
  Counter& connections_turned_away =
      NewCounters(registry, "cibad_connections_turned_away_total",
                  "Connections of tills that were closed because their listener was full.")
          .Add({});
  Family<Gauge>& refused_by_unit =
      NewGauges(registry, "cibad_sales_unit_credentials_refused",
                "1 while the provider refuses the sales unit's credentials.");

  TimeGauge certificate_end{registry, "cibad_tls_certificate_expiry_timestamp_seconds",
                            "When the TLS certificate ends, in seconds since 1970."};
  TimeGauge client_ca_end{
      registry, "cibad_tls_client_ca_expiry_timestamp_seconds",
      "When the first of the authorities of callers' certificates ends, in seconds since 1970."};

  // Found once: nothing is looked up by name when a request is counted.
  std::array<std::array<Counter*, kRequestOutcomes>, kProviderEndpoints> requests;

  std::mutex mutex;  // guards what follows, and the gauges between being set and being read
  std::map<std::string, Gauge*> refused;
};

Metrics::Metrics() : instruments_(std::make_unique<Instruments>()) {}

Metrics::~Metrics() = default;

void Metrics::CountStart(const std::string& sales_unit) {
  instruments_->started.Add({{"sales_unit", sales_unit}}).Increment();
}

void Metrics::CountEnd(const std::string& sales_unit, absl::string_view state,
                       absl::string_view reason) {
  instruments_->ended
      .Add({{"sales_unit", sales_unit},
            {"state", std::string(state)},
            {"reason", std::string(reason)}})
      .Increment();
}

void Metrics::CountRequest(ProviderEndpoint endpoint, RequestOutcome outcome) {
  instruments_->requests[static_cast<size_t>(endpoint)][static_cast<size_t>(outcome)]->Increment();
}

void Metrics::CountLostAuditLine() { instruments_->audit_lost.Increment(); }

void Metrics::CountTurnedAwayConnection() { instruments_->connections_turned_away.Increment(); }

std::string Metrics::Text(const Present& present) {
  const std::lock_guard lock(instruments_->mutex);
  instruments_->Set(present);
  return prometheus::TextSerializer().Serialize(instruments_->registry.Collect());
}

}  // namespace cibad
