// That a customer was asked is known for as long as it counts, whatever becomes of the login, and
// says of nobody who it was.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/store/record.h"
#include "server/store/sqlite_store.h"
#include "tests/unit/left_on_stack.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kNoLimit = 1'000'000;

class StoreStartsTest : public ::testing::Test {
 protected:
  void Open(const StoreKeys& keys = KeysOf({1}), const Boot& boot = {}) {
    store_.reset();
    SqliteStoreOptions options;
    options.boot = boot;
    store_ = OpenStore(path_, options, keys);
  }
  std::vector<KeptStart> Starts(int since = 0, int64_t limit = kNoLimit) {
    std::vector<KeptStart> starts;
    const absl::Status status = store_->LoadStarts(
        At(since), limit, [&](const KeptStart& start) { starts.push_back(start); });
    EXPECT_TRUE(status.ok()) << status;
    return starts;
  }
  std::vector<absl::Time> Times(int since = 0, int64_t limit = kNoLimit) {
    std::vector<absl::Time> times;
    for (const KeptStart& start : Starts(since, limit)) times.push_back(start.time);
    return times;
  }
  // How many of the kept starts are known to be this customer's.
  int CountOf(const LoginRequest& request) {
    const std::vector<CustomerHash> hashes = store_->CustomerHashesOf(request);
    const std::vector<KeptStart> starts = Starts();
    return static_cast<int>(
        std::count_if(starts.begin(), starts.end(), [&](const KeptStart& start) {
          return std::find(hashes.begin(), hashes.end(), start.customer) != hashes.end();
        }));
  }
  void EraseStartsBefore(int seconds) {
    std::promise<absl::Status> done;
    store_->EraseStartsBefore(At(seconds),
                              [&](const absl::Status& status) { done.set_value(status); });
    const absl::Status status = done.get_future().get();
    EXPECT_TRUE(status.ok()) << status;
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("logins.db");
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(StoreStartsTest, OutlivesItsLoginAndARestart) {
  Open();
  ASSERT_TRUE(Create(*store_, MakeLogin("a", 5)).ok());
  Login ended = MakeEndedLogin("a", 6);
  ASSERT_TRUE(Update(*store_, ended).ok());
  ASSERT_TRUE(Erase(*store_, "a").ok());
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 1);
  Open();
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 1);
  EXPECT_THAT(Times(), ElementsAre(At(5)));
}

TEST_F(StoreStartsTest, CustomersAreToldApart) {
  Open();
  Login login = MakeLogin("a", 1);
  ASSERT_TRUE(Create(*store_, login).ok());
  login = MakeLogin("b", 2);
  login.request.Edit().msisdn.clear();
  login.request.Edit().customer_token = "4791234567";  // which is no number
  ASSERT_TRUE(Create(*store_, login).ok());
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 1);
  EXPECT_EQ(CountOf(*login.request), 1);
  login.request.Edit().customer_token = "another";
  EXPECT_EQ(CountOf(*login.request), 0);
}

TEST_F(StoreStartsTest, ARepeatedRequestIdIsNoStart) {
  Open();
  Login login = MakeLogin("a", 1);
  login.request.Edit().request_id = "receipt-1";
  ASSERT_TRUE(Create(*store_, login).ok());
  login.id = "b";
  login.create_time = At(2);
  EXPECT_EQ(Create(*store_, login)->id, "a");
  EXPECT_THAT(Times(), ElementsAre(At(1)));
}

TEST_F(StoreStartsTest, AreErasedByTheirAgeAndGivenTheNewestFirst) {
  Open();
  for (int i = 1; i <= 5; ++i)
    ASSERT_TRUE(Create(*store_, MakeLogin(absl::StrCat("login", i), i)).ok());
  EXPECT_THAT(Times(2, 3), ElementsAre(At(5), At(4), At(3)));
  EXPECT_THAT(Times(4), ElementsAre(At(5), At(4)));
  EraseStartsBefore(3);
  EXPECT_THAT(Times(), ElementsAre(At(5), At(4), At(3)));
  EXPECT_TRUE(store_->Get("login1").ok()) << "the login is another matter";
}

TEST_F(StoreStartsTest, AreKnownWhileKeysChangeAndForgottenWithTheirKey) {
  Open();
  ASSERT_TRUE(Create(*store_, MakeEndedLogin("a", 1)).ok());
  ASSERT_TRUE(Erase(*store_, "a").ok());
  ASSERT_TRUE(store_->ReplaceKeys(KeysOf({2, 1})).ok());
  ASSERT_TRUE(Create(*store_, MakeLogin("b", 2)).ok());
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 2);
  Open(KeysOf({2, 1}));
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 2);
  Open(KeysOf({2}));
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 1) << "no start keeps an old key needed";
}

TEST_F(StoreStartsTest, ANumberIsNotToBeFoundByWhoHasTheFileAndMayCall) {
  Open();
  Login login = MakeLogin("a");
  ASSERT_TRUE(Create(*store_, login).ok());
  // Whatever a caller has hashed for it, its request_id or its name, is another text.
  for (const std::string& text : {login.request->msisdn, std::string(kStoreTill)}) {
    EXPECT_NE(CustomerKey(*login.request), RequestKey(kStoreTill, text));
    EXPECT_NE(CustomerKey(*login.request), RequestKey("", text));
  }
  EXPECT_EQ(CustomerKey(*login.request)[0], '\0') << "which is in no request_id and no name";
}

TEST_F(StoreStartsTest, ALookForACustomerLeavesNothingOfTheNumberOnTheStack) {
  Open();
  const Login login = MakeLogin("a");
  std::vector<CustomerHash> hashes;
  const std::string left = LeftOnStack([&] { hashes = store_->CustomerHashesOf(*login.request); });
  EXPECT_THAT(hashes, SizeIs(1));
  EXPECT_FALSE(HasInAnyWidth(left, login.request->msisdn.substr(2)));
}

TEST_F(StoreStartsTest, TimesFollowAClockThatIsSet) {
  Open(KeysOf({1}), {"boot", At(0)});
  ASSERT_TRUE(Create(*store_, MakeLogin("a", 10)).ok());
  Open(KeysOf({1}), {"boot", At(3600)});
  EXPECT_THAT(Times(3600), ElementsAre(At(3610)));
  EXPECT_THAT(Times(3611), IsEmpty());
  Open(KeysOf({1}), {"the next boot", At(7200)});
  EXPECT_THAT(Times(), ElementsAre(At(10))) << "the wall clock is taken at its word";
}

// A store as the schema before it was, sealed, with a login that has ended and one that has not.
class EarlierSchemaTest : public StoreStartsTest {
 protected:
  void MakeVersion3() {
    Open();
    ASSERT_TRUE(Create(*store_, MakeLogin("a", 1)).ok());
    ASSERT_TRUE(Create(*store_, MakeEndedLogin("b", 2)).ok());
    store_.reset();
    RunSql(path_, "DROP TABLE start; PRAGMA user_version = 3;");
  }
};

TEST_F(EarlierSchemaTest, Version3RemembersTheStartsOfItsLogins) {
  MakeVersion3();
  Open();
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 2);
  EXPECT_TRUE(store_->Get("a").ok());
  EXPECT_THAT(*LoadUnfinished(*store_), SizeIs(1));
}

TEST_F(EarlierSchemaTest, Version3WithADamagedRecordIsTakenUpAllTheSame) {
  MakeVersion3();
  RunSql(path_, "UPDATE login SET record = x'00' WHERE id = 'b'");
  Open();
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 1);
  EXPECT_EQ(store_->Get("b").status().code(), absl::StatusCode::kDataLoss);
}

// It had no callers, and so no column for them.
TEST_F(EarlierSchemaTest, Version2WithSealedLoginsIsTakenUp) {
  MakeVersion3();
  RunSql(path_,
         "DROP INDEX login_by_caller; ALTER TABLE login DROP COLUMN caller_hash;"
         "CREATE INDEX login_by_create_time ON login (create_time, id);"
         "CREATE INDEX login_unfinished ON login (create_time, id) WHERE end_time IS NULL;"
         "PRAGMA user_version = 2;");
  Open();
  EXPECT_EQ(CountOf(*MakeLogin("a").request), 2);
}

TEST_F(EarlierSchemaTest, OfVersion3AWrongKeyIsStillToldAndTheFileLeftAlone) {
  MakeVersion3();
  const std::string before = ReadFile(path_);
  const absl::Status status = SqliteStore::Open(path_, KeysOf({2})).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_TRUE(ReadFile(path_) == before);
}

}  // namespace
}  // namespace cibad
