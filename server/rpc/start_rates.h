// How often each caller may start logins: a token bucket for each. It lets a minute's worth through
// at once, as a till that was offline needs, and no more than that over time.

#ifndef CIBAD_SERVER_RPC_START_RATES_H_
#define CIBAD_SERVER_RPC_START_RATES_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cibad {

// Thread-safe.
class StartRates {
 public:
  // So many callers are remembered; one more, and those are forgotten that could start at full rate
  // again, or where there are none, all.
  static constexpr size_t kMostCallers = 10'000;

  // Takes one start from the caller's bucket, of which `per_minute` come a minute. `now` is of a
  // clock that does not run backwards. RESOURCE_EXHAUSTED: there is none; RetryDelayOf says when.
  absl::Status Admit(const std::string& caller, int64_t per_minute, absl::Time now);

 private:
  struct Bucket {
    double starts = 0;
    absl::Time filled_at;
  };

  void MakeRoom(absl::Time now);

  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;  // under mutex_
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_START_RATES_H_
