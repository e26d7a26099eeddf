#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/record.h"
#include "server/store/sqlite_store.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Keeps the store's writer busy with the answer to one write until it is let go, so that what is
// asked for meanwhile waits and then makes one group.
class BusyWriter {
 public:
  explicit BusyWriter(Store& store) {
    store.EraseEndedBefore(absl::InfinitePast(), [this](const absl::Status&) {
      holds_.set_value();
      let_go_.get_future().wait();
    });
    holds_.get_future().wait();
  }
  void LetGo() { let_go_.set_value(); }

 private:
  std::promise<void> holds_;
  std::promise<void> let_go_;
};

class GroupCommitTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("logins.db");
};

TEST_F(GroupCommitTest, WhatWaitsSharesOneTransaction) {
  constexpr int kWrites = 1000;
  auto store = OpenStore(path_);
  BusyWriter busy(*store);
  const int64_t before = store->commit_count();
  std::promise<void> all_answered;
  int answered = 0;  // the answers come from one thread
  for (int i = 0; i < kWrites; ++i) {
    store->Create(MakeLogin(absl::StrCat(i)), [&](const absl::StatusOr<Login>& created) {
      EXPECT_TRUE(created.ok()) << created.status();
      if (++answered == kWrites) all_answered.set_value();
    });
  }
  busy.LetGo();
  all_answered.get_future().wait();
  EXPECT_EQ(store->commit_count() - before, 1);
  EXPECT_THAT(*LoadUnfinished(*store), SizeIs(kWrites));
}

TEST_F(GroupCommitTest, AnswersComeInTheOrderOfTheWrites) {
  constexpr int kWrites = 200;
  std::vector<int> answers;
  {
    auto store = OpenStore(path_);
    for (int i = 0; i < kWrites; ++i) {
      store->Create(MakeLogin(absl::StrCat(i)),
                    [i, &answers](const absl::StatusOr<Login>&) { answers.push_back(i); });
    }
  }
  ASSERT_THAT(answers, SizeIs(kWrites));
  EXPECT_TRUE(std::is_sorted(answers.begin(), answers.end()));
}

TEST_F(GroupCommitTest, WritesOfOneLoginInOneGroupBuildOnEachOther) {
  auto store = OpenStore(path_);
  BusyWriter busy(*store);
  Login login = MakeLogin("a");
  std::vector<absl::Status> answers;
  const auto answer = [&answers](const absl::Status& status) { answers.push_back(status); };
  std::promise<void> erased;
  store->Create(login,
                [&](const absl::StatusOr<Login>& created) { answers.push_back(created.status()); });
  login.revision = 2;
  store->Update(login, answer);
  login.revision = 3;
  login.state = LoginState::kExpired;
  login.end_time = At(1);
  store->Update(login, answer);
  store->EraseEndedBefore(At(2), [&](const absl::Status& status) {
    answers.push_back(status);
    erased.set_value();
  });
  busy.LetGo();
  erased.get_future().wait();
  EXPECT_THAT(answers, ::testing::Each(absl::OkStatus()));
  EXPECT_THAT(answers, SizeIs(4));
  EXPECT_EQ(store->Get("a").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(GroupCommitTest, FailedWriteLeavesTheOthersOfItsGroupAlone) {
  auto store = OpenStore(path_);
  ASSERT_TRUE(Create(*store, MakeLogin("taken")).ok());
  BusyWriter busy(*store);
  std::vector<absl::StatusCode> answers;
  std::promise<void> all_answered;
  const auto created = [&](const absl::StatusOr<Login>& login) {
    answers.push_back(login.status().code());
  };
  const auto updated = [&](const absl::Status& status) { answers.push_back(status.code()); };
  Login too_large = MakeLogin("too large");
  too_large.request.Edit().reference = std::string(kMaxRecordBytes, 'x');
  store->Create(MakeLogin("before"), created);
  store->Create(MakeLogin("taken"), created);
  store->Update(MakeLogin("unknown"), updated);
  store->Update(MakeLogin("taken"), updated);
  store->Create(too_large, created);
  store->Create(MakeLogin("after"), [&](const absl::StatusOr<Login>& login) {
    created(login);
    all_answered.set_value();
  });
  busy.LetGo();
  all_answered.get_future().wait();
  EXPECT_THAT(answers, ::testing::ElementsAre(
                           absl::StatusCode::kOk, absl::StatusCode::kAlreadyExists,
                           absl::StatusCode::kNotFound, absl::StatusCode::kFailedPrecondition,
                           absl::StatusCode::kInvalidArgument, absl::StatusCode::kOk));
  EXPECT_TRUE(store->Get("before").ok());
  EXPECT_TRUE(store->Get("after").ok());
}

TEST_F(GroupCommitTest, SameRequestIdTwiceInOneGroupMakesOneLogin) {
  auto store = OpenStore(path_);
  BusyWriter busy(*store);
  std::vector<std::string> ids;
  std::promise<void> all_answered;
  for (const std::string id : {"first", "second"}) {
    Login login = MakeLogin(id);
    login.request.Edit().request_id = "request-1";
    store->Create(login, [&](const absl::StatusOr<Login>& created) {
      ids.push_back(created.ok() ? created->id : created.status().ToString());
      if (ids.size() == 2) all_answered.set_value();
    });
  }
  busy.LetGo();
  all_answered.get_future().wait();
  EXPECT_THAT(ids, ::testing::ElementsAre("first", "first"));
}

TEST_F(GroupCommitTest, WriteThatFindsTheQueueFullIsUnavailableAndNotMade) {
  SqliteStoreOptions options;
  options.queue_limit = 2;
  auto store = OpenStore(path_, options);
  BusyWriter busy(*store);
  std::vector<absl::Status> answers;
  std::promise<void> all_answered;
  for (const std::string id : {"a", "b", "c"}) {
    store->Create(MakeLogin(id), [&](const absl::StatusOr<Login>& created) {
      answers.push_back(created.status());
      if (answers.size() == 3) all_answered.set_value();
    });
  }
  EXPECT_THAT(answers, ::testing::IsEmpty()) << "an answer came from within the call";
  busy.LetGo();
  all_answered.get_future().wait();
  EXPECT_TRUE(answers[0].ok());
  EXPECT_TRUE(answers[1].ok());
  EXPECT_EQ(answers[2], absl::UnavailableError(absl::StrCat(
                            "store ", path_, ": cannot write: too many writes are waiting")));
  EXPECT_EQ(store->Get("c").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Create(*store, MakeLogin("c")).ok()) << "there is room again";
}

TEST_F(GroupCommitTest, WholeGroupIsUnavailableWhileAnotherProgramHoldsTheFile) {
  SqliteStoreOptions options;
  options.busy_timeout = absl::ZeroDuration();
  auto store = OpenStore(path_, options);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  const absl::Status refused = Create(*store, MakeLogin("a")).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(refused.message(), HasSubstr(path_));
  sqlite3_close(other);
  EXPECT_EQ(store->Get("a").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Create(*store, MakeLogin("a")).ok()) << "the store works again once the file is free";
}

// A file that may not grow stands in for a full disk.
// To this process every file is full at so many bytes, from Fill on.
class FullDisk {
 public:
  FullDisk() : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &unlimited_), 0);
  }
  ~FullDisk() {
    Free();
    std::signal(SIGXFSZ, old_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

  void Fill(rlim_t bytes = rlim_t{256} << 10) const {
    const rlimit full{bytes, unlimited_.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  }
  void Free() const { ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &unlimited_), 0); }

 private:
  void (*const old_handler_)(int);
  rlimit unlimited_{};
};

TEST_F(GroupCommitTest, SaysThatTheDiskIsFullAndFindsOutByItselfThatItIsNoLonger) {
  std::promise<absl::Status> full;
  std::promise<absl::Status> free;
  SqliteStoreOptions options;
  options.on_status = [&](const absl::Status& status) {
    (status.ok() ? free : full).set_value(status);
  };
  auto store = OpenStore(path_, options);
  EXPECT_TRUE(store->status().ok());
  FullDisk disk;
  disk.Fill();
  Login large = MakeLogin("large");
  large.request.Edit().reference = std::string(size_t{512} << 10, 'x');
  const absl::Status refused = Create(*store, large).status();
  EXPECT_EQ(full.get_future().get(), refused);
  EXPECT_EQ(store->status(), refused);
  disk.Free();
  EXPECT_TRUE(free.get_future().get().ok());  // nobody has written
  EXPECT_TRUE(store->status().ok());
}

TEST_F(GroupCommitTest, WritesThatChangeNothingDoNotMakeAFullDiskWork) {
  std::atomic<int> changes = 0;
  SqliteStoreOptions options;
  options.on_status = [&](const absl::Status&) { ++changes; };
  auto store = OpenStore(path_, options);
  FullDisk disk;
  disk.Fill(1);
  const absl::StatusCode unavailable = absl::StatusCode::kUnavailable;
  ASSERT_EQ(Create(*store, MakeLogin("a")).status().code(), unavailable);
  EXPECT_EQ(Erase(*store, "nobody").code(), unavailable);
  std::promise<absl::Status> erased;
  store->EraseEndedBefore(absl::InfinitePast(),
                          [&](const absl::Status& status) { erased.set_value(status); });
  EXPECT_EQ(erased.get_future().get().code(), unavailable);
  EXPECT_EQ(store->status().code(), unavailable);
  EXPECT_EQ(changes, 1);
  disk.Free();
}

TEST_F(GroupCommitTest, WholeGroupIsUnavailableOnAFullDiskAndWorksAgainAfterwards) {
  auto store = OpenStore(path_);
  ASSERT_TRUE(Create(*store, MakeLogin("before")).ok());
  FullDisk disk;
  BusyWriter busy(*store);
  disk.Fill();
  std::vector<absl::StatusCode> answers;
  std::promise<void> all_answered;
  for (const std::string id : {"small", "large"}) {
    Login login = MakeLogin(id);
    if (id == "large") login.request.Edit().reference = std::string(size_t{512} << 10, 'x');
    store->Create(login, [&](const absl::StatusOr<Login>& created) {
      answers.push_back(created.status().code());
      if (answers.size() == 2) all_answered.set_value();
    });
  }
  busy.LetGo();
  all_answered.get_future().wait();
  disk.Free();
  EXPECT_THAT(answers, ::testing::Each(absl::StatusCode::kUnavailable));
  EXPECT_EQ(store->Get("small").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store->Get("before").ok());
  EXPECT_TRUE(Create(*store, MakeLogin("small")).ok());
  store.reset();
  EXPECT_TRUE(OpenStore(path_)->Get("small").ok());
}

TEST_F(GroupCommitTest, WaitForWritesReturnsWhenAllBeforeItAreAnswered) {
  constexpr int kWrites = 200;
  std::atomic<int> answered = 0;
  auto store = OpenStore(path_);
  for (int i = 0; i < kWrites; ++i) {
    store->Create(MakeLogin(absl::StrCat(i)),
                  [&](const absl::StatusOr<Login>& created) { answered += created.ok() ? 1 : 0; });
  }
  store->WaitForWrites();
  EXPECT_EQ(answered, kWrites);
}

TEST_F(GroupCommitTest, DestroyingTheStoreCommitsAndAnswersWhatWaits) {
  constexpr int kWrites = 50;
  int answered = 0;
  {
    auto store = OpenStore(path_);
    for (int i = 0; i < kWrites; ++i) {
      store->Create(MakeLogin(absl::StrCat(i)), [&](const absl::StatusOr<Login>& created) {
        if (created.ok()) ++answered;
      });
    }
  }
  EXPECT_EQ(answered, kWrites);
  EXPECT_THAT(*LoadUnfinished(*OpenStore(path_)), SizeIs(kWrites));
}

}  // namespace
}  // namespace cibad
