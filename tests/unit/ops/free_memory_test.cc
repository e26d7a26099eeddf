#include "server/ops/free_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
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

// Whether memory is the C library's, which gives it back when asked.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAsksTheCLibrary = false;
#elif defined(__has_feature)
constexpr bool kAsksTheCLibrary =
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kAsksTheCLibrary = true;
#endif

// Blocks, of which each eighth is kept: the end of the heap is in use, so that the C library gives
// nothing back by itself.
class Burst {
 public:
  explicit Burst(size_t bytes) {
    const size_t block_bytes = 4 * static_cast<size_t>(sysconf(_SC_PAGESIZE));
    for (size_t i = 0; i < bytes / block_bytes; ++i) {
      blocks_.push_back(std::make_unique<char[]>(block_bytes));
      std::memset(blocks_.back().get(), 'x', block_bytes);
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
  if (!kAsksTheCLibrary) GTEST_SKIP() << "the sanitizers' allocator keeps what is freed";
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

// Growth after that is another burst, which may go on.
TEST(FreeMemory, OfTheNextBurstIsKeptUntilItIsOver) {
  if (!kAsksTheCLibrary) GTEST_SKIP() << "the sanitizers' allocator keeps what is freed";
  FreeMemory memory;
  Burst burst(kBurst);
  burst.End();
  EXPECT_FALSE(memory.ReturnAfterGrowth());
  EXPECT_TRUE(memory.ReturnAfterGrowth());
  const Burst next(kBurst / 2);
  EXPECT_FALSE(memory.ReturnAfterGrowth());
}

TEST(FreeMemory, IsLeftAloneWhereLittleHasChanged) {
  if (!kAsksTheCLibrary) GTEST_SKIP() << "the sanitizers' memory grows by itself";
  FreeMemory memory;
  for (int i = 0; i < 3; ++i) memory.ReturnAfterGrowth();
  EXPECT_FALSE(memory.ReturnAfterGrowth());
  const Burst burst(FreeMemory::kWorthwhile / 4);
  EXPECT_FALSE(memory.ReturnAfterGrowth());
  EXPECT_FALSE(memory.ReturnAfterGrowth());
}

// Requests under way come and go, and a process with more logins has more of them.
TEST(FreeMemory, IsLeftAloneWhereItIsAFractionOfWhatIsInUse) {
  if (!kAsksTheCLibrary) GTEST_SKIP() << "the sanitizers' memory grows by itself";
  const Burst in_use(kBurst);
  FreeMemory memory;
  for (int i = 0; i < 3; ++i) memory.ReturnAfterGrowth();
  const size_t before = ResidentKib();
  const Burst burst(FreeMemory::kWorthwhile * 5 / 4);
  ASSERT_GT(ResidentKib(), before + FreeMemory::kWorthwhile / 1024) << "the burst has to show";
  EXPECT_FALSE(memory.ReturnAfterGrowth()) << "it may grow on";
  EXPECT_FALSE(memory.ReturnAfterGrowth());
}

}  // namespace
}  // namespace cibad
