// Runs logins through simulated worlds (world.h) and holds the core to its promises in each.
// docs/simulation.md says what they are, and how to run longer.
//
// Every login has its own seed. The first that breaks a promise is told with its history, and
//   simulation_test --seed=N
// replays that one alone. --logins=N (or CIBAD_SIMULATION_LOGINS) is how many run in all,
// --first-seed=N (or CIBAD_SIMULATION_FIRST_SEED) where they begin.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <optional>
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

uint64_t first_seed = 1;
uint64_t logins = CIBAD_SIMULATED_LOGINS;
std::optional<uint64_t> replayed_seed;
std::string program;

class Simulation : public testing::TestWithParam<uint64_t> {};

TEST_P(Simulation, EveryLoginKeepsItsPromises) {
  const std::clock_t begin_time = std::clock();  // of this process, however busy the machine is
  const uint64_t logins_a_shard = (logins + kShards - 1) / kShards;
  const uint64_t begin = first_seed + GetParam() * logins_a_shard;
  std::array<int, static_cast<size_t>(LoginState::kFailed) + 1> ends{};
  int64_t steps = 0;
  int64_t restarts = 0;
  for (uint64_t seed = begin; seed < begin + logins_a_shard; ++seed) {
    const Story story = World(seed, /*keep_history=*/false).Run();
    steps += story.steps;
    restarts += story.restarts;
    if (story.end) ++ends[static_cast<size_t>(story.end->state)];
    if (story.violation.empty()) continue;
    FAIL() << "BROKEN " << story.violation << "\nby login " << seed - begin + 1
           << " of this shard; to replay it:\n  " << program << " --seed=" << seed << "\n"
           << absl::StrJoin(World(seed, /*keep_history=*/true).Run().history, "\n");
  }
  const double seconds = static_cast<double>(std::clock() - begin_time) / CLOCKS_PER_SEC;
  std::cout << logins_a_shard << " logins, " << steps << " steps, " << restarts << " restarts, "
            << static_cast<int64_t>(static_cast<double>(logins_a_shard) / seconds)
            << " logins/s a core;";
  for (size_t state = 0; state < ends.size(); ++state) {
    if (ends[state] > 0) {
      std::cout << " " << Describe(static_cast<LoginState>(state)) << " " << ends[state];
    }
  }
  std::cout << "\n";
}

INSTANTIATE_TEST_SUITE_P(Shard, Simulation, testing::Range(uint64_t{0}, kShards));

constexpr uint64_t kLoginsToSeeEverything = 15'000;

// What never happens is not tested.
TEST(SimulationItself, BringsEveryEndAboutWithAndWithoutRestarts) {
  std::map<std::string, int> ends;
  int refused_starts = 0;
  for (uint64_t seed = 1; seed <= kLoginsToSeeEverything; ++seed) {
    const Story story = World(seed, /*keep_history=*/false).Run();
    if (!story.end) {
      ++refused_starts;
      continue;
    }
    const int reason = static_cast<int>(story.end->failure->reason);
    ++ends[absl::StrCat(Describe(story.end->state), reason,
                        story.restarts > 0 ? " restarted" : "")];
  }
  EXPECT_GT(refused_starts, 10);
  for (const LoginState state : {LoginState::kCompleted, LoginState::kDenied, LoginState::kExpired,
                                 LoginState::kCancelled}) {
    EXPECT_GT(ends[absl::StrCat(Describe(state), 0)], 10) << Describe(state);
    EXPECT_GT(ends[absl::StrCat(Describe(state), 0, " restarted")], 3) << Describe(state);
  }
  for (const FailureReason reason :
       {FailureReason::kInterrupted, FailureReason::kTooManyLogins, FailureReason::kRequestRefused,
        FailureReason::kWrongChallenge, FailureReason::kProviderUnavailable,
        FailureReason::kProviderAnswerInvalid, FailureReason::kIdTokenRefused,
        FailureReason::kProfileRefused, FailureReason::kOther}) {
    EXPECT_GT(ends[absl::StrCat("FAILED", static_cast<int>(reason))], 10)
        << static_cast<int>(reason);
  }
}

TEST(SimulationItself, BringsEveryTroubleAbout) {
  std::array<int, kCrashPoints> crashes{};
  int failed_writes = 0;
  int stale_events = 0;
  int crashed_twice = 0;
  for (uint64_t seed = 1; seed <= kLoginsToSeeEverything; ++seed) {
    const Story story = World(seed, /*keep_history=*/false).Run();
    failed_writes += story.failed_writes;
    stale_events += story.stale_events;
    int crashes_of_login = 0;
    for (size_t point = 0; point < kCrashPoints; ++point) {
      crashes[point] += story.crashes[point];
      crashes_of_login += story.crashes[point];
    }
    if (crashes_of_login > 1) ++crashed_twice;
  }
  for (size_t point = 0; point < kCrashPoints; ++point) EXPECT_GT(crashes[point], 5) << point;
  EXPECT_GT(failed_writes, 100);
  EXPECT_GT(stale_events, 100);
  EXPECT_GT(crashed_twice, 100);
}

TEST(SimulationItself, BringsCodesAboutOnceTwiceAndWhenTheyCannotBeUsed) {
  std::map<std::string, int> ends;
  int codes = 0;
  int exchanges = 0;
  int exchanged_again = 0;  // after one that never left
  for (uint64_t seed = 4; seed <= 4 * kLoginsToSeeEverything; seed += 4) {
    const Story story = World(seed, /*keep_history=*/false).Run();
    codes += story.codes;
    exchanges += story.exchanges;
    exchanged_again += story.exchanges > 1 ? 1 : 0;
    if (!story.end) continue;
    ++ends[absl::StrCat(Describe(story.end->state), static_cast<int>(story.end->failure->reason))];
  }
  EXPECT_GT(exchanges, 1'000);
  EXPECT_GT(codes, 2 * exchanges);
  EXPECT_GT(exchanged_again, 20);
  for (const LoginState state : {LoginState::kCompleted, LoginState::kDenied, LoginState::kExpired,
                                 LoginState::kCancelled}) {
    EXPECT_GT(ends[absl::StrCat(Describe(state), 0)], 50) << Describe(state);
  }
  for (const FailureReason reason :
       {FailureReason::kInterrupted, FailureReason::kRequestRefused, FailureReason::kWrongChallenge,
        FailureReason::kProviderUnavailable, FailureReason::kProviderAnswerInvalid,
        FailureReason::kIdTokenRefused, FailureReason::kOther}) {
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
    EXPECT_EQ(one.end, World(seed, /*keep_history=*/false).Run().end);
  }
}

int Replay(uint64_t seed) {
  const Story story = World(seed, /*keep_history=*/true).Run();
  std::cout << absl::StrJoin(story.history, "\n") << "\n"
            << (story.violation.empty() ? "kept all its promises" : "BROKEN " + story.violation)
            << "\n";
  return story.violation.empty() ? 0 : 1;
}

// Takes the number from `text`, or says that it is none and ends the program.
uint64_t Number(absl::string_view text) {
  uint64_t number = 0;
  if (absl::SimpleAtoi(text, &number)) return number;
  std::cerr << "not a number: " << text << "\n";
  std::exit(2);
}

void ReadOptions(int argc, char** argv) {
  program = argv[0];
  if (const char* seed = std::getenv("CIBAD_SIMULATION_FIRST_SEED")) first_seed = Number(seed);
  if (const char* count = std::getenv("CIBAD_SIMULATION_LOGINS")) logins = Number(count);
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, "--seed=")) {
      replayed_seed = Number(argument);
    } else if (absl::ConsumePrefix(&argument, "--first-seed=")) {
      first_seed = Number(argument);
    } else if (absl::ConsumePrefix(&argument, "--logins=")) {
      logins = Number(argument);
    } else {
      std::cerr << "no such option: " << argument << "; there are --seed=, --first-seed=, --logins="
                << " and GoogleTest's\n";
      std::exit(2);
    }
  }
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  cibad::ReadOptions(argc, argv);
  if (cibad::replayed_seed) return cibad::Replay(*cibad::replayed_seed);
  return RUN_ALL_TESTS();
}
