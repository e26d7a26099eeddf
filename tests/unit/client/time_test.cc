#include <gtest/gtest.h>

#include "client/countdown.h"
#include "client/retry.h"
#include "client/time_left.h"
#include "tests/unit/client/sample_login.h"

namespace cibad {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(kSampleStart);

TEST(DaemonClockTest, TellsNothingUntilTheProviderHasSaidHowLong) {
  EXPECT_FALSE(DaemonClock().LeftOf(SampleLogin(v1::Login::STARTING), kStart));
}

TEST(DaemonClockTest, CountsToTheExpireTimeAndStopsAtZero) {
  DaemonClock clock;
  const v1::Login login = SampleLogin(v1::Login::PENDING);
  clock.Learn(login, /*is_fresh=*/true, kStart);
  EXPECT_EQ(clock.LeftOf(login, kStart + absl::Seconds(60))->left, absl::Seconds(540));
  EXPECT_EQ(clock.LeftOf(login, kStart)->total, absl::Seconds(600));
  EXPECT_EQ(clock.LeftOf(login, kStart + absl::Hours(1))->left, absl::ZeroDuration());
}

TEST(DaemonClockTest, AClockOfOursThatIsWrongDoesNotChangeTheTimeLeft) {
  const v1::Login login = SampleLogin(v1::Login::PENDING);
  for (const absl::Duration wrong : {absl::Minutes(-7), absl::Minutes(7)}) {
    DaemonClock clock;
    clock.Learn(login, /*is_fresh=*/true, kStart + wrong);
    EXPECT_EQ(clock.LeftOf(login, kStart + wrong + absl::Seconds(60))->left, absl::Seconds(540));
  }
}

TEST(DaemonClockTest, AnOldChangeProvesOnlyThatOurClockIsNotAhead) {
  const v1::Login login = SampleLogin(v1::Login::PENDING);
  DaemonClock clock;
  clock.Learn(login, /*is_fresh=*/false, kStart + absl::Seconds(300));
  EXPECT_EQ(clock.LeftOf(login, kStart + absl::Seconds(300))->left, absl::Seconds(300));
  DaemonClock behind;
  behind.Learn(login, /*is_fresh=*/false, kStart - absl::Seconds(300));
  EXPECT_EQ(behind.LeftOf(login, kStart - absl::Seconds(300))->left, absl::Seconds(600));
}

TEST(RetryTest, PausesDoubleUpToTheLongest) {
  Retry retry(absl::Hours(1));
  absl::Time now = kStart;
  std::vector<absl::Duration> pauses;
  for (int i = 0; i < 6; ++i) {
    const auto next = retry.Failed(now);
    ASSERT_TRUE(next);
    pauses.push_back(*next - now);
    now = *next;
  }
  EXPECT_EQ(pauses, (std::vector<absl::Duration>{absl::Milliseconds(250), absl::Milliseconds(500),
                                                 absl::Seconds(1), absl::Seconds(2),
                                                 absl::Seconds(4), absl::Seconds(4)}));
}

TEST(RetryTest, TriesOnceMoreWhenPatienceEndsAndThenIsOver) {
  Retry retry(absl::Seconds(1));
  EXPECT_EQ(retry.Failed(kStart), kStart + absl::Milliseconds(250));
  EXPECT_EQ(retry.Failed(kStart + absl::Milliseconds(900)), kStart + absl::Seconds(1));
  EXPECT_FALSE(retry.Failed(kStart + absl::Seconds(1)));
}

TEST(RetryTest, ContactMakesTheNextFailureAFirstOne) {
  Retry retry(absl::Seconds(10));
  retry.Failed(kStart);
  retry.Failed(kStart + absl::Seconds(1));
  EXPECT_TRUE(retry.failing());
  retry.Succeeded();
  EXPECT_FALSE(retry.failing());
  const absl::Time later = kStart + absl::Hours(1);
  EXPECT_EQ(retry.Failed(later), later + Retry::kFirstPause);
}

TEST(RetryTest, ZeroPatienceNeverTriesAgain) {
  EXPECT_FALSE(Retry(absl::ZeroDuration()).Failed(kStart));
}

TEST(CountdownTest, RoundsUpSoThatZeroMeansTheTimeIsUp) {
  EXPECT_EQ(FormatTimeLeft(absl::Seconds(600)), "10:00");
  EXPECT_EQ(FormatTimeLeft(absl::Milliseconds(59001)), "1:00");
  EXPECT_EQ(FormatTimeLeft(absl::Milliseconds(1)), "0:01");
  EXPECT_EQ(FormatTimeLeft(absl::ZeroDuration()), "0:00");
}

TEST(CountdownTest, ChangesWhenTheSecondDoes) {
  EXPECT_EQ(UntilNextChange({absl::Milliseconds(5300), absl::Seconds(60)}),
            absl::Milliseconds(300));
  EXPECT_EQ(UntilNextChange({absl::Seconds(5), absl::Seconds(60)}), absl::Seconds(1));
  EXPECT_EQ(UntilNextChange({absl::ZeroDuration(), absl::Seconds(60)}), absl::InfiniteDuration());
}

}  // namespace
}  // namespace cibad
