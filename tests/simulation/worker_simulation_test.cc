// Runs many logins at once through simulated worlds around the real worker (worker_world.h) and
// holds it to its promises in each. docs/simulation.md says what they are, and how to run longer.
//
// Every world has its own seed, and kCustomersOfAWorld logins. The first that breaks a promise is
// told with its history, and
//   worker_simulation_test --seed=N
// replays that one alone. --logins=N (or CIBAD_WORKER_SIMULATION_LOGINS) is how many logins run in
// all, --first-seed=N (or CIBAD_SIMULATION_FIRST_SEED) where the worlds begin.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/ops/log.h"
#include "tests/simulation/describe.h"
#include "tests/simulation/worker_world.h"

namespace cibad {
namespace {

constexpr uint64_t kShards = 4;  // that ctest runs in parallel
constexpr uint64_t kLoginsOfAWorld = kCustomersOfAWorld;

uint64_t first_seed = 1;
uint64_t logins = CIBAD_SIMULATED_LOGINS;
std::optional<uint64_t> replayed_seed;
std::string program;

class WorkerSimulation : public testing::TestWithParam<uint64_t> {};

TEST_P(WorkerSimulation, EveryLoginKeepsItsPromises) {
  const std::clock_t begin_time = std::clock();  // of this process, however busy the machine is
  const uint64_t worlds = (logins + kShards * kLoginsOfAWorld - 1) / (kShards * kLoginsOfAWorld);
  const uint64_t begin = first_seed + GetParam() * worlds;
  std::array<int, static_cast<size_t>(LoginState::kFailed) + 1> ends{};
  int lives = 0;
  for (uint64_t seed = begin; seed < begin + worlds; ++seed) {
    const WorkerStory story = WorkerWorld(seed, /*keep_history=*/false).Run();
    lives += story.lives;
    for (size_t state = 0; state < ends.size(); ++state) ends[state] += story.ends[state];
    if (story.violation.empty()) continue;
    FAIL() << "BROKEN " << story.violation << "\nby login " << (seed - begin + 1) * kLoginsOfAWorld
           << " of this shard, or one of its world; to replay it:\n  " << program
           << " --seed=" << seed << "\n"
           << absl::StrJoin(WorkerWorld(seed, /*keep_history=*/true).Run().history, "\n");
  }
  const double seconds = static_cast<double>(std::clock() - begin_time) / CLOCKS_PER_SEC;
  std::cout << worlds * kLoginsOfAWorld << " logins in " << worlds << " worlds, " << lives
            << " lives of the daemon, "
            << static_cast<int64_t>(static_cast<double>(worlds * kLoginsOfAWorld) / seconds)
            << " logins/s a core;";
  for (size_t state = 0; state < ends.size(); ++state) {
    if (ends[state] > 0)
      std::cout << " " << Describe(static_cast<LoginState>(state)) << " " << ends[state];
  }
  std::cout << "\n";
}

INSTANTIATE_TEST_SUITE_P(Shard, WorkerSimulation, testing::Range(uint64_t{0}, kShards));

// What never happens is not tested.
TEST(WorkerSimulationItself, BringsEveryEndAndEveryTroubleAbout) {
  constexpr uint64_t kWorldsToSeeEverything = 400;
  WorkerStory all;
  for (uint64_t seed = 1; seed <= kWorldsToSeeEverything; ++seed) {
    const WorkerStory story = WorkerWorld(seed, /*keep_history=*/false).Run();
    for (size_t i = 0; i < all.ends.size(); ++i) all.ends[i] += story.ends[i];
    for (size_t i = 0; i < all.crashes.size(); ++i) all.crashes[i] += story.crashes[i];
    all.drains += story.drains;
    all.failed_writes += story.failed_writes;
    all.refused_writes += story.refused_writes;
    all.cancels += story.cancels;
    all.watches += story.watches;
    all.gets += story.gets;
  }
  for (size_t state = 0; state < all.ends.size(); ++state) {
    EXPECT_TRUE(!HasEnded(static_cast<LoginState>(state)) || all.ends[state] > 20) << state;
  }
  for (size_t point = 0; point < all.crashes.size(); ++point)
    EXPECT_GT(all.crashes[point], 5) << point;
  for (const int count :
       {all.drains, all.failed_writes, all.refused_writes, all.cancels, all.watches, all.gets}) {
    EXPECT_GT(count, 20);
  }
}

TEST(WorkerSimulationItself, TellsTheSameStoryForTheSameSeed) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(WorkerWorld(seed, /*keep_history=*/true).Run().history,
              WorkerWorld(seed, /*keep_history=*/true).Run().history);
  }
}

int Replay(uint64_t seed) {
  const WorkerStory story = WorkerWorld(seed, /*keep_history=*/true).Run();
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
  if (const char* count = std::getenv("CIBAD_WORKER_SIMULATION_LOGINS")) logins = Number(count);
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
  // What the daemon logs of a million troubles is of no interest, and costs time.
  const cibad::LogCapture silence([](cibad::LogLevel, const std::string&) {});
  cibad::SetLogLevel(cibad::LogLevel::kError);
  cibad::ReadOptions(argc, argv);
  if (cibad::replayed_seed) return cibad::Replay(*cibad::replayed_seed);
  return RUN_ALL_TESTS();
}
