#include "server/ops/audit_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kLong = absl::Seconds(60);

// A disk under the test's control. Shared, since a writer's thread may outlive the writer.
class Disk {
 public:
  enum class Mood { kFine, kFull, kHangs, kTakesNothing };

  void Set(Mood mood) {
    const std::lock_guard lock(mutex_);
    mood_ = mood;
    changed_.notify_all();
  }
  // Takes at most so many bytes at once.
  void TakeInPieces(size_t bytes) {
    const std::lock_guard lock(mutex_);
    piece_ = bytes;
  }
  // From the next Append on lines go to another file.
  void Rotate() {
    const std::lock_guard lock(mutex_);
    is_rotated_ = true;
  }
  void WaitForAppends(int count) {
    std::unique_lock lock(mutex_);
    const bool came =
        changed_.wait_for(lock, absl::ToChronoSeconds(kLong), [&] { return appends_ >= count; });
    EXPECT_TRUE(came);
  }
  std::vector<std::string> Files() {
    const std::lock_guard lock(mutex_);
    return files_;
  }
  std::string Text() { return Files().back(); }

  absl::StatusOr<size_t> Append(absl::string_view text) {
    std::unique_lock lock(mutex_);
    ++appends_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return mood_ != Mood::kHangs; });
    if (mood_ == Mood::kFull) return absl::UnavailableError("no space left");
    if (mood_ == Mood::kTakesNothing) {  // a moment's wait, as a pipe that nobody reads has it
      changed_.wait_for(lock, std::chrono::milliseconds(1));
      return 0;
    }
    const absl::string_view taken = text.substr(0, piece_);
    absl::StrAppend(&files_.back(), taken);
    return taken.size();
  }
  bool Follow() {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(is_rotated_, false)) return false;
    files_.emplace_back();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Mood mood_ = Mood::kFine;
  size_t piece_ = std::string::npos;
  bool is_rotated_ = false;
  int appends_ = 0;
  std::vector<std::string> files_ = {""};
};

class DiskSink : public AuditSink {
 public:
  explicit DiskSink(std::shared_ptr<Disk> disk) : disk_(std::move(disk)) {}
  absl::StatusOr<size_t> Append(absl::string_view text) override { return disk_->Append(text); }
  bool Follow(bool /*at_once*/) override { return disk_->Follow(); }

 private:
  const std::shared_ptr<Disk> disk_;
};

class AuditWriterTest : public testing::Test {
 protected:
  AuditWriterTest() {
    options_.most_lines = 8;
    options_.close_limit = absl::Milliseconds(50);
    options_.clock = [this] { return absl::FromUnixNanos(now_.load()); };
    options_.lost_line = [](int64_t count) { return absl::StrCat("lost ", count); };
    options_.on_lost = [this] { ++lost_; };
    options_.on_status = [this](const absl::Status& status) {
      const std::lock_guard lock(mutex_);
      told_.emplace_back(status.message());
    };
  }
  // Lets a hanging thread go, so that none is left when the test's objects go.
  ~AuditWriterTest() override { disk_->Set(Disk::Mood::kFine); }

  void Start() {
    writer_ = std::make_unique<AuditWriter>(std::make_unique<DiskSink>(disk_), options_);
  }
  void Add(const std::string& name, int count) {
    for (int i = 1; i <= count; ++i) writer_->Add(absl::StrCat(name, i));
  }
  void Pass(absl::Duration time) { now_ += absl::ToInt64Nanoseconds(time); }
  std::vector<std::string> Lines() {
    std::vector<std::string> lines = absl::StrSplit(disk_->Text(), '\n');
    EXPECT_EQ(lines.back(), "") << "a line that is cut off";
    lines.pop_back();
    return lines;
  }
  std::vector<std::string> Told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

  const std::shared_ptr<Disk> disk_ = std::make_shared<Disk>();
  AuditWriter::Options options_;
  std::atomic<int64_t> now_ = 1'780'000'000'000'000'000;
  std::atomic<int> lost_ = 0;
  std::mutex mutex_;
  std::vector<std::string> told_;        // under mutex_
  std::unique_ptr<AuditWriter> writer_;  // last: its thread uses the others
};

TEST_F(AuditWriterTest, LinesAreWrittenInTheirOrder) {
  Start();
  Add("a", 3);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_THAT(Lines(), ElementsAre("a1", "a2", "a3"));
  EXPECT_TRUE(writer_->status().ok());
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(AuditWriterTest, WhatWaitsIsWrittenBeforeItEnds) {
  options_.most_lines = 1000;
  options_.close_limit = kLong;
  disk_->TakeInPieces(1);  // which takes a while
  Start();
  disk_->Set(Disk::Mood::kHangs);
  Add("a", 500);
  disk_->WaitForAppends(1);
  disk_->Set(Disk::Mood::kFine);
  writer_.reset();
  EXPECT_EQ(Lines().size(), 500u);
}

TEST_F(AuditWriterTest, NobodyWaitsForADiskThatHangsAndNothingIsLost) {
  Start();
  disk_->Set(Disk::Mood::kHangs);
  Add("a", 3);
  disk_->WaitForAppends(1);
  EXPECT_TRUE(writer_->status().ok()) << "it may be a moment's";
  Pass(options_.longest_wait + absl::Seconds(1));
  EXPECT_TRUE(writer_->status().ok()) << "the process may have been stopped";
  Pass(options_.grace);
  EXPECT_EQ(writer_->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(Told(), ElementsAre(HasSubstr("nothing that is written gets through")));
  Add("b", 2);
  disk_->Set(Disk::Mood::kFine);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_THAT(Lines(), ElementsAre("a1", "a2", "a3", "b1", "b2"));
  EXPECT_TRUE(writer_->status().ok());
  EXPECT_EQ(Told().size(), 2u);
  EXPECT_EQ(lost_, 0);
}

// SIGSTOP, or a virtual machine that was paused, in the middle of a write.
TEST_F(AuditWriterTest, TimeThatTheProcessWasStoppedIsNoHang) {
  Start();
  for (int turn = 1; turn <= 2; ++turn) {
    disk_->Set(Disk::Mood::kHangs);
    Add("a", 1);
    disk_->WaitForAppends(turn);
    Pass(absl::Minutes(1));
    EXPECT_TRUE(writer_->status().ok()) << "a start that is asked for before the thread runs";
    disk_->Set(Disk::Mood::kFine);
    ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
    Pass(absl::Minutes(1));
    EXPECT_TRUE(writer_->status().ok());
  }
  EXPECT_THAT(Told(), IsEmpty());
}

// The writer's thread sees it by itself, where the sink gives it back.
TEST_F(AuditWriterTest, APipeThatNobodyReadsIsToldThoughNobodyAsks) {
  Start();
  disk_->Set(Disk::Mood::kTakesNothing);
  Add("a", 1);
  Pass(options_.longest_wait + absl::Seconds(1));
  for (int appends = 2; Told().empty() && appends < 10'000; ++appends) {
    disk_->WaitForAppends(appends);
    Pass(options_.grace / 10);
  }
  EXPECT_EQ(Told().size(), 1u);
}

TEST_F(AuditWriterTest, AFullDiskIsToldAtOnceAndTriedUntilItIsNot) {
  Start();
  disk_->Set(Disk::Mood::kFull);
  Add("a", 2);
  disk_->WaitForAppends(2);
  EXPECT_EQ(writer_->status().message(), "no space left");
  EXPECT_THAT(Told(), ElementsAre("no space left"));
  disk_->Set(Disk::Mood::kFine);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_THAT(Lines(), ElementsAre("a1", "a2"));
  EXPECT_TRUE(writer_->status().ok());
}

TEST_F(AuditWriterTest, SaysEarlyThatTooMuchWaitsSoThatWhatHasBegunFindsRoom) {
  Start();
  disk_->Set(Disk::Mood::kHangs);
  EXPECT_FALSE(writer_->is_busy());
  Add("a", 2);
  EXPECT_TRUE(writer_->is_busy()) << "a quarter";
  Add("b", 1);
  EXPECT_TRUE(writer_->status().ok());
  Add("c", 1);
  EXPECT_EQ(writer_->status().message(), "too many lines are waiting") << "half";
  Add("d", 4);
  EXPECT_EQ(lost_, 0);
  disk_->Set(Disk::Mood::kFine);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_EQ(Lines().size(), 8u);
}

TEST_F(AuditWriterTest, BeyondTheBoundLinesAreLostAndTheTrailSaysSoWhereTheyAreMissing) {
  Start();
  disk_->Set(Disk::Mood::kHangs);
  Add("a", 1);
  disk_->WaitForAppends(1);
  Add("b", 10);
  EXPECT_EQ(lost_, 3) << "eight wait, with the one in the thread's hands";
  disk_->Set(Disk::Mood::kFine);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  Add("c", 1);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_THAT(Lines(), ElementsAre("a1", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "lost 3", "c1"));
}

TEST_F(AuditWriterTest, BytesAreBoundedAsWell) {
  options_.most_bytes = 100;
  Start();
  disk_->Set(Disk::Mood::kHangs);
  writer_->Add(std::string(60, 'x'));
  writer_->Add(std::string(60, 'y'));
  EXPECT_EQ(lost_, 1);
}

TEST_F(AuditWriterTest, AHangEndsTheWriterInBoundedTimeAndTheLogSaysWhatIsLost) {
  std::vector<std::string> logged;
  const LogCapture capture([&](LogLevel, const std::string& line) { logged.push_back(line); });
  Start();
  disk_->Set(Disk::Mood::kHangs);
  Add("a", 3);
  disk_->WaitForAppends(1);
  writer_.reset();  // does not hang
  EXPECT_THAT(logged, ElementsAre(HasSubstr("could not be written lost=3")));
}

TEST_F(AuditWriterTest, ADiskThatTakesInPiecesGetsWholeLines) {
  disk_->TakeInPieces(2);
  Start();
  Add("line ", 3);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_THAT(Lines(), ElementsAre("line 1", "line 2", "line 3"));
}

TEST_F(AuditWriterTest, ALineThatTheRotationCutIsWholeInTheNewFile) {
  disk_->TakeInPieces(2);
  Start();
  disk_->Set(Disk::Mood::kHangs);
  Add("line ", 2);
  disk_->WaitForAppends(1);
  disk_->Rotate();  // looked for before the second piece
  disk_->Set(Disk::Mood::kFine);
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_EQ(disk_->Files().front(), "li");
  EXPECT_EQ(disk_->Text().substr(0, 7), "line 1\n");
  EXPECT_THAT(Lines(), testing::Contains("line 2"));
}

TEST_F(AuditWriterTest, ManyThreadsLoseNothing) {
  options_.most_lines = 100'000;
  Start();
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      Add("x", 1000);
      EXPECT_TRUE(writer_->status().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(writer_->WaitUntilWritten(kLong));
  EXPECT_EQ(Lines().size(), 4000u);
}

}  // namespace
}  // namespace cibad
