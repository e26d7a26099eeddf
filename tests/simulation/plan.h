// What is to happen to one simulated login: who the customer is, and what goes wrong around them.

#ifndef CIBAD_TESTS_SIMULATION_PLAN_H_
#define CIBAD_TESTS_SIMULATION_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/simulation/random.h"

namespace cibad {

enum class Decision {
  kApproves,
  kDenies,
  kNeverDecides,
  kPicksTheWrongNumber,  // wrong_challenge
  kMeetsAnUnknownError,  // a code that no document lists
};
enum class PushAnswer { kAcknowledges, kRefuses, kSaysTooMany, kMakesNoSense };
enum class ProfileAnswer { kIsTheCustomers, kIsSomebodyElses, kRefuses, kMakesNoSense };

// A time of trouble, counted from the start.
struct Spell {
  absl::Duration after = absl::InfiniteDuration();
  absl::Duration length = absl::ZeroDuration();

  bool Covers(absl::Duration age) const { return age >= after && age < after + length; }
};

struct Plan {
  bool checks_user = false;  // before the push
  bool user_exists = true;
  PushAnswer push = PushAnswer::kAcknowledges;
  absl::Duration expires_in;
  absl::Duration interval;
  Decision decision = Decision::kApproves;
  absl::Duration decides_after;  // the push
  bool id_token_is_good = true;
  ProfileAnswer profile = ProfileAnswer::kIsTheCustomers;
  std::optional<absl::Duration> cancels_after;  // the start
  std::optional<absl::Duration> ping_fallback;  // absent: no ping comes
  std::vector<absl::Duration> pings_after;      // the push; those that are not lost

  // The login finishes on a web page, where the customer's browser comes so long after the
  // decision.
  bool on_web_page = false;
  absl::Duration browser_takes = absl::InfiniteDuration();
  bool brings_anothers_code = false;  // the ID token then has another auth_req_id

  // Percent of...
  int slow_downs = 0;   // token requests answered so
  int nonsense = 0;     // token requests answered so
  int trouble = 0;      // requests that the network or the provider fails
  int crashes = 0;      // moments of one kind (CrashPoint) at which the daemon is killed
  int disk_errors = 0;  // commits that fail
  int clock_jumps = 0;  // restarts before which somebody sets the machine's clock

  // Once, wherever that strikes; counted from the start.
  std::optional<absl::Duration> crashes_after;   // SIGKILL
  std::optional<absl::Duration> restarts_after;  // SIGTERM, and started again
  Spell network_is_down;                         // no request leaves
  Spell disk_is_full;
  Spell stopped;  // SIGSTOP to SIGCONT

  // Nothing is in the way of what the customer decides.
  bool IsCalm() const {
    return nonsense == 0 && trouble == 0 && crashes == 0 && disk_errors == 0 && !crashes_after &&
           !restarts_after && !cancels_after && network_is_down.length == absl::ZeroDuration() &&
           disk_is_full.length == absl::ZeroDuration() && stopped.length == absl::ZeroDuration();
  }
};

// Every fourth login finishes on a web page. What is planned for the others does not depend on it.
Plan MakePlan(Random& random, uint64_t seed);

// One line, for the history.
std::string Describe(const Plan& plan);

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_PLAN_H_
