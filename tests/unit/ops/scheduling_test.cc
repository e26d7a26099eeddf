#include "server/ops/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>

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

}  // namespace
}  // namespace cibad
