#include "client/retry.h"

#include <algorithm>

namespace cibad {

std::optional<absl::Time> Retry::Failed(absl::Time now) {
  if (!lost_since_) {
    lost_since_ = now;
    pause_ = kFirstPause;
  }
  const absl::Time end = *lost_since_ + patience_;
  if (now >= end) return std::nullopt;
  const absl::Time next = std::min(now + pause_, end);
  pause_ = std::min(2 * pause_, kLongestPause);
  return next;
}

}  // namespace cibad
