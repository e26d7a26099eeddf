// How much of the customer's time is left, told by this machine's clock about a deadline of the
// daemon's. The two clocks may differ when the daemon is on another machine, so what the daemon's
// messages say about its clock is taken into account.

#ifndef CIBAD_CLIENT_TIME_LEFT_H_
#define CIBAD_CLIENT_TIME_LEFT_H_

#include <optional>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"

namespace cibad {

struct TimeLeft {
  absl::Duration left;   // zero where the time is up; never negative, never more than total
  absl::Duration total;  // from the login's start to its end; positive
};

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp);

class DaemonClock {
 public:
  // Learns from a message received now. `is_fresh`: the change that it tells of happened just now,
  // so its update_time is the daemon's present; otherwise the daemon's present is at least that.
  void Learn(const v1::Login& login, bool is_fresh, absl::Time now);

  // Nothing where the login has no expire_time yet.
  std::optional<TimeLeft> LeftOf(const v1::Login& login, absl::Time now) const;

 private:
  absl::Duration ahead_;  // of ours
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_TIME_LEFT_H_
