#include "server/engine/pending_counts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cibad {
namespace {

TEST(PendingCounts, SoManyAreLetInOfEachCaller) {
  PendingCounts counts;
  for (int i = 0; i < 2; ++i) (*counts.Admit("till", 2))->Keep();
  EXPECT_EQ(counts.Admit("till", 2).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(counts.Admit("other", 2).ok());
  counts.Remove("till");
  const auto place = counts.Admit("till", 2);
  ASSERT_TRUE(place.ok());
  EXPECT_FALSE(counts.Admit("till", 2).ok()) << "the other one is still there";
}

TEST(PendingCounts, APlaceThatIsNotKeptIsGivenBack) {
  PendingCounts counts;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(counts.Admit("till", 1).ok());
  const auto place = counts.Admit("till", 1);
  ASSERT_TRUE(place.ok());
  EXPECT_FALSE(counts.Admit("till", 1).ok());
}

TEST(PendingCounts, WhatWasThereBeforeCounts) {
  PendingCounts counts;
  counts.Add("till");
  EXPECT_FALSE(counts.Admit("till", 1).ok());
}

TEST(PendingCounts, AtOnceNoMoreGetInThanOneByOne) {
  constexpr int kMost = 100;
  PendingCounts counts;
  std::atomic<int> let_in = 0;
  constexpr int kThreads = 8;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        const auto place = counts.Admit("till", kMost);
        if (!place.ok()) continue;
        (*place)->Keep();
        ++let_in;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(let_in, kMost);
}

}  // namespace
}  // namespace cibad
