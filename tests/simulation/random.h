// Chance that repeats itself: everything random in the simulation comes from one number.

#ifndef CIBAD_TESTS_SIMULATION_RANDOM_H_
#define CIBAD_TESTS_SIMULATION_RANDOM_H_

#include <cstdint>

#include "absl/time/time.h"

namespace cibad {

// SplitMix64: the same on every machine, and neighbouring seeds have nothing in common.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  int Below(int limit) { return static_cast<int>(Next() % static_cast<uint64_t>(limit)); }
  bool Percent(int percent) { return Below(100) < percent; }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return low + (high - low) * Below(10'001) / 10'000;
  }
  absl::Time Between(absl::Time low, absl::Time high) {
    return low + Between(absl::ZeroDuration(), high - low);
  }

 private:
  uint64_t state_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_RANDOM_H_
