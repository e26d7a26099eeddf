// What a poll and a waiting login cost, in counts that hardly differ from machine to machine:
// allocations, bytes, instructions, system calls. The limits are what it was when they were set,
// and a little more. Where one is passed, either the change was not worth that
// (callgrind_annotate and docs/performance.md tell where it goes), or it was, and the limit is
// raised with a word on why.

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <new>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/poll_world.h"
#include "tests/sandbox/child_process.h"

namespace {

int64_t allocations = 0;
int64_t bytes_held = 0;

// What the C library takes for it, its own eight bytes included.
int64_t BytesOf(void* memory) {
  constexpr int64_t kHeader = 8;
  return static_cast<int64_t>(malloc_usable_size(memory)) + kHeader;
}

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc,readability-inconsistent-declaration-parameter-name)
void* operator new(size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  ++allocations;
  bytes_held += BytesOf(memory);
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  bytes_held -= BytesOf(memory);
  std::free(memory);
}

void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc,readability-inconsistent-declaration-parameter-name)

namespace cibad {
namespace {

constexpr double kMostAllocationsOfAPoll = 16;         // 14.5 when it was set
constexpr double kMostBytesOfALogin = 1150;            // 1,123
constexpr double kMostInstructionsOfAPoll = 16'000;    // 14,400
constexpr double kMostSystemCallsOfAnExchange = 10.5;  // 10.0
// Of one among 24 at a time: 6.4 to 6.6, as answers come together or not, and 7.4 where the client
// has those that are under way look at their socket once more for each round.
constexpr double kMostSystemCallsOfOneAmong24 = 7;

constexpr char kAdvice[] =
    ": take back what costs so much, or raise the limit and say in the commit what it is worth";

// Runs a program to its end; gives what it wrote to the stream.
std::string OutputOf(std::vector<std::string> arguments, OutputStream stream) {
  const auto process = ChildProcess::Start(std::move(arguments));
  if (!process.ok()) return "";
  const absl::StatusOr<int> exit_code = (*process)->WaitForExit(absl::Seconds(50));
  EXPECT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(exit_code.value_or(-1), 0) << (*process)->Output(OutputStream::kStderr);
  return (*process)->Output(stream);
}

// The number in the first group of the expression; -1: it is not there.
double NumberIn(const std::string& text, const std::string& expression) {
  std::smatch match;
  double number = -1;
  if (!std::regex_search(text, match, std::regex(expression))) return number;
  static_cast<void>(absl::SimpleAtod(match[1].str(), &number));
  return number;
}

TEST(PollCounts, AllocationsOfAPollAreWithinTheLimit) {
  PollWorld world;
  world.AddLogins(1000);
  world.PollAll();
  const int64_t before = allocations;
  const int polls = world.PollAll();
  ASSERT_EQ(polls, 1000);
  const double each = static_cast<double>(allocations - before) / polls;
  EXPECT_LE(each, kMostAllocationsOfAPoll)
      << "a poll now makes " << each << " allocations" << kAdvice;
  std::cout << "allocations of a poll: " << each << std::endl;
}

TEST(PollCounts, BytesOfAWaitingLoginAreWithinTheLimit) {
  PollWorld world;
  world.AddLogins(1000);  // what they share is there already
  world.PollAll();
  const int64_t before = bytes_held;
  constexpr int kLogins = 10'000;
  world.AddLogins(kLogins);
  world.PollAll();
  const double each = static_cast<double>(bytes_held - before) / kLogins;
  EXPECT_LE(each, kMostBytesOfALogin)
      << "a waiting login now holds " << each << " bytes" << kAdvice;
  std::cout << "bytes of a waiting login: " << each << std::endl;
}

TEST(PollCounts, InstructionsOfAPollAreWithinTheLimit) {
  const auto count = [](int rounds) {
    return NumberIn(OutputOf({"/usr/bin/valgrind", "--tool=callgrind",
                              "--callgrind-out-file=/dev/null", POLL_RUN, absl::StrCat(rounds)},
                             OutputStream::kStderr),
                    "Collected : ([0-9]+)");
  };
  const double few = count(5);
  if (few < 0) GTEST_SKIP() << "valgrind does not run here";
  const double each = (count(25) - few) / (20 * 100);
  EXPECT_GT(each, 0);
  EXPECT_LE(each, kMostInstructionsOfAPoll)
      << "a poll now takes " << each << " instructions" << kAdvice;
  std::cout << "instructions of a poll: " << each << std::endl;
}

// Of an exchange, where so many are under way at once.
double SystemCalls(int at_a_time) {
  const auto count = [at_a_time](int requests) {
    return NumberIn(OutputOf({"/usr/bin/strace", "-c", EXCHANGE_RUN, absl::StrCat(requests),
                              absl::StrCat(at_a_time)},
                             OutputStream::kStderr),
                    "\n *100\\.00 +[0-9.]+ +[0-9]* +([0-9]+) .*total");
  };
  const double few = count(120);
  return few < 0 ? -1 : (count(1320) - few) / 1200;
}

TEST(PollCounts, SystemCallsOfAPollAreWithinTheLimit) {
  const double alone = SystemCalls(1);
  if (alone < 0) GTEST_SKIP() << "strace may not trace here";
  EXPECT_GT(alone, 0);
  EXPECT_LE(alone, kMostSystemCallsOfAnExchange)
      << "an exchange now takes " << alone << " system calls" << kAdvice;
  const double shared = SystemCalls(24);
  EXPECT_GT(shared, 0);
  EXPECT_LE(shared, kMostSystemCallsOfOneAmong24)
      << "of 24 at a time an exchange now takes " << shared << " system calls" << kAdvice;
  std::cout << "system calls of an exchange: " << alone << ", of 24 at a time " << shared
            << std::endl;
}

}  // namespace
}  // namespace cibad
