#include "client/time_left.h"

#include <algorithm>

namespace cibad {

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

void DaemonClock::Learn(const v1::Login& login, bool is_fresh, absl::Time now) {
  if (!login.has_update_time()) return;
  const absl::Duration ahead = TimeOf(login.update_time()) - now;
  ahead_ = is_fresh ? ahead : std::max(ahead, ahead_);
}

std::optional<TimeLeft> DaemonClock::LeftOf(const v1::Login& login, absl::Time now) const {
  if (!login.has_expire_time()) return std::nullopt;
  const absl::Time end = TimeOf(login.expire_time());
  const absl::Time start = login.has_create_time() ? TimeOf(login.create_time()) : now;
  const absl::Duration total = std::max(end - start, absl::Seconds(1));
  return TimeLeft{std::clamp(end - (now + ahead_), absl::ZeroDuration(), total), total};
}

}  // namespace cibad
