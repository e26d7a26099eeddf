#include "server/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/record.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SqliteStoreTest : public ::testing::Test {
 protected:
  void Reopen() {
    store_.reset();
    store_ = OpenStore(path_);
  }

  std::vector<std::string> ListIds(const ListQuery& query) {
    const absl::StatusOr<LoginPage> page = store_->List(query);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> ids;
    if (page.ok()) {
      for (const Login& login : page->logins) ids.push_back(login.id);
    }
    return ids;
  }

  // The ids page by page.
  std::vector<std::vector<std::string>> ListPages(int page_size, bool unfinished_only) {
    std::vector<std::vector<std::string>> pages;
    ListQuery query{kStoreTill, page_size, "", unfinished_only};
    do {
      pages.push_back(ListIds(query));
      query.page_token = store_->List(query)->next_page_token;
    } while (!query.page_token.empty() && pages.size() < 100);
    return pages;
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("logins.db");
  std::unique_ptr<SqliteStore> store_ = OpenStore(path_);
};

TEST_F(SqliteStoreTest, LoginIsThereOnceCreateIsAnswered) {
  const Login login = MakeFullLogin();
  const absl::StatusOr<Login> created = Create(*store_, login);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(*created, login);
  EXPECT_EQ(*store_->Get(login.id), login);
}

TEST_F(SqliteStoreTest, AnsweredWritesSurviveReopening) {
  ASSERT_TRUE(Create(*store_, MakeLogin("a")).ok());
  Login full = MakeFullLogin();
  ASSERT_TRUE(Create(*store_, full).ok());
  full.revision = 8;
  full.subject = "later";
  ASSERT_TRUE(Update(*store_, full).ok());
  Reopen();
  EXPECT_EQ(*store_->Get("a"), MakeLogin("a"));
  EXPECT_EQ(*store_->Get(full.id), full);
}

TEST_F(SqliteStoreTest, GetOfAnUnknownLoginIsNotFound) {
  EXPECT_EQ(store_->Get("nobody").status(), absl::NotFoundError("id: there is no login nobody"));
}

TEST_F(SqliteStoreTest, TakenRequestIdGivesTheEarlierLoginUntouched) {
  Login first = MakeLogin("first");
  first.request.Edit().request_id = "request-1";
  Login second = MakeLogin("second");
  second.request.Edit().request_id = "request-1";
  ASSERT_TRUE(Create(*store_, first).ok());
  const absl::StatusOr<Login> answer = Create(*store_, second);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(*answer, first);
  EXPECT_EQ(*store_->Get("first"), first);
  EXPECT_EQ(store_->Get("second").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqliteStoreTest, RequestIdIsRememberedAcrossReopeningAndUpdates) {
  Login first = MakeLogin("first");
  first.request.Edit().request_id = "request-1";
  ASSERT_TRUE(Create(*store_, first).ok());
  first.revision = 2;
  first.state = LoginState::kPending;
  ASSERT_TRUE(Update(*store_, first).ok());
  Reopen();
  Login second = MakeLogin("second");
  second.request.Edit().request_id = "request-1";
  EXPECT_EQ(*Create(*store_, second), first);
}

TEST_F(SqliteStoreTest, EmptyRequestIdNeverCollides) {
  EXPECT_EQ(Create(*store_, MakeLogin("a"))->id, "a");
  EXPECT_EQ(Create(*store_, MakeLogin("b"))->id, "b");
}

TEST_F(SqliteStoreTest, TakenIdIsRefusedAndTheStoredLoginStays) {
  ASSERT_TRUE(Create(*store_, MakeLogin("a", 1)).ok());
  EXPECT_EQ(Create(*store_, MakeLogin("a", 2)).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*store_->Get("a"), MakeLogin("a", 1));
}

TEST_F(SqliteStoreTest, UpdateOfAnUnknownLoginIsNotFound) {
  EXPECT_EQ(Update(*store_, MakeLogin("a")).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Get("a").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SqliteStoreTest, UpdateTakesLaterRevisionsOnly) {
  Login login = MakeLogin("a");
  login.revision = 5;
  ASSERT_TRUE(Create(*store_, login).ok());
  for (const int64_t revision : {4, 5}) {
    Login stale = login;
    stale.revision = revision;
    stale.subject = "stale";
    EXPECT_EQ(Update(*store_, stale).code(), absl::StatusCode::kFailedPrecondition);
  }
  EXPECT_EQ(*store_->Get("a"), login);
  login.revision = 9;
  EXPECT_TRUE(Update(*store_, login).ok());
  EXPECT_EQ(store_->Get("a")->revision, 9);
}

TEST_F(SqliteStoreTest, LoginThatCannotBeKeptIsAnsweredInvalidArgument) {
  Login login = MakeLogin("a");
  login.request.Edit().reference = std::string(kMaxRecordBytes, 'x');
  EXPECT_EQ(Create(*store_, login).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Update(*store_, login).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SqliteStoreTest, EraseTakesLoginsThatEndedBeforeTheTimeAndNoOthers) {
  ASSERT_TRUE(Create(*store_, MakeLogin("unfinished", -1000)).ok());
  ASSERT_TRUE(Create(*store_, MakeEndedLogin("old", 99)).ok());
  ASSERT_TRUE(Create(*store_, MakeEndedLogin("on the dot", 100)).ok());
  ASSERT_TRUE(Create(*store_, MakeEndedLogin("young", 101)).ok());
  ASSERT_TRUE(EraseEndedBefore(*store_, At(100)).ok());
  EXPECT_EQ(store_->Get("old").status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store_->Get("unfinished").ok());
  EXPECT_TRUE(store_->Get("on the dot").ok());
  EXPECT_TRUE(store_->Get("young").ok());
}

TEST_F(SqliteStoreTest, ErasedRequestIdIsFreeAgain) {
  Login login = MakeEndedLogin("a", 1);
  login.request.Edit().request_id = "request-1";
  ASSERT_TRUE(Create(*store_, login).ok());
  ASSERT_TRUE(EraseEndedBefore(*store_, At(2)).ok());
  Login again = MakeLogin("b");
  again.request.Edit().request_id = "request-1";
  EXPECT_EQ(Create(*store_, again)->id, "b");
}

TEST_F(SqliteStoreTest, ErasedDataIsGoneFromTheDisk) {
  Login login = MakeFullLogin();
  ASSERT_TRUE(Create(*store_, login).ok());
  // What the disk holds of it is sealed, and has to go all the same: a key can be stolen later.
  sqlite3* other = nullptr;
  sqlite3_stmt* select = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_prepare_v2(other, "SELECT substr(record, 100, 200) FROM login", -1, &select, nullptr),
      SQLITE_OK);
  ASSERT_EQ(sqlite3_step(select), SQLITE_ROW);
  const std::string part(static_cast<const char*>(sqlite3_column_blob(select, 0)), 200);
  sqlite3_finalize(select);
  sqlite3_close(other);
  const auto is_on_disk = [&] {
    return (ReadFile(path_) + ReadFile(path_ + "-wal")).find(part) != std::string::npos;
  };
  ASSERT_TRUE(is_on_disk());
  ASSERT_TRUE(EraseEndedBefore(*store_, absl::InfiniteFuture()).ok());
  EXPECT_FALSE(is_on_disk());
}

TEST_F(SqliteStoreTest, ListGivesTheNewestFirstAndOrdersEqualTimesById) {
  ASSERT_TRUE(Create(*store_, MakeLogin("a", 2)).ok());
  ASSERT_TRUE(Create(*store_, MakeLogin("c", 1)).ok());
  ASSERT_TRUE(Create(*store_, MakeLogin("b", 1)).ok());
  ASSERT_TRUE(Create(*store_, MakeLogin("d", 3)).ok());
  EXPECT_THAT(ListIds({.caller = kStoreTill}), ElementsAre("d", "a", "c", "b"));
}

TEST_F(SqliteStoreTest, PagesGiveEveryLoginOnce) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Create(*store_, MakeLogin(absl::StrCat(i), i / 2)).ok());
  EXPECT_THAT(ListPages(2, false),
              ElementsAre(ElementsAre("4", "3"), ElementsAre("2", "1"), ElementsAre("0")));
  EXPECT_THAT(ListPages(5, false), ElementsAre(SizeIs(5)));
  EXPECT_THAT(ListPages(4, false), ElementsAre(SizeIs(4), SizeIs(1)));
}

TEST_F(SqliteStoreTest, PagesStayInPlaceWhileNewLoginsArrive) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Create(*store_, MakeLogin(absl::StrCat(i), i)).ok());
  const absl::StatusOr<LoginPage> first = store_->List({kStoreTill, 2, "", false});
  ASSERT_TRUE(Create(*store_, MakeLogin("new", 10)).ok());
  EXPECT_THAT(ListIds({kStoreTill, 2, first->next_page_token, false}), ElementsAre("1", "0"));
}

TEST_F(SqliteStoreTest, UnfinishedOnlyLeavesOutWhatHasEnded) {
  for (int i = 0; i < 6; ++i) {
    Login login = MakeLogin(absl::StrCat(i), i);
    ASSERT_TRUE(Create(*store_, login).ok());
    if (i % 2 == 0) continue;
    login.state = LoginState::kDenied;
    login.end_time = At(100);
    login.revision = 2;
    ASSERT_TRUE(Update(*store_, login).ok());
  }
  EXPECT_THAT(ListPages(2, true), ElementsAre(ElementsAre("4", "2"), ElementsAre("0")));
  const absl::StatusOr<std::vector<Login>> unfinished = LoadUnfinished(*store_);
  ASSERT_TRUE(unfinished.ok());
  EXPECT_THAT(*unfinished, ElementsAre(MakeLogin("4", 4), MakeLogin("2", 2), MakeLogin("0", 0)));
}

TEST_F(SqliteStoreTest, LoginsOutliveAClockThatIsSet) {
  SqliteStoreOptions options;
  options.boot = {"boot-1", At(0)};
  store_.reset();
  store_ = OpenStore(path_, options);
  Login login = MakeLogin("a");
  ASSERT_TRUE(Create(*store_, login).ok());
  login.revision = 2;
  login.expire_time = At(600);
  ASSERT_TRUE(Update(*store_, login).ok());
  store_.reset();
  options.boot.time += absl::Hours(2);
  store_ = OpenStore(path_, options);
  EXPECT_EQ(store_->Get("a")->expire_time, At(600) + absl::Hours(2));
  EXPECT_EQ(LoadUnfinished(*store_)->front().expire_time, At(600) + absl::Hours(2));
}

TEST_F(SqliteStoreTest, UnfinishedLoginsAreFoundWithoutTheirIndex) {
  ASSERT_TRUE(Create(*store_, MakeLogin("a")).ok());
  store_.reset();
  // An index that has lost its rows, which no quick_check sees.
  RunSql(path_,
         "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX "
         "login_by_caller ON login (caller_hash, create_time, id) WHERE end_time IS NOT NULL' "
         "WHERE name = 'login_by_caller'; PRAGMA writable_schema = RESET; "
         "REINDEX login_by_caller; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
         "'CREATE INDEX login_by_caller ON login (caller_hash, create_time, id)' "
         "WHERE name = 'login_by_caller'");
  store_ = OpenStore(path_);
  EXPECT_THAT(ListPages(10, true), ElementsAre(IsEmpty())) << "the index is not damaged";
  EXPECT_THAT(*LoadUnfinished(*store_), ElementsAre(MakeLogin("a")));
}

TEST_F(SqliteStoreTest, EraseTakesAnEndedLoginAtOnce) {
  ASSERT_TRUE(Create(*store_, MakeEndedLogin("a", 100)).ok());
  ASSERT_TRUE(Create(*store_, MakeEndedLogin("b", 100)).ok());
  EXPECT_EQ(Erase(*store_, "a"), absl::OkStatus());
  EXPECT_EQ(Erase(*store_, "a"), absl::NotFoundError("id: there is no login a"));
  EXPECT_THAT(ListIds({.caller = kStoreTill}), ElementsAre("b"));
}

TEST_F(SqliteStoreTest, EraseLeavesALoginThatHasNotEnded) {
  ASSERT_TRUE(Create(*store_, MakeLogin("a")).ok());
  EXPECT_EQ(Erase(*store_, "a").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(*store_->Get("a"), MakeLogin("a"));
}

TEST_F(SqliteStoreTest, EmptyStoreGivesEmptyLists) {
  EXPECT_THAT(ListPages(10, false), ElementsAre(IsEmpty()));
  EXPECT_THAT(*LoadUnfinished(*store_), IsEmpty());
}

TEST_F(SqliteStoreTest, ListsTheCallersOwnAndNobodysNever) {
  Login other = MakeLogin("other", 1);
  other.request.Edit().caller = "tills/till-2.shop.example";
  Login nobodys = MakeLogin("nobodys", 2);
  nobodys.request.Edit().caller = "";
  for (const Login& login : {MakeLogin("own", 3), other, nobodys}) {
    ASSERT_TRUE(Create(*store_, login).ok());
  }
  EXPECT_THAT(ListIds({.caller = kStoreTill}), ElementsAre("own"));
  EXPECT_THAT(ListIds({.caller = kStoreTill, .unfinished_only = true}), ElementsAre("own"));
  EXPECT_THAT(ListIds({.caller = "tills/till-2.shop.example"}), ElementsAre("other"));
  EXPECT_THAT(ListIds({.caller = ""}), IsEmpty());
  EXPECT_THAT(ListIds({.caller = "tills"}), IsEmpty());
}

TEST_F(SqliteStoreTest, ARequestIdIsItsCallersOwn) {
  Login first = MakeLogin("first");
  first.request.Edit().request_id = "request-1";
  Login other = MakeLogin("other");
  other.request.Edit().request_id = "request-1";
  other.request.Edit().caller = "tills/till-2.shop.example";
  EXPECT_EQ(Create(*store_, first)->id, "first");
  EXPECT_EQ(Create(*store_, other)->id, "other");
  first.id = "again";
  EXPECT_EQ(Create(*store_, first)->id, "first");
}

TEST_F(SqliteStoreTest, BadListQueriesAreInvalidArgument) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Create(*store_, MakeLogin(absl::StrCat(i), i)).ok());
  const std::string token = store_->List({kStoreTill, 1, "", false})->next_page_token;
  for (const ListQuery& query :
       {ListQuery{kStoreTill, 0, "", false}, ListQuery{kStoreTill, -1, "", false},
        ListQuery{kStoreTill, 1001, "", false}, ListQuery{kStoreTill, 1, "garbage", false},
        ListQuery{kStoreTill, 1, token + "x", false}, ListQuery{kStoreTill, 1, token, true}}) {
    EXPECT_EQ(store_->List(query).status().code(), absl::StatusCode::kInvalidArgument)
        << query.page_token;
  }
}

TEST_F(SqliteStoreTest, DamagedLoginIsDataLossForReadsAndForItsRequestId) {
  Login login = MakeLogin("a");
  login.request.Edit().request_id = "request-1";
  ASSERT_TRUE(Create(*store_, login).ok());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "UPDATE login SET record = x'00'", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(other);
  const absl::Status damaged = absl::DataLossError("the stored record of login a is damaged");
  EXPECT_EQ(store_->Get("a").status(), damaged);
  EXPECT_EQ(store_->List({.caller = kStoreTill}).status(), damaged);
  EXPECT_EQ(LoadUnfinished(*store_).status(),
            absl::DataLossError(
                absl::StrCat("store ", path_, ": the file is damaged (", damaged.message(),
                             "); restore a backup, or move it away to start with an empty store")));
  login.id = "b";
  EXPECT_EQ(Create(*store_, login).status(), damaged);
}

TEST_F(SqliteStoreTest, ReadersAndWritersOfManyThreadsSeeTheirOwnWrites) {
  constexpr int kThreads = 4;
  constexpr int kLogins = 25;
  std::atomic<int> seen = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &seen] {
      for (int i = 0; i < kLogins; ++i) {
        const std::string id = absl::StrCat(t, "-", i);
        if (Create(*store_, MakeLogin(id)).ok() && store_->Get(id).ok()) ++seen;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen, kThreads * kLogins);
  EXPECT_THAT(*LoadUnfinished(*store_), SizeIs(kThreads * kLogins));
}

}  // namespace
}  // namespace cibad
