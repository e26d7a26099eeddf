#include "server/ops/refusal_limit.h"

#include <utility>

namespace cibad {

bool RefusalLimit::Admit(const Refused& refused, absl::Time now) {
  BeginSecond(now);
  Counts& counts = CountsOf(refused);
  if (counts.told >= kMostOfOneASecond || told_ >= kMostASecond) {
    LeaveOut(refused, now);
    return false;
  }
  ++counts.told;
  ++told_;
  return true;
}

void RefusalLimit::LeaveOut(const Refused& refused, absl::Time now) {
  BeginSecond(now);
  Counts& counts = CountsOf(refused);
  ++counts.left_out;
  counts.last = now;
}

std::vector<RefusalLimit::LeftOut> RefusalLimit::Take(absl::Time now) {
  BeginSecond(now);
  std::vector<LeftOut> all;
  for (auto& [refused, counts] : counts_) {
    if (counts.left_out == 0 || counts.last >= second_) continue;
    all.push_back({refused, std::exchange(counts.left_out, 0), counts.last});
  }
  return all;
}

// The clock is the wall's, and may be set back.
void RefusalLimit::BeginSecond(absl::Time now) {
  if (now >= second_ && now - second_ < absl::Seconds(1)) return;
  second_ = now;
  told_ = 0;
  std::erase_if(counts_, [](const auto& one) { return one.second.left_out == 0; });
  for (auto& [refused, counts] : counts_) counts.told = 0;
}

RefusalLimit::Counts& RefusalLimit::CountsOf(const Refused& refused) {
  const auto found = counts_.find(refused);
  if (found != counts_.end()) return found->second;
  const bool has_room = counts_.size() < kMostRefused;
  return counts_[has_room ? refused : Refused{refused.is_caller, ""}];
}

}  // namespace cibad
