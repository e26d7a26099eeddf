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

int NiceOfANewThread() {
  int nice = 0;
  std::thread([&] { nice = Nice(); }).join();
  return nice;
}

TEST(Scheduling, WhatIsStartedAheadGoesFirst) {
  const int before = Nice();
  {
    const AheadOfOthers first;
    if (!first.status().ok()) GTEST_SKIP() << first.status();
    EXPECT_EQ(NiceOfANewThread(), before - AheadOfOthers::kLead);
  }
  EXPECT_EQ(NiceOfANewThread(), before);
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

TEST(Scheduling, WhereItMayNotGoFirstAllStaysAsItIs) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) TryWhereItIsForbidden();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotTry) GTEST_SKIP() << "this user may not be forbidden it";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace cibad
