#include "server/http/event_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/http/clock.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;

// Two connected sockets; what is written to one can be read from the other.
class SocketPair {
 public:
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_.data()), 0); }
  ~SocketPair() {
    close(fds_[0]);
    close(fds_[1]);
  }
  SocketPair(const SocketPair&) = delete;
  SocketPair& operator=(const SocketPair&) = delete;

  int near() const { return fds_[0]; }
  void WriteToNear() const { EXPECT_EQ(write(fds_[1], "x", 1), 1); }
  void ReadNear() const {
    char byte = 0;
    EXPECT_EQ(read(fds_[0], &byte, 1), 1);
  }

 private:
  std::array<int, 2> fds_{};
};

TEST(EventLoopTest, RunsWhatIsPostedInOrderAndNotWithinPost) {
  EventLoop loop(MonotonicClock());
  std::vector<int> ran;
  for (int i = 0; i < 3; ++i) loop.Post([&ran, i] { ran.push_back(i); });
  EXPECT_TRUE(ran.empty());
  loop.Stop();
  loop.Run();
  EXPECT_THAT(ran, ElementsAre(0, 1, 2));
}

TEST(EventLoopTest, WhatAClosurePostsRunsAfterWhatWasThereBefore) {
  EventLoop loop(MonotonicClock());
  std::vector<int> ran;
  loop.Post([&] {
    ran.push_back(1);
    loop.Post([&] {
      ran.push_back(3);
      loop.Stop();
    });
    EXPECT_THAT(ran, ElementsAre(1));
  });
  loop.Post([&] { ran.push_back(2); });
  loop.Run();
  EXPECT_THAT(ran, ElementsAre(1, 2, 3));
}

TEST(EventLoopTest, TakesEveryThreadsClosuresInThatThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5'000;
  EventLoop loop(MonotonicClock());
  std::array<std::vector<int>, kThreads> ran;
  int missing = kThreads * kPosts;
  const std::thread::id runner = std::this_thread::get_id();
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop.Post([&, t, i] {
          EXPECT_EQ(std::this_thread::get_id(), runner);
          ran[t].push_back(i);
          if (--missing == 0) loop.Stop();
        });
      }
    });
  }
  loop.Run();
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<int>& order : ran) {
    ASSERT_EQ(order.size(), kPosts);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
}

TEST(EventLoopTest, PostWakesALoopThatSleeps) {
  EventLoop loop(MonotonicClock());
  std::atomic<bool> sleeps = false;
  std::thread runner([&] {
    loop.Post([&] { sleeps = true; });
    loop.Run();
  });
  while (!sleeps) std::this_thread::yield();
  for (int i = 0; i < 1'000; ++i) {  // each finds the loop on its way into or out of the kernel
    std::atomic<bool> ran = false;
    loop.Post([&] { ran = true; });
    while (!ran) std::this_thread::yield();
  }
  loop.Stop();
  runner.join();
}

TEST(EventLoopTest, StopFromAnotherThreadEndsRun) {
  EventLoop loop(MonotonicClock());
  std::thread stopper([&] { loop.Stop(); });
  loop.Run();
  stopper.join();
}

TEST(EventLoopTest, WhatIsPostedAfterStopWaitsForTheNextRun) {
  EventLoop loop(MonotonicClock());
  bool ran = false;
  loop.Stop();
  loop.Run();
  loop.Post([&] { ran = true; });
  loop.Stop();
  EXPECT_FALSE(ran);
  loop.Run();
  EXPECT_TRUE(ran);
}

// What is at hand is looked at before a due alarm, the stop among it. The loop would sleep until
// the next alarm after it, and without one for good.
TEST(EventLoopTest, AStopThatIsThereWhenAnAlarmIsDueEndsRun) {
  EventLoop loop(MonotonicClock());
  const absl::Time start = loop.Now();
  EventLoop::Alarm due(loop, [] {});
  due.Set(start);
  EventLoop::Alarm next(loop, [] {});
  next.Set(start + absl::Seconds(10));
  loop.Stop();
  loop.Run();
  EXPECT_LT(loop.Now() - start, absl::Seconds(10));
}

TEST(EventLoopTest, AlarmsNeverComeEarlyNorOutOfOrder) {
  const Clock clock = MonotonicClock();
  EventLoop loop(clock);
  std::vector<int> order;
  std::optional<EventLoop::Alarm> first;
  std::optional<EventLoop::Alarm> second;
  const absl::Time start = clock();
  const absl::Time first_time = start + absl::Microseconds(2'300);
  const absl::Time second_time = start + absl::Microseconds(7'900);
  second.emplace(loop, [&] {
    EXPECT_GE(clock(), second_time);
    order.push_back(2);
    loop.Stop();
  });
  first.emplace(loop, [&] {
    EXPECT_GE(clock(), first_time);
    order.push_back(1);
  });
  second->Set(second_time);
  first->Set(first_time);
  loop.Run();
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(EventLoopTest, AlarmsThatAreLateTogetherComeInTheOrderOfTheirTimes) {
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  EventLoop loop([&now] { return now; });
  std::vector<int> order;
  EventLoop::Alarm third(loop, [&] {
    order.push_back(3);
    loop.Stop();
  });
  EventLoop::Alarm second(loop, [&] { order.push_back(2); });
  std::optional<EventLoop::Alarm> destroyed;
  EventLoop::Alarm cleared(loop, [&] { order.push_back(-1); });
  EventLoop::Alarm first(loop, [&] {
    order.push_back(1);
    destroyed.reset();
    cleared.Clear();
  });
  destroyed.emplace(loop, [&] { order.push_back(-2); });
  first.Set(now + absl::Milliseconds(1));
  second.Set(now + absl::Milliseconds(2));
  destroyed->Set(now + absl::Milliseconds(2));
  cleared.Set(now + absl::Milliseconds(2));
  third.Set(now + absl::Milliseconds(3));
  now += absl::Seconds(1);
  loop.Run();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(EventLoopTest, AnAlarmSetAnewFromItsCallbackKeepsItsRhythm) {
  const Clock clock = MonotonicClock();
  EventLoop loop(clock);
  int rings = 0;
  absl::Time due = clock() + absl::Microseconds(700);
  std::optional<EventLoop::Alarm> alarm;
  alarm.emplace(loop, [&] {
    EXPECT_GE(clock(), due);
    if (++rings == 20) return loop.Stop();
    due = clock() + absl::Microseconds(700);
    alarm->Set(due);
  });
  alarm->Set(due);
  loop.Run();
  EXPECT_EQ(rings, 20);
}

TEST(EventLoopTest, AnAlarmInThePastRingsOnceAndNotWithinSet) {
  EventLoop loop(MonotonicClock());
  int rings = 0;
  EventLoop::Alarm alarm(loop, [&] { ++rings; });
  EventLoop::Alarm end(loop, [&] { loop.Stop(); });
  alarm.Set(absl::InfinitePast());
  EXPECT_EQ(rings, 0);
  end.Set(loop.Now() + absl::Milliseconds(5));
  loop.Run();
  EXPECT_EQ(rings, 1);
}

TEST(EventLoopTest, AClearedOrMovedAlarmDoesNotRingAtItsOldTime) {
  EventLoop loop(MonotonicClock());
  bool cleared_rang = false;
  bool moved_rang = false;
  EventLoop::Alarm cleared(loop, [&] { cleared_rang = true; });
  EventLoop::Alarm moved(loop, [&] { moved_rang = true; });
  EventLoop::Alarm end(loop, [&] { loop.Stop(); });
  cleared.Set(loop.Now());
  cleared.Clear();
  moved.Set(loop.Now());
  moved.Set(loop.Now() + absl::Hours(1));
  end.Set(loop.Now() + absl::Milliseconds(5));
  loop.Run();
  EXPECT_FALSE(cleared_rang);
  EXPECT_FALSE(moved_rang);
}

TEST(EventLoopTest, ACallbackMayDestroyOtherAlarms) {
  EventLoop loop(MonotonicClock());
  bool destroyed_rang = false;
  std::optional<EventLoop::Alarm> before;
  std::optional<EventLoop::Alarm> after;
  before.emplace(loop, [&] {});
  EventLoop::Alarm killer(loop, [&] {
    before.reset();
    after.reset();
  });
  after.emplace(loop, [&] { destroyed_rang = true; });
  EventLoop::Alarm end(loop, [&] { loop.Stop(); });
  killer.Set(absl::InfinitePast());
  after->Set(absl::InfinitePast());
  end.Set(absl::InfinitePast());
  loop.Run();
  EXPECT_FALSE(destroyed_rang);
}

// By a clock that the test moves: real time passing means nothing to the alarm.
TEST(EventLoopTest, AlarmsGoByTheGivenClock) {
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  EventLoop loop([&now] { return now; });
  bool rang = false;
  EventLoop::Alarm alarm(loop, [&] {
    rang = true;
    loop.Stop();
  });
  alarm.Set(now + absl::Milliseconds(1));
  const Clock real = MonotonicClock();
  const absl::Time enough = real() + absl::Milliseconds(20);
  std::function<void()> look = [&] {
    EXPECT_FALSE(rang);
    if (real() > enough) {
      now += absl::Milliseconds(1);
    } else {
      loop.Post(look);
    }
  };
  loop.Post(look);
  loop.Run();
  EXPECT_TRUE(rang);
}

// As after a minute of SIGSTOP, in which the answer came and the time to wait for it passed.
TEST(EventLoopTest, WhatHasComeIsReportedBeforeAnAlarmThatIsDue) {
  absl::Time now = absl::FromUnixSeconds(1'000'000);
  EventLoop loop([&now] { return now; });
  const SocketPair pair;
  std::vector<std::string> order;
  EventLoop::Alarm alarm(loop, [&] {
    order.push_back("alarm");
    loop.Stop();
  });
  alarm.Set(now + absl::Seconds(35));
  loop.WatchFd(pair.near(), EPOLLIN, [&](uint32_t) {
    pair.ReadNear();
    order.push_back("answer");
  });
  loop.Post([&] {
    pair.WriteToNear();
    now += absl::Minutes(1);
  });
  loop.Run();
  EXPECT_THAT(order, ElementsAre("answer", "alarm"));
}

TEST(EventLoopTest, SleepsWithoutWakingUntilTheAlarm) {
  EventLoop loop(MonotonicClock());
  EventLoop::Alarm end(loop, [&] { loop.Stop(); });
  end.Set(loop.Now() + absl::Milliseconds(200));
  rusage before{};
  getrusage(RUSAGE_THREAD, &before);
  loop.Run();
  rusage after{};
  getrusage(RUSAGE_THREAD, &after);
  // Each wake-up shows as one voluntary switch when the thread goes back to sleep; a tick would
  // show as 20 and more.
  EXPECT_LE(after.ru_nvcsw - before.ru_nvcsw, 3);
}

TEST(EventLoopTest, ReportsADescriptorAsLongAsItIsReady) {
  EventLoop loop(MonotonicClock());
  const SocketPair pair;
  int reports = 0;
  loop.WatchFd(pair.near(), EPOLLIN, [&](uint32_t events) {
    EXPECT_EQ(events, EPOLLIN);
    if (++reports < 3) return;  // unread, it is reported again
    pair.ReadNear();
    loop.UnwatchFd(pair.near());
    loop.Stop();
  });
  pair.WriteToNear();
  loop.Run();
  EXPECT_EQ(reports, 3);
}

TEST(EventLoopTest, ChangeFdWaitsForOtherEvents) {
  EventLoop loop(MonotonicClock());
  const SocketPair pair;
  std::vector<uint32_t> reports;
  loop.WatchFd(pair.near(), EPOLLIN, [&](uint32_t events) {
    reports.push_back(events);
    loop.UnwatchFd(pair.near());
    loop.Stop();
  });
  loop.Post([&] { loop.ChangeFd(pair.near(), EPOLLOUT); });
  loop.Run();
  EXPECT_THAT(reports, ElementsAre(EPOLLOUT));
}

TEST(EventLoopTest, AChangeOfADescriptorThatIsClosedAndNotYetUnwatchedDoesNoHarm) {
  EventLoop loop(MonotonicClock());
  std::array<int, 2> fds{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  loop.WatchFd(fds[0], EPOLLIN, [](uint32_t) { FAIL() << "called back for a closed descriptor"; });
  loop.Post([&] {
    close(fds[0]);
    loop.ChangeFd(fds[0], EPOLLOUT);
    loop.Post([&] {
      loop.UnwatchFd(fds[0]);
      loop.Stop();
    });
  });
  loop.Run();
  close(fds[1]);
}

// Both are ready in the same round; whichever is called first unwatches the other.
TEST(EventLoopTest, AnUnwatchedDescriptorIsSilentEvenIfTheKernelHasReportedIt) {
  EventLoop loop(MonotonicClock());
  const SocketPair left;
  const SocketPair right;
  int reports = 0;
  const auto watch = [&](const SocketPair& mine, const SocketPair& other) {
    loop.WatchFd(mine.near(), EPOLLIN, [&](uint32_t) {
      ++reports;
      loop.UnwatchFd(other.near());
      loop.UnwatchFd(mine.near());
      loop.Stop();
    });
  };
  watch(left, right);
  watch(right, left);
  left.WriteToNear();
  right.WriteToNear();
  loop.Run();
  EXPECT_EQ(reports, 1);
}

TEST(EventLoopTest, ADescriptorMayBeClosedBeforeItIsUnwatched) {
  EventLoop loop(MonotonicClock());
  std::array<int, 2> fds{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  loop.WatchFd(fds[0], EPOLLIN, [](uint32_t) { FAIL() << "called back for a closed descriptor"; });
  ASSERT_EQ(write(fds[1], "x", 1), 1);
  close(fds[0]);
  loop.UnwatchFd(fds[0]);
  close(fds[1]);
  loop.Stop();
  loop.Run();
}

TEST(EventLoopTest, ADescriptorMayBeWatchedAnewFromItsOwnCallback) {
  EventLoop loop(MonotonicClock());
  const SocketPair pair;
  bool second_called = false;
  loop.WatchFd(pair.near(), EPOLLIN, [&](uint32_t) {
    loop.UnwatchFd(pair.near());
    loop.WatchFd(pair.near(), EPOLLIN, [&](uint32_t) {
      second_called = true;
      loop.UnwatchFd(pair.near());
      loop.Stop();
    });
  });
  pair.WriteToNear();
  loop.Run();
  EXPECT_TRUE(second_called);
}

}  // namespace
}  // namespace cibad
