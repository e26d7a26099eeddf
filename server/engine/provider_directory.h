// What the provider says about itself: its endpoints (discovery) and the keys that sign its ID
// tokens (JWKS). Both are kept as long as their headers allow, refreshed in the background, and the
// old ones serve on while a refresh fails, so that no login ever waits for them or feels their
// trouble.

#ifndef CIBAD_SERVER_ENGINE_PROVIDER_DIRECTORY_H_
#define CIBAD_SERVER_ENGINE_PROVIDER_DIRECTORY_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/http/clock.h"
#include "server/http/http_client.h"
#include "server/ops/metrics.h"
#include "server/provider/key_set.h"
#include "server/provider/metadata.h"

namespace cibad {

class ProviderDirectory {
 public:
  struct Environment {
    HttpClient* http = nullptr;
    Clock clock;
    // Has OnAlarm called at this time, on the thread that runs the directory; replaces the time set
    // before.
    std::function<void(absl::Time)> set_alarm;
    // Runs a closure on the thread that runs the directory, from any thread.
    std::function<void(std::function<void()>)> post;
    Metrics* metrics = nullptr;  // null: nobody counts
  };

  ProviderDirectory(std::string issuer, Environment environment);

  // ---- From any thread.

  // The endpoints; null until discovery has succeeded once.
  std::shared_ptr<const ProviderMetadata> metadata() const;

  // The keys; null until they were fetched once.
  std::shared_ptr<const KeySet> keys() const;

  // OK once discovery has succeeded; before, UNAVAILABLE and why.
  absl::Status status() const;

  // Fetches the keys again, because an ID token names one that is not among them, and calls `done`
  // (on the directory's thread) when that has succeeded or failed. Many calls make one fetch, and
  // they make it kLeastKeyAge after the fetch before at the earliest, so that made-up key ids
  // cannot make the daemon hammer the provider. (A fetch that failed is tried again by itself,
  // sooner at first; these calls do not hasten that.)
  void RefetchKeys(std::function<void(absl::Status)> done);

  // `on_ready` is called once, on the directory's thread, when discovery succeeds for the first
  // time. Set before Start.
  void CallWhenReady(std::function<void()> on_ready) { on_ready_ = std::move(on_ready); }

  // ---- On the thread that runs the directory.

  void Start();
  void OnAlarm();

  static constexpr absl::Duration kLeastKeyAge = absl::Seconds(10);

 private:
  // One document that is fetched, kept and fetched again.
  struct Document {
    bool is_being_fetched = false;
    int failures = 0;  // in a row
    absl::Time fetch_time = absl::InfiniteFuture();
    absl::Time last_fetch_time = absl::InfinitePast();
  };

  void FetchMetadata();
  void FetchKeys();
  void OnMetadata(const HttpResult& result);
  void OnKeys(const HttpResult& result);
  // Notes that a fetch ended, and when the next is due; `endpoint` and `name` say of what.
  void Schedule(Document& document, const absl::Status& status, const HttpResult& result,
                ProviderEndpoint endpoint, absl::string_view name);
  void SetAlarm();

  const std::string issuer_;
  const Environment environment_;
  std::function<void()> on_ready_;

  // Of the directory's thread.
  Document metadata_document_;
  Document keys_document_;
  std::vector<std::function<void(absl::Status)>> waiting_for_keys_;

  mutable std::mutex mutex_;  // guards what follows
  std::shared_ptr<const ProviderMetadata> metadata_;
  std::shared_ptr<const KeySet> keys_;
  absl::Status status_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_PROVIDER_DIRECTORY_H_
