// How long and how often cibactl tries to reach a daemon that it has lost.

#ifndef CIBAD_CLIENT_RETRY_H_
#define CIBAD_CLIENT_RETRY_H_

#include <optional>

#include "absl/time/time.h"

namespace cibad {

// Pauses double from kFirstPause to kLongestPause; after `patience` without contact it is over.
class Retry {
 public:
  static constexpr absl::Duration kFirstPause = absl::Milliseconds(250);
  static constexpr absl::Duration kLongestPause = absl::Seconds(4);

  explicit Retry(absl::Duration patience) : patience_(patience) {}

  // A try has failed. When to make the next one (never later than the end of patience), or nothing
  // where patience is over.
  std::optional<absl::Time> Failed(absl::Time now);

  // The daemon was reached: the next failure is a first one again.
  void Succeeded() { lost_since_.reset(); }

  // Whether the daemon is lost at present.
  bool failing() const { return lost_since_.has_value(); }

 private:
  const absl::Duration patience_;
  std::optional<absl::Time> lost_since_;
  absl::Duration pause_;
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_RETRY_H_
