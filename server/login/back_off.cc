#include "server/login/back_off.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

namespace cibad {
namespace {

constexpr int kMostDoublings =
    10;  // beyond every sensible base's way to a minute; keeps the shift small

// FNV-1a: the same on every machine and in every run, which a replayed simulation needs.
uint64_t Hash(absl::string_view text, uint64_t salt) {
  uint64_t hash = 14695981039346656037u ^ salt;
  for (const char c : text) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 1099511628211u;
  }
  return hash;
}

}  // namespace

absl::Duration BackOff(absl::Duration base, int unanswered, absl::string_view login_id,
                       absl::Duration longest) {
  assert(unanswered >= 1);
  const int doublings = std::min(unanswered - 1, kMostDoublings);
  const absl::Duration wait = std::min(base * (1 << doublings), std::max(base, longest));
  constexpr uint64_t kSteps = 1021;  // a prime, so that every bit of the hash counts
  const uint64_t step = Hash(login_id, static_cast<uint64_t>(unanswered)) % kSteps;
  const absl::Duration jitter =
      wait / 4 * static_cast<int64_t>(step) / static_cast<int64_t>(kSteps);
  return wait + jitter;
}

}  // namespace cibad
