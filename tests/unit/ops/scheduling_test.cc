#include "server/ops/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace cibad {
namespace {

// A thread's policy after PreferBatches, where it had `before`; that of one that it starts then.
struct Policies {
  int own = -1;
  int of_the_next = -1;
};

Policies AfterPreferring(int before) {
  Policies policies;
  std::thread([&] {
    const sched_param no_priority = {0};
    ASSERT_EQ(sched_setscheduler(0, before, &no_priority), 0);
    ASSERT_TRUE(PreferBatches().ok());
    policies.own = sched_getscheduler(0);
    std::thread([&] { policies.of_the_next = sched_getscheduler(0); }).join();
  }).join();
  return policies;
}

TEST(Scheduling, ThreadsTakeTurns) {
  const Policies policies = AfterPreferring(SCHED_OTHER);
  EXPECT_EQ(policies.own, SCHED_BATCH);
  EXPECT_EQ(policies.of_the_next, SCHED_BATCH);
}

TEST(Scheduling, OperatorsChoiceStays) { EXPECT_EQ(AfterPreferring(SCHED_IDLE).own, SCHED_IDLE); }

int Nice() { return getpriority(PRIO_PROCESS, 0); }

TEST(Scheduling, WhatIsStartedAheadGoesFirst) {
  int before = 0, ahead = 0, after = 0;
  absl::Status status;
  std::thread([&] {
    before = Nice();
    {
      const AheadOfOthers first;
      status = first.status();
      std::thread([&] { ahead = Nice(); }).join();
    }
    std::thread([&] { after = Nice(); }).join();
  }).join();
  if (!status.ok()) GTEST_SKIP() << status;
  EXPECT_EQ(ahead, before - 3);
  EXPECT_EQ(after, before);
}

constexpr int kCannotTry = 77;

// Ends with 0 where a refusal is told and changes nothing.
[[noreturn]] void TryWhereItIsForbidden() {
  constexpr uid_t kNobody = 65534;  // root is let whatever the limit
  const rlimit none = {0, 0};
  if (setrlimit(RLIMIT_NICE, &none) != 0) _exit(kCannotTry);
  if (getuid() == 0 && setuid(kNobody) != 0) _exit(kCannotTry);
  const int before = Nice();
  const AheadOfOthers first;
  _exit(!first.status().ok() && Nice() == before ? 0 : 1);
}

bool SucceededIfTried(int status) {
  return WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == kCannotTry);
}

TEST(Scheduling, WhereItMayNotGoFirstAllStaysAsItIs) {
  EXPECT_EXIT(TryWhereItIsForbidden(), SucceededIfTried, "");
}

}  // namespace
}  // namespace cibad
