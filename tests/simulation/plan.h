// What is to happen to one simulated login: who the customer is, and what goes wrong around them.

#ifndef CIBAD_TESTS_SIMULATION_PLAN_H_
#define CIBAD_TESTS_SIMULATION_PLAN_H_

#include <optional>

#include "absl/time/time.h"
#include "tests/simulation/random.h"

namespace cibad {

enum class Decision { kApproves, kDenies, kNeverDecides };
enum class PushAnswer { kAcknowledges, kRefuses, kSaysTooMany, kMakesNoSense };
enum class ProfileAnswer { kIsTheCustomers, kIsSomebodyElses, kRefuses, kMakesNoSense };

struct Plan {
  PushAnswer push = PushAnswer::kAcknowledges;
  absl::Duration expires_in;
  absl::Duration interval;
  Decision decision = Decision::kApproves;
  absl::Duration decides_after;  // the push
  bool id_token_is_good = true;
  ProfileAnswer profile = ProfileAnswer::kIsTheCustomers;
  std::optional<absl::Duration> cancels_after;  // the start

  // Percent of...
  int slow_downs = 0;                           // token requests answered so
  int nonsense = 0;                             // token requests answered so
  int trouble = 0;                              // requests that the network or the provider fails
  int crashes = 0;                              // commits and actions at which the daemon is killed
  std::optional<absl::Duration> crashes_after;  // the start: once more, wherever that strikes

  // Nothing is in the way of what the customer decides.
  bool IsCalm() const {
    return nonsense == 0 && trouble == 0 && crashes == 0 && !crashes_after && !cancels_after;
  }
};

Plan MakePlan(Random& random);

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_PLAN_H_
