#include "server/login/back_off.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cibad {
namespace {

constexpr absl::Duration kBase = absl::Seconds(5);

TEST(BackOff, Section10_1_DoublesUpToAMinutePlusAQuarterAtMost) {
  int unanswered = 0;
  for (const int seconds : {5, 10, 20, 40, 60, 60}) {
    const absl::Duration wait = BackOff(kBase, ++unanswered, "login");
    EXPECT_GE(wait, absl::Seconds(seconds));
    EXPECT_LE(wait, absl::Seconds(seconds) * 5 / 4);
  }
}

TEST(BackOff, StopsDoublingAtTheLongestWaitThatIsAskedFor) {
  int unanswered = 0;
  for (const int seconds : {5, 10, 12, 12}) {
    const absl::Duration wait = BackOff(kBase, ++unanswered, "login", absl::Seconds(12));
    EXPECT_GE(wait, absl::Seconds(seconds));
    EXPECT_LE(wait, absl::Seconds(seconds) * 5 / 4);
  }
}

TEST(BackOff, Section10_1_IsNeverShorterThanTheBase) {
  for (const int seconds : {1, 5, 30, 60, 61, 600}) {
    for (int unanswered = 1; unanswered < 20; ++unanswered) {
      EXPECT_GE(BackOff(absl::Seconds(seconds), unanswered, "login"), absl::Seconds(seconds));
    }
  }
}

TEST(BackOff, StaysFiniteHoweverManyRequestsWentUnanswered) {
  EXPECT_LE(BackOff(kBase, 2'000'000'000, "login"), absl::Seconds(75));
}

TEST(BackOff, JitterSpreadsLoginsOverTheQuarter) {
  std::set<int64_t> eighths;
  std::set<absl::Duration> waits;
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration wait = BackOff(absl::Seconds(8), 1, std::to_string(i));
    waits.insert(wait);
    eighths.insert((wait - absl::Seconds(8)) / absl::Milliseconds(250));
  }
  EXPECT_GT(waits.size(), 500u);
  EXPECT_EQ(eighths.size(), 8u);
}

TEST(BackOff, JitterDiffersFromOneTryToTheNext) {
  std::set<absl::Duration> waits;
  for (int unanswered = 10; unanswered < 20; ++unanswered) {
    waits.insert(BackOff(kBase, unanswered, "login"));
  }
  EXPECT_GT(waits.size(), 5u);
}

TEST(BackOff, IsTheSameForTheSameLoginAndTry) {
  EXPECT_EQ(BackOff(kBase, 3, "login"), BackOff(kBase, 3, "login"));
}

}  // namespace
}  // namespace cibad
