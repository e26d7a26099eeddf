#include "server/ops/refusal_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1'780'000'000);
const RefusalLimit::Refused kTill = {true, "till"};
const RefusalLimit::Refused kOther = {true, "other"};
const RefusalLimit::Refused kSocket = {false, "till"};  // a listener of that name

int CountAdmitted(RefusalLimit& limit, const RefusalLimit::Refused& refused, int tries,
                  absl::Time now) {
  int admitted = 0;
  for (int i = 0; i < tries; ++i) admitted += limit.Admit(refused, now) ? 1 : 0;
  return admitted;
}

TEST(RefusalLimit, EachOneHasItsOwn) {
  RefusalLimit limit;
  EXPECT_EQ(CountAdmitted(limit, kTill, 100, kStart), RefusalLimit::kMostOfOneASecond);
  EXPECT_EQ(CountAdmitted(limit, kOther, 1, kStart), 1);
  EXPECT_EQ(CountAdmitted(limit, kSocket, 1, kStart), 1);
  EXPECT_EQ(CountAdmitted(limit, kTill, 1, kStart + absl::Milliseconds(999)), 0);
  EXPECT_EQ(CountAdmitted(limit, kTill, 1, kStart + absl::Seconds(1)), 1);
}

TEST(RefusalLimit, WhatIsLeftOutIsCountedForEachAndGivenOnceItsSecondIsOver) {
  RefusalLimit limit;
  CountAdmitted(limit, kTill, RefusalLimit::kMostOfOneASecond + 7, kStart);
  CountAdmitted(limit, kOther, RefusalLimit::kMostOfOneASecond, kStart);
  limit.LeaveOut(kSocket, kStart);
  EXPECT_THAT(limit.Take(kStart + absl::Milliseconds(500)), IsEmpty());
  const std::vector<RefusalLimit::LeftOut> left_out = limit.Take(kStart + absl::Seconds(1));
  ASSERT_THAT(left_out, SizeIs(2));
  EXPECT_EQ(left_out[0].refused, kSocket);
  EXPECT_EQ(left_out[0].count, 1);
  EXPECT_EQ(left_out[1].refused, kTill);
  EXPECT_EQ(left_out[1].count, 7);
  EXPECT_EQ(left_out[1].last, kStart);
  EXPECT_THAT(limit.Take(kStart + absl::Seconds(2)), IsEmpty());
}

TEST(RefusalLimit, AllTogetherHaveOneToo) {
  RefusalLimit limit;
  int admitted = 0;
  for (int i = 0; i < 2 * RefusalLimit::kMostASecond; ++i)
    admitted += CountAdmitted(limit, {true, absl::StrCat("till-", i)}, 1, kStart);
  EXPECT_EQ(admitted, RefusalLimit::kMostASecond);
}

TEST(RefusalLimit, TellsABoundedNumberApartAndCountsTheRestAsOne) {
  RefusalLimit limit;
  constexpr int kMany = 3 * static_cast<int>(RefusalLimit::kMostRefused);
  for (int i = 0; i < kMany; ++i) limit.LeaveOut({true, absl::StrCat("till-", i)}, kStart);
  const std::vector<RefusalLimit::LeftOut> left_out = limit.Take(absl::InfiniteFuture());
  EXPECT_THAT(left_out, SizeIs(RefusalLimit::kMostRefused + 1));
  int64_t count = 0;
  for (const RefusalLimit::LeftOut& one : left_out) count += one.count;
  EXPECT_EQ(count, kMany);
}

TEST(RefusalLimit, AClockThatIsSetBackMutesNobody) {
  RefusalLimit limit;
  CountAdmitted(limit, kTill, 100, kStart);
  EXPECT_EQ(CountAdmitted(limit, kTill, 1, kStart - absl::Hours(1)), 1);
}

}  // namespace
}  // namespace cibad
