#include "tests/simulation/plan.h"

#include <array>
#include <cstddef>

namespace cibad {
namespace {

// Mostly the first, sometimes one of the others.
template <typename Value>
Value Mostly(Random& random, Value first, std::array<Value, 3> others) {
  return random.Percent(90) ? first : others[static_cast<size_t>(random.Below(3))];
}

void PlanTrouble(Random& random, Plan& plan) {
  if (random.Percent(25)) plan.slow_downs = 20;
  if (random.Percent(50)) return;  // half of all logins are calm, or nearly so
  if (random.Percent(60)) plan.trouble = random.Percent(70) ? 10 : 60;
  if (random.Percent(30)) plan.crashes = random.Percent(70) ? 5 : 25;
  if (random.Percent(30))
    plan.crashes_after = random.Between(absl::ZeroDuration(), absl::Minutes(1));
  if (random.Percent(15))
    plan.cancels_after = random.Between(absl::ZeroDuration(), absl::Minutes(1));
  if (random.Percent(5)) plan.nonsense = 20;
}

}  // namespace

Plan MakePlan(Random& random) {
  Plan plan;
  plan.push = Mostly(random, PushAnswer::kAcknowledges,
                     {PushAnswer::kRefuses, PushAnswer::kSaysTooMany, PushAnswer::kMakesNoSense});
  plan.expires_in = random.Percent(80) ? absl::Seconds(60) : absl::Seconds(60 + random.Below(300));
  plan.interval = absl::Seconds(random.Percent(70) ? 5 : random.Below(15));
  plan.decision = random.Percent(70)
                      ? Decision::kApproves
                      : (random.Percent(70) ? Decision::kDenies : Decision::kNeverDecides);
  plan.decides_after = random.Between(
      absl::ZeroDuration(), random.Percent(80) ? absl::Seconds(30) : plan.expires_in * 11 / 10);
  plan.id_token_is_good = random.Percent(90);
  plan.profile = Mostly(
      random, ProfileAnswer::kIsTheCustomers,
      {ProfileAnswer::kIsSomebodyElses, ProfileAnswer::kRefuses, ProfileAnswer::kMakesNoSense});
  PlanTrouble(random, plan);
  return plan;
}

}  // namespace cibad
