// What the daemon counts, for Prometheus: how many logins there are and how they end, what the
// provider answers, and whether logins can be made at all. No label holds anything of a person; the
// sales units' numbers are the operator's own. prometheus-cpp does the work behind metrics.cc; this
// header is light enough for every file.

#ifndef CIBAD_SERVER_OPS_METRICS_H_
#define CIBAD_SERVER_OPS_METRICS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cibad {

// Of the provider, by what is asked of it.
enum class ProviderEndpoint {
  kDiscovery,
  kKeys,
  kAccessToken,
  kUserExists,
  kBackchannel,
  kToken,
  kUserinfo
};
inline constexpr size_t kProviderEndpoints = 7;

// What came of one request to it.
enum class RequestOutcome {
  kOk,           // what was asked for
  kPending,      // authorization_pending or slow_down
  kRefused,      // an error, by the provider or a gateway before it
  kRateLimited,  // HTTP 429
  kInvalid,      // an answer that cannot be understood
  kServerError,  // HTTP 5xx or 408
  kNoAnswer,     // no connection, a broken one, or too late
};
inline constexpr size_t kRequestOutcomes = 7;

// Thread-safe.
class Metrics {
 public:
  // What is so at the moment, gathered when somebody asks.
  struct Present {
    size_t unfinished_logins = 0;
    size_t watch_streams = 0;
    bool provider_is_known = false;
    bool store_can_be_written = false;
    bool audit_can_be_written = false;
    std::map<std::string, bool> credentials_refused;  // by sales unit
    // When TLS' certificate, and the first of the callers' authorities, end; absent: there is none.
    std::optional<absl::Time> tls_certificate_end;
    std::optional<absl::Time> tls_client_ca_end;
  };

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void CountStart(const std::string& sales_unit);
  // `state` and `reason` as the API spells them; the reason is empty but where the login failed.
  void CountEnd(const std::string& sales_unit, absl::string_view state, absl::string_view reason);
  // Cheap: this comes with every poll.
  void CountRequest(ProviderEndpoint endpoint, RequestOutcome outcome);
  void CountLostAuditLine();
  void CountTurnedAwayConnection();

  // All of it, in Prometheus' text format.
  std::string Text(const Present& present);

 private:
  struct Instruments;
  const std::unique_ptr<Instruments> instruments_;
};

// The content type of Metrics::Text.
inline constexpr char kMetricsContentType[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_METRICS_H_
