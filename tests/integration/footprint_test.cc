// What the daemon takes of the machine while nobody calls.

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/ops/scheduling.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

// What counts as the process's memory (RSS), of its own and of files.
int64_t ResidentMib(pid_t pid) {
  const std::string statm = ReadFile(absl::StrCat("/proc/", pid, "/statm"));
  const std::vector<std::string> pages = absl::StrSplit(statm, ' ');
  int64_t resident = 0;
  if (pages.size() > 1) static_cast<void>(absl::SimpleAtoi(pages[1], &resident));
  constexpr int64_t kMebibyte = int64_t{1} << 20;
  return resident * sysconf(_SC_PAGESIZE) / kMebibyte;
}

class FootprintTest : public IntegrationTest {};

TEST_F(FootprintTest, AnIdleDaemonTakesLessThanTwentyMebibytes) {
#ifdef CIBAD_SANITIZED
  GTEST_SKIP() << "a sanitizer takes more memory than the daemon";
#endif
  int64_t resident = 0;
  EXPECT_TRUE(Eventually([&] {
    static_cast<void>(till_->Health(""));
    resident = ResidentMib(daemon_->process().pid());
    return resident > 0 && resident < 20;
  })) << "it takes "
      << resident << " MiB";
}

std::vector<pid_t> ThreadsOf(pid_t pid) {
  std::vector<pid_t> threads;
  for (const auto& task :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/task"))) {
    pid_t thread = 0;
    if (absl::SimpleAtoi(task.path().filename().string(), &thread)) threads.push_back(thread);
  }
  return threads;
}

TEST_F(FootprintTest, ItsThreadsTakeTurns) {
  int threads = 0;
  for (const pid_t thread : ThreadsOf(daemon_->process().pid())) {
    const int policy = sched_getscheduler(thread);
    if (policy < 0) continue;  // it has just ended
    ++threads;
    EXPECT_EQ(policy, SCHED_BATCH) << ReadFile(absl::StrCat("/proc/", thread, "/comm"));
  }
  EXPECT_GT(threads, 2);
}

int NiceOf(pid_t thread) { return getpriority(PRIO_PROCESS, static_cast<id_t>(thread)); }

bool MayLowerItsNiceValue() {
  const int nice = NiceOf(0);
  return setpriority(PRIO_PROCESS, 0, nice - AheadOfOthers::kLead) == 0 &&
         setpriority(PRIO_PROCESS, 0, nice) == 0;
}

TEST_F(FootprintTest, TheStoresThreadAloneGoesFirst) {
  if (!MayLowerItsNiceValue()) GTEST_SKIP() << "this user may not have a thread go first";
  const pid_t pid = daemon_->process().pid();
  const std::vector<pid_t> threads = ThreadsOf(pid);
  const int ahead = NiceOf(pid) - AheadOfOthers::kLead;
  EXPECT_EQ(std::count_if(threads.begin(), threads.end(),
                          [ahead](pid_t thread) { return NiceOf(thread) == ahead; }),
            1);
}

}  // namespace
}  // namespace cibad
