#include "server/ops/free_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace cibad {
namespace {

size_t ResidentKib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

// Blocks of half a page and more, of which each eighth is kept: the end of the heap is in use, so
// that the C library gives nothing back by itself.
class Burst {
 public:
  explicit Burst(size_t bytes) {
    constexpr size_t kBlock = size_t{16} << 10;
    for (size_t i = 0; i < bytes / kBlock; ++i) {
      blocks_.push_back(std::make_unique<char[]>(kBlock));
      std::memset(blocks_.back().get(), 'x', kBlock);
    }
  }
  void End() {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      if (i % 8 != 0) blocks_[i].reset();
    }
  }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
};

constexpr size_t kBurst = 16 * FreeMemory::kWorthwhile;

TEST(FreeMemory, OfABurstGoesBackToTheMachine) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizers' allocator keeps what is freed";
#endif
  FreeMemory memory;
  for (int i = 0; i < 3; ++i) memory.ReturnAfterGrowth();
  const size_t before = ResidentKib();
  Burst burst(kBurst);
  burst.End();
  const size_t peak = ResidentKib();
  EXPECT_FALSE(memory.ReturnAfterGrowth()) << "it may grow on";
  EXPECT_TRUE(memory.ReturnAfterGrowth());
  EXPECT_GT(peak, before + kBurst / 1024 * 3 / 4) << "the burst has to show";
  EXPECT_LT(ResidentKib(), before + kBurst / 1024 / 4) << "an eighth is in use";
}

TEST(FreeMemory, IsLeftAloneWhereLittleHasChanged) {
  FreeMemory memory;
  for (int i = 0; i < 3; ++i) memory.ReturnAfterGrowth();
  EXPECT_FALSE(memory.ReturnAfterGrowth());
  const Burst burst(FreeMemory::kWorthwhile / 4);
  EXPECT_FALSE(memory.ReturnAfterGrowth());
  EXPECT_FALSE(memory.ReturnAfterGrowth());
}

}  // namespace
}  // namespace cibad
