#include "server/rpc/start_rates.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/engine/call_status.h"

namespace cibad {
namespace {

const absl::Time kNoon = absl::FromUnixSeconds(1'780'000'000);

TEST(StartRates, AMinutesWorthGoesThroughAtOnceAndNoMore) {
  StartRates rates;
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(rates.Admit("till", 60, kNoon).ok()) << i;
  const absl::Status refused = rates.Admit("till", 60, kNoon);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(RetryDelayOf(refused), absl::Seconds(1));
}

TEST(StartRates, AfterTheTimeThatItToldOneMoreGoesThrough) {
  StartRates rates;
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(rates.Admit("till", 10, kNoon).ok());
  const auto wait = RetryDelayOf(rates.Admit("till", 10, kNoon));
  ASSERT_TRUE(wait.has_value());
  EXPECT_FALSE(rates.Admit("till", 10, kNoon + *wait - absl::Milliseconds(10)).ok());
  EXPECT_TRUE(rates.Admit("till", 10, kNoon + *wait + absl::Milliseconds(10)).ok());
  EXPECT_FALSE(rates.Admit("till", 10, kNoon + *wait + absl::Milliseconds(20)).ok());
}

TEST(StartRates, WhoWasQuietForLongHasAMinutesWorthAndNoMore) {
  StartRates rates;
  ASSERT_TRUE(rates.Admit("till", 3, kNoon).ok());
  const absl::Time later = kNoon + absl::Hours(5);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rates.Admit("till", 3, later).ok()) << i;
  EXPECT_FALSE(rates.Admit("till", 3, later).ok());
}

TEST(StartRates, WhereNobodyCouldStartAtFullRateAllAreForgotten) {
  StartRates rates;
  for (size_t i = 0; i < StartRates::kMostCallers; ++i) {
    ASSERT_TRUE(rates.Admit(absl::StrCat("till-", i), 1, kNoon).ok());
  }
  ASSERT_FALSE(rates.Admit("till-0", 1, kNoon).ok());
  ASSERT_TRUE(rates.Admit("one more", 1, kNoon).ok());
  EXPECT_TRUE(rates.Admit("till-0", 1, kNoon).ok()) << "or they would take memory without end";
}

TEST(StartRates, CallersDoNotFeelEachOther) {
  StartRates rates;
  ASSERT_TRUE(rates.Admit("one", 1, kNoon).ok());
  EXPECT_FALSE(rates.Admit("one", 1, kNoon).ok());
  EXPECT_TRUE(rates.Admit("other", 1, kNoon).ok());
}

TEST(StartRates, RoomIsMadeOfThoseWhoCouldStartAtFullRateAgain) {
  StartRates rates;
  for (size_t i = 0; i + 1 < StartRates::kMostCallers; ++i) {
    ASSERT_TRUE(rates.Admit(absl::StrCat("till-", i), 1, kNoon).ok());
  }
  ASSERT_TRUE(rates.Admit("busy", 1, kNoon + absl::Seconds(30)).ok());
  const absl::Time later = kNoon + absl::Seconds(61);
  ASSERT_TRUE(rates.Admit("one more", 1, later).ok());
  EXPECT_FALSE(rates.Admit("busy", 1, later).ok()) << "it is remembered";
}

}  // namespace
}  // namespace cibad
