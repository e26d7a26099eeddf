// The webhooks of the sandbox's sales units: what is registered, and the pings that are delivered
// when a customer has decided, on a thread of their own.

#ifndef CIBAD_TESTS_SANDBOX_WEBHOOKS_H_
#define CIBAD_TESTS_SANDBOX_WEBHOOKS_H_

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cibad {

constexpr absl::string_view kPingEvent = "login.merchant-initiated.ping.v1";

struct WebhookRegistration {
  std::string id;
  std::string msn;
  std::string url;
  std::string secret;  // shown once
};

enum class PingMode {
  kSigned,
  kRepeated,        // each delivery comes three times
  kWrongSignature,  // signed with a secret that was never given
  kNone,
};

// What became of deliveries. One that is not answered 200 is tried again every 2 seconds, four
// times; each try counts.
struct PingCounts {
  int64_t accepted = 0;  // answered 200
  int64_t refused = 0;   // answered otherwise
  int64_t failed = 0;    // not answered
};

// Thread-safe.
class Webhooks {
 public:
  // Vipps' limit per event type and sales unit.
  static constexpr size_t kMostOfOne = 25;

  Webhooks();
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  // INVALID_ARGUMENT: the URL is not https. RESOURCE_EXHAUSTED: there are 25.
  absl::StatusOr<WebhookRegistration> Register(const std::string& msn, const std::string& url);
  std::vector<WebhookRegistration> Of(const std::string& msn) const;
  // Whether there was one.
  bool Delete(const std::string& msn, const std::string& id);

  void SetMode(PingMode mode);
  // HOST:PORT, plain HTTP, that stands for the proxy of every registered URL. Empty, as at first:
  // deliveries go to the URL itself, where it is on loopback.
  void DeliverTo(const std::string& address);

  // Has every webhook of the sales unit pinged at that time. An empty sales unit means all.
  void Ping(const std::string& msn, const std::string& auth_req_id, absl::Time time);

  PingCounts Counts() const;

 private:
  struct Delivery {
    WebhookRegistration to;
    std::string auth_req_id;
    int tries_left = 5;
    bool is_forged = false;
  };

  void Run();
  void Settle(Delivery delivery, int status);

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<WebhookRegistration> registrations_;
  std::multimap<absl::Time, Delivery> queue_;
  PingMode mode_ = PingMode::kSigned;
  std::string deliver_to_;
  PingCounts counts_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_WEBHOOKS_H_
