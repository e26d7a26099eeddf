// How many refusals become lines of the audit trail. They cost whoever is refused nothing, so one
// that is refused without end must neither fill the disk nor crowd out the others; what is left out
// is counted, for each of them.

#ifndef CIBAD_SERVER_OPS_REFUSAL_LIMIT_H_
#define CIBAD_SERVER_OPS_REFUSAL_LIMIT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"

namespace cibad {

// Not thread-safe.
class RefusalLimit {
 public:
  static constexpr int kMostOfOneASecond = 10;
  static constexpr int kMostASecond = 200;
  // So many are told apart in one second; more count as one, without a name.
  static constexpr size_t kMostRefused = 1000;

  // Who was refused.
  struct Refused {
    bool is_caller = false;  // otherwise somebody at a listener
    std::string name;        // the caller's, or the listener's
    friend bool operator==(const Refused&, const Refused&) = default;
    friend bool operator<(const Refused& one, const Refused& other) {
      return std::tie(one.is_caller, one.name) < std::tie(other.is_caller, other.name);
    }
  };
  struct LeftOut {
    Refused refused;
    int64_t count = 0;
    absl::Time last;
  };

  // Whether one more may become a line; where not, it is counted.
  bool Admit(const Refused& refused, absl::Time now);
  // Counts one that cannot become a line for another reason.
  void LeaveOut(const Refused& refused, absl::Time now);

  // What was left out, and not given before, in seconds that are over.
  std::vector<LeftOut> Take(absl::Time now);

 private:
  struct Counts {
    int told = 0;  // in this second
    int64_t left_out = 0;
    absl::Time last;  // that was left out
  };

  void BeginSecond(absl::Time now);
  Counts& CountsOf(const Refused& refused);

  std::map<Refused, Counts> counts_;
  absl::Time second_ = absl::InfinitePast();
  int told_ = 0;  // in this second
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_REFUSAL_LIMIT_H_
