#include "server/engine/pending_counts.h"

#include <cassert>

namespace cibad {

absl::StatusOr<std::shared_ptr<PendingCounts::Place>> PendingCounts::Admit(
    const std::string& caller, int64_t most) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(caller);
    if ((found == counts_.end() ? 0 : found->second) >= most) {
      return absl::ResourceExhaustedError(
          "too many logins of this caller are pending; wait until one has ended");
    }
    ++counts_[caller];
  }
  return std::make_shared<Place>(this, caller);
}

void PendingCounts::Add(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  ++counts_[caller];
}

void PendingCounts::Remove(const std::string& caller) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(caller);
  assert(found != counts_.end());
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace cibad
