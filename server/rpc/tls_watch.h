// The daemon's TLS certificate, key and client authority while it runs: handshakes get what the
// files hold, and a change of them counts without a restart and without a dropped stream.

#ifndef CIBAD_SERVER_RPC_TLS_WATCH_H_
#define CIBAD_SERVER_RPC_TLS_WATCH_H_

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/http/clock.h"
#include "server/ops/metrics.h"
#include "server/ops/tls_files.h"

namespace cibad {

// Thread-safe. No timer runs: the files are looked at when somebody connects, at most once a
// second, when the metrics are asked for, and when the operator reloads the config. Files that are
// wrong change nothing but the log. That a certificate ends soon is said there once a day.
class TlsWatch {
 public:
  // `clock` is the wall clock, by which certificates begin and end.
  explicit TlsWatch(TlsFiles files, Clock clock = WallClock());

  // Reads the files, now. INVALID_ARGUMENT, as of ReadTlsFiles: what was read before stays.
  absl::Status SetFiles(TlsFiles files);

  // What is shown in handshakes, and a number that changes with it. Null: nothing was ever read.
  struct Shown {
    std::shared_ptr<const TlsMaterial> material;
    uint64_t version = 0;
  };
  // Heeds files that have changed, if the last look was a second ago.
  Shown Look();

  // Fills in what the metrics have of this.
  void Describe(Metrics::Present& present);

  bool asks_for_certificates() const;

 private:
  // What tells a file from the one that was there before.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    int64_t modified_ns = 0;
    int64_t changed_ns = 0;
    bool operator==(const Stamp& other) const = default;
  };
  using Stamps = std::array<Stamp, 3>;

  static Stamp StampOf(const std::string& path);
  static Stamps StampsOf(const TlsFiles& files);
  absl::Status Read(absl::Time now);  // under mutex_
  void WarnOfEnd(absl::Time now);     // under mutex_

  const Clock clock_;
  mutable std::mutex mutex_;  // guards what follows
  TlsFiles files_;
  Stamps stamps_;
  Shown shown_;
  absl::Time looked_at_ = absl::InfinitePast();
  absl::Time warned_at_ = absl::InfinitePast();
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_TLS_WATCH_H_
