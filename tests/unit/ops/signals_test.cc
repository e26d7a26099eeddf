#include "server/ops/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>

#include "absl/time/time.h"

namespace cibad {
namespace {

constexpr absl::Duration kSignalLimit = absl::Minutes(1);

TEST(SignalWaiterTest, WithoutASignalTheWaitEnds) {
  SignalWaiter waiter;
  EXPECT_EQ(waiter.Wait(absl::Milliseconds(1)), std::nullopt);
}

TEST(SignalWaiterTest, SignalThatCameBeforeIsGiven) {
  SignalWaiter waiter;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    ASSERT_EQ(kill(getpid(), signal), 0);
    EXPECT_EQ(waiter.Wait(kSignalLimit), signal);
  }
}

TEST(SignalWaiterTest, ThreadsStartedAfterwardsDoNotTakeTheSignal) {
  SignalWaiter waiter;
  // Sent by another thread, which would end the process if the signal could reach it.
  std::thread sender([] { kill(getpid(), SIGTERM); });
  EXPECT_EQ(waiter.Wait(kSignalLimit), SIGTERM);
  sender.join();
}

TEST(SignalWaiterTest, BrokenPipeIsAnErrorOfTheWrite) {
  SignalWaiter waiter;
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

TEST(SignalWaiterTest, SignalsWorkAsBeforeOnceItIsGone) {
  { SignalWaiter waiter; }
  sigset_t blocked;
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, nullptr, &blocked), 0);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 0);
  EXPECT_EQ(sigismember(&blocked, SIGINT), 0);
  EXPECT_EQ(sigismember(&blocked, SIGHUP), 0);
}

}  // namespace
}  // namespace cibad
