#include "server/rpc/start_rates.h"

#include <algorithm>
#include <iterator>

#include "server/engine/call_status.h"

namespace cibad {

absl::Status StartRates::Admit(const std::string& caller, int64_t per_minute, absl::Time now) {
  const auto most = static_cast<double>(per_minute);
  const std::lock_guard lock(mutex_);
  if (buckets_.size() >= kMostCallers && buckets_.count(caller) == 0) MakeRoom(now);
  const auto [place, is_new] = buckets_.try_emplace(caller, Bucket{most, now});
  Bucket& bucket = place->second;
  const double minutes = absl::FDivDuration(now - bucket.filled_at, absl::Minutes(1));
  bucket.starts = std::min(most, bucket.starts + minutes * most);
  bucket.filled_at = now;
  if (bucket.starts >= 1) {
    bucket.starts -= 1;
    return absl::OkStatus();
  }
  const absl::Duration wait = absl::Minutes((1 - bucket.starts) / most);
  return WithRetryDelay(
      absl::ResourceExhaustedError("this caller starts too many logins; try again in a moment"),
      wait);
}

void StartRates::MakeRoom(absl::Time now) {
  for (auto bucket = buckets_.begin(); bucket != buckets_.end();) {
    const bool is_full = now - bucket->second.filled_at >= absl::Minutes(1);
    bucket = is_full ? buckets_.erase(bucket) : std::next(bucket);
  }
  if (buckets_.size() >= kMostCallers) buckets_.clear();
}

}  // namespace cibad
