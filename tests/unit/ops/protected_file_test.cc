// How a file is read whole: within its limit, whatever its size was said to be.

#include "server/ops/protected_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/status/statusor.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

constexpr size_t kLimit = 1 << 20;

class ProtectedFileTest : public ::testing::Test {
 protected:
  // What reading says of a file with these contents, or what it has read.
  static std::string Read(const std::string& path, size_t max_bytes) {
    const absl::StatusOr<std::string> contents =
        ReadProtectedFile(path, max_bytes, /*refuse_others=*/true);
    return contents.ok() ? *contents : std::string(contents.status().message());
  }

  ConfigFolder folder_;
};

TEST_F(ProtectedFileTest, IsReadWholeUpToTheLimit) {
  for (const size_t size : {0, 1, 511, 512, 513, 1024, 4095, 4096}) {
    const std::string contents(size, 'x');
    EXPECT_EQ(Read(folder_.Write("file", contents), 4096), contents) << size;
  }
  EXPECT_EQ(Read(folder_.Write("file", "abc"), 3), "abc");
  EXPECT_EQ(Read(folder_.Write("file", ""), 0), "");
}

TEST_F(ProtectedFileTest, ThatIsLargerThanTheLimitIsRefused) {
  EXPECT_EQ(Read(folder_.Write("file", std::string(4097, 'x')), 4096), "is larger than 4096 bytes");
  EXPECT_EQ(Read(folder_.Write("file", "abcd"), 3), "is larger than 3 bytes");
  EXPECT_EQ(Read(folder_.Write("file", "a"), 0), "is larger than 0 bytes");
}

TEST_F(ProtectedFileTest, TakesRoomForWhatItHoldsAndNotForItsLimit) {
  const absl::StatusOr<std::string> contents =
      ReadProtectedFile(folder_.Write("file", "abc"), kLimit, /*refuse_others=*/true);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_LT(contents->capacity(), 4096u);
}

TEST_F(ProtectedFileTest, ThatSaysItIsHugeTakesNoMoreRoomThanTheLimit) {
  const std::string path = folder_.Write("file", "");
  ASSERT_EQ(truncate(path.c_str(), off_t{1} << 40), 0);
  EXPECT_EQ(Read(path, 4096), "is larger than 4096 bytes");
}

// The kernel's own files say that they hold nothing; so does one that grows after it was looked at.
TEST_F(ProtectedFileTest, ThatHoldsMoreThanItsSizeSaysIsReadWholeWithinTheLimit) {
  constexpr char kPath[] = "/proc/self/status";
  struct stat facts {};
  ASSERT_EQ(stat(kPath, &facts), 0);
  ASSERT_EQ(facts.st_size, 0);
  const auto contents = ReadProtectedFile(kPath, kLimit, /*refuse_others=*/false);
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_GT(contents->size(), 512u);
  EXPECT_NE(contents->find("nonvoluntary_ctxt_switches:"), std::string::npos) << "its last line";
  EXPECT_EQ(ReadProtectedFile(kPath, 600, /*refuse_others=*/false).status().message(),
            "is larger than 600 bytes");
}

TEST_F(ProtectedFileTest, ThatIsNoRegularFileIsRefusedAtOnce) {
  EXPECT_EQ(Read(folder_.path(), kLimit), "is not a regular file");
  ASSERT_EQ(mkfifo(folder_.File("fifo").c_str(), 0600), 0);
  EXPECT_EQ(Read(folder_.File("fifo"), kLimit), "is not a regular file");
  EXPECT_EQ(Read(folder_.File("none"), kLimit), "cannot be read: No such file or directory");
}

TEST_F(ProtectedFileTest, ThatIsOpenToOthersIsRefusedOnlyWhereThatMatters) {
  const std::string path = folder_.Write("file", "abc", 0604);
  EXPECT_EQ(Read(path, kLimit), "is open to every user of this machine; run: chmod o-rwx " + path);
  EXPECT_EQ(ReadProtectedFile(path, kLimit, /*refuse_others=*/false).value_or(""), "abc");
}

}  // namespace
}  // namespace cibad
