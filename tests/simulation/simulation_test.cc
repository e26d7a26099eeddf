// Runs logins through simulated worlds (world.h) and holds the core to its promises in each.
//
// Every login has its own seed: the first that breaks a promise is told with its history, and
// `--seed=N --logins=1` (or CIBAD_SIMULATION_SEED, CIBAD_SIMULATION_LOGINS) replays it alone.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/simulation/describe.h"
#include "tests/simulation/world.h"

namespace cibad {
namespace {

constexpr uint64_t kShards = 4;  // that ctest runs in parallel
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kDefaultLogins = 2'500;
#else
constexpr uint64_t kDefaultLogins = 25'000;
#endif

uint64_t first_seed = 1;
uint64_t logins_a_shard = kDefaultLogins;

class Simulation : public testing::TestWithParam<uint64_t> {};

TEST_P(Simulation, EveryLoginKeepsItsPromises) {
  const uint64_t begin = first_seed + GetParam() * logins_a_shard;
  std::map<std::string, int> ends;
  int64_t steps = 0;
  int64_t crashes = 0;
  for (uint64_t seed = begin; seed < begin + logins_a_shard; ++seed) {
    const Story story = World(seed, /*keep_history=*/false).Run();
    steps += story.steps;
    crashes += story.crashes;
    ++ends[Describe(story.end.state)];
    if (story.violation.empty()) continue;
    FAIL() << story.violation << "\nreplay with --seed=" << seed << " --logins=1\n"
           << absl::StrJoin(World(seed, /*keep_history=*/true).Run().history, "\n");
  }
  std::cout << logins_a_shard << " logins, " << steps << " steps, " << crashes << " crashes; "
            << absl::StrJoin(ends, ", ", absl::PairFormatter(" ")) << "\n";
}

INSTANTIATE_TEST_SUITE_P(Shard, Simulation, testing::Range(uint64_t{0}, kShards));

// What never happens is not tested.
TEST(SimulationItself, BringsEveryEndAboutWithAndWithoutCrashes) {
  std::map<std::string, int> ends;
  for (uint64_t seed = 1; seed <= 5'000; ++seed) {
    const Story story = World(seed, /*keep_history=*/false).Run();
    const int reason = static_cast<int>(story.end.failure.reason);
    ++ends[absl::StrCat(Describe(story.end.state), reason, story.crashes > 0 ? " crashed" : "")];
  }
  for (const LoginState state : {LoginState::kCompleted, LoginState::kDenied, LoginState::kExpired,
                                 LoginState::kCancelled}) {
    EXPECT_GT(ends[absl::StrCat(Describe(state), 0)], 10) << Describe(state);
    EXPECT_GT(ends[absl::StrCat(Describe(state), 0, " crashed")], 3) << Describe(state);
  }
  for (const FailureReason reason :
       {FailureReason::kInterrupted, FailureReason::kTooManyLogins, FailureReason::kRequestRefused,
        FailureReason::kProviderUnavailable, FailureReason::kProviderAnswerInvalid,
        FailureReason::kIdTokenRefused, FailureReason::kProfileRefused}) {
    EXPECT_GT(ends[absl::StrCat("FAILED", static_cast<int>(reason))], 10)
        << static_cast<int>(reason);
  }
}

TEST(SimulationItself, TellsTheSameStoryForTheSameSeed) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Story one = World(seed, /*keep_history=*/true).Run();
    const Story other = World(seed, /*keep_history=*/true).Run();
    EXPECT_EQ(one.history, other.history);
    EXPECT_EQ(one.end, other.end);
  }
}

// Takes the number from `text`, or says that it is none and ends the program.
void Set(uint64_t& value, absl::string_view text) {
  if (absl::SimpleAtoi(text, &value)) return;
  std::cerr << "not a number: " << text << "\n";
  std::exit(2);
}

void ReadOptions(int argc, char** argv) {
  if (const char* seed = std::getenv("CIBAD_SIMULATION_SEED")) Set(first_seed, seed);
  if (const char* logins = std::getenv("CIBAD_SIMULATION_LOGINS")) Set(logins_a_shard, logins);
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, "--seed=")) Set(first_seed, argument);
    if (absl::ConsumePrefix(&argument, "--logins=")) Set(logins_a_shard, argument);
  }
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  cibad::ReadOptions(argc, argv);
  return RUN_ALL_TESTS();
}
