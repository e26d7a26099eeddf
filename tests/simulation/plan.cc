#include "tests/simulation/plan.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

// Mostly the first, sometimes one of the others.
template <typename Value>
Value Mostly(Random& random, Value first, std::array<Value, 3> others) {
  return random.Percent(90) ? first : others[static_cast<size_t>(random.Below(3))];
}

Decision Decides(Random& random) {
  if (random.Percent(70)) return Decision::kApproves;
  if (random.Percent(60)) return Decision::kDenies;
  constexpr std::array kOthers = {Decision::kNeverDecides, Decision::kNeverDecides,
                                  Decision::kPicksTheWrongNumber, Decision::kMeetsAnUnknownError};
  return kOthers[static_cast<size_t>(random.Below(4))];
}

absl::Duration WithinAMinute(Random& random) {
  return random.Between(absl::ZeroDuration(), absl::Minutes(1));
}

// Often there from the start.
Spell PlanSpell(Random& random) {
  const absl::Duration after = random.Percent(20) ? absl::ZeroDuration() : WithinAMinute(random);
  return {after, WithinAMinute(random) * 2};
}

void PlanTrouble(Random& random, Plan& plan) {
  if (random.Percent(25)) plan.slow_downs = 20;
  if (random.Percent(50)) return;  // half of all logins are calm, or nearly so
  if (random.Percent(60)) plan.trouble = random.Percent(70) ? 10 : 60;
  if (random.Percent(30)) plan.crashes = random.Percent(70) ? 5 : 25;
  if (random.Percent(30)) plan.crashes_after = WithinAMinute(random);
  if (random.Percent(10)) plan.restarts_after = WithinAMinute(random);
  if (random.Percent(15)) plan.cancels_after = WithinAMinute(random);
  if (random.Percent(20)) plan.disk_errors = random.Percent(50) ? 10 : 60;
  if (random.Percent(10)) plan.disk_is_full = PlanSpell(random);
  if (random.Percent(10)) plan.network_is_down = PlanSpell(random);
  if (random.Percent(10)) plan.stopped = {WithinAMinute(random), WithinAMinute(random)};
  if (random.Percent(5)) plan.nonsense = 20;
  if (random.Percent(20)) plan.clock_jumps = 50;
}

// A ping comes when the customer has decided; but also early, late, again and again, or never.
void PlanPings(Random& random, Plan& plan) {
  if (random.Percent(50)) return;
  plan.ping_fallback = absl::Seconds(random.Percent(50) ? 30 : 5 + random.Below(296));
  while (random.Percent(75) && plan.pings_after.size() < 6) {
    const absl::Duration delay = random.Percent(70)
                                     ? random.Between(absl::ZeroDuration(), absl::Seconds(1))
                                     : random.Between(-plan.decides_after, absl::Seconds(20));
    plan.pings_after.push_back(plan.decides_after + delay);
  }
}

void Append(std::string& words, const char* name, int percent) {
  if (percent > 0) absl::StrAppend(&words, ", ", percent, "% ", name);
}

void Append(std::string& words, const char* name, std::optional<absl::Duration> after) {
  if (after) absl::StrAppend(&words, ", ", name, " at ", absl::FormatDuration(*after));
}

void Append(std::string& words, const char* name, const Spell& spell) {
  if (spell.length == absl::ZeroDuration()) return;
  absl::StrAppend(&words, ", ", name, " at ", absl::FormatDuration(spell.after), " for ",
                  absl::FormatDuration(spell.length));
}

// Mostly soon, sometimes too late or never.
void PlanWebPage(Random& random, Plan& plan) {
  plan.on_web_page = true;
  plan.brings_anothers_code = random.Percent(10);
  if (random.Percent(10)) return;
  plan.browser_takes = random.Between(absl::ZeroDuration(),
                                      random.Percent(85) ? absl::Seconds(10) : 2 * plan.expires_in);
}

}  // namespace

Plan MakePlan(Random& random, uint64_t seed) {
  Plan plan;
  plan.push = Mostly(random, PushAnswer::kAcknowledges,
                     {PushAnswer::kRefuses, PushAnswer::kSaysTooMany, PushAnswer::kMakesNoSense});
  plan.expires_in = random.Percent(80) ? absl::Seconds(60) : absl::Seconds(60 + random.Below(300));
  plan.interval = absl::Seconds(random.Percent(70) ? 5 : random.Below(15));
  plan.decision = Decides(random);
  plan.decides_after = random.Between(
      absl::ZeroDuration(), random.Percent(80) ? absl::Seconds(30) : plan.expires_in * 11 / 10);
  plan.id_token_is_good = random.Percent(90);
  plan.profile = Mostly(
      random, ProfileAnswer::kIsTheCustomers,
      {ProfileAnswer::kIsSomebodyElses, ProfileAnswer::kRefuses, ProfileAnswer::kMakesNoSense});
  PlanTrouble(random, plan);
  plan.checks_user = random.Percent(25);
  plan.user_exists = random.Percent(95);
  constexpr uint64_t kOnWebPageOneIn = 4;
  if (seed % kOnWebPageOneIn == 0) PlanWebPage(random, plan);
  PlanPings(random, plan);
  return plan;
}

std::string Describe(const Plan& plan) {
  constexpr std::array kPushes = {"acknowledged", "refused", "too many", "nonsense"};
  constexpr std::array kDecisions = {"approves", "denies", "never decides",
                                     "picks the wrong number", "meets an unknown error"};
  constexpr std::array kProfiles = {"the customer's", "somebody else's", "refused", "nonsense"};
  std::string words = absl::StrCat(
      "The plan: push ", kPushes[static_cast<size_t>(plan.push)], ", interval ",
      absl::FormatDuration(plan.interval), ", expires in ", absl::FormatDuration(plan.expires_in),
      ", the customer ", kDecisions[static_cast<size_t>(plan.decision)], " after ",
      absl::FormatDuration(plan.decides_after), ", ID token ",
      plan.id_token_is_good ? "good" : "bad", ", profile ",
      kProfiles[static_cast<size_t>(plan.profile)]);
  if (plan.checks_user) absl::StrAppend(&words, ", the user is checked first");
  if (!plan.user_exists) absl::StrAppend(&words, ", there is no such user");
  if (plan.on_web_page) {
    absl::StrAppend(&words, ", on a web page, browser after ",
                    absl::FormatDuration(plan.browser_takes),
                    plan.brings_anothers_code ? " with another's code" : "");
  }
  Append(words, "slow_down", plan.slow_downs);
  Append(words, "nonsense", plan.nonsense);
  Append(words, "trouble", plan.trouble);
  Append(words, "crashes", plan.crashes);
  Append(words, "disk errors", plan.disk_errors);
  Append(words, "clock jumps", plan.clock_jumps);
  Append(words, "SIGKILL", plan.crashes_after);
  Append(words, "SIGTERM", plan.restarts_after);
  Append(words, "cancels", plan.cancels_after);
  Append(words, "network is down", plan.network_is_down);
  Append(words, "disk is full", plan.disk_is_full);
  Append(words, "pings, fallback", plan.ping_fallback);
  Append(words, "SIGSTOP", plan.stopped);
  return words;
}

}  // namespace cibad
