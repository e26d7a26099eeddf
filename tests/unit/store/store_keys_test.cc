// What sealing promises of a whole store: its files tell nothing, keys are replaced without a loss,
// and a key that is missing is an error that destroys nothing.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/store/sqlite_store.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// All texts of MakeFullLogin that are of somebody, or could be.
const std::vector<std::string>& PlantedTexts() {
  static const auto& texts = *new std::vector<std::string>{
      "4791234567",     "AB-12345",   "2c1b6a5e-0000", "receipt",    "auth-req-id-1",
      "access-token-1", "id-token-1", "subject-1",     "subject-2",  "Nordmann",
      "kari@example",   "Storgata",   "1990-01-31",    "3101901234", "Send me news",
      "nested",         "7654321",    "too_many",      "phoneNumber"};
  return texts;
}

class StoreKeysTest : public ::testing::Test {
 protected:
  absl::Status Open(const StoreKeys& keys) { return SqliteStore::Open(path_, keys).status(); }

  // What is in any file of the folder.
  std::vector<std::string> PlantedTextsOnDisk() const {
    std::string bytes;
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
      bytes += ReadFile(file.path().string());
    }
    std::vector<std::string> found;
    for (const std::string& text : PlantedTexts()) {
      if (bytes.find(text) != std::string::npos) found.push_back(text);
    }
    return found;
  }

  void MakeStore(const std::vector<int>& keys) {
    const auto store = OpenStore(path_, {}, KeysOf(keys));
    ASSERT_TRUE(Create(*store, login_).ok());
  }

  void ExpectRefusedUntouched(const StoreKeys& keys, const std::string& why) {
    const std::string before = ReadFile(path_);
    const absl::Status status = Open(keys);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(path_), HasSubstr(why), Not(HasSubstr("\n"))));
    EXPECT_TRUE(ReadFile(path_) == before) << "the file was changed";
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("logins.db");
  Login login_ = MakeFullLogin();
};

TEST_F(StoreKeysTest, NothingOfALoginIsToBeSeenInAnyFile) {
  auto store = OpenStore(path_);
  Login login = login_;
  login.request.Edit().sales_unit = "7654321";
  ASSERT_TRUE(Create(*store, login).ok());
  login.revision = 8;
  ASSERT_TRUE(Update(*store, login).ok());
  EXPECT_THAT(PlantedTextsOnDisk(), IsEmpty());
  store.reset();
  EXPECT_THAT(PlantedTextsOnDisk(), IsEmpty()) << "once closed";
}

TEST_F(StoreKeysTest, RecordMovedToAnotherLoginIsDataLoss) {
  {
    const auto store = OpenStore(path_);
    ASSERT_TRUE(Create(*store, MakeLogin("a")).ok());
    ASSERT_TRUE(Create(*store, MakeLogin("b")).ok());
  }
  RunSql(path_, "UPDATE login SET record = (SELECT record FROM login WHERE id = 'a')");
  const auto store = OpenStore(path_);
  EXPECT_TRUE(store->Get("a").ok());
  EXPECT_EQ(store->Get("b").status(),
            absl::DataLossError("the stored record of login b is damaged"));
}

TEST_F(StoreKeysTest, MissingKeyIsMadeWithTheStore) {
  StoreKeys keys;
  keys.key_file = folder_.File("store.key");
  {
    const auto store = OpenStore(path_, {}, keys);
    ASSERT_TRUE(Create(*store, login_).ok());
  }
  keys.key = *SealingKey::FromText(ReadFile(keys.key_file));
  EXPECT_EQ(*OpenStore(path_, {}, keys)->Get(login_.id), login_);
}

TEST_F(StoreKeysTest, MissingKeyIsMadeForAnEmptyStore) {
  OpenStore(path_);
  StoreKeys keys;
  keys.key_file = folder_.File("store.key");
  OpenStore(path_, {}, keys);
  EXPECT_TRUE(std::filesystem::exists(keys.key_file));
}

TEST_F(StoreKeysTest, MissingKeyOfALoginIsAnErrorAndNoneIsMade) {
  MakeStore({1});
  StoreKeys keys;
  keys.key_file = folder_.File("store.key");
  ExpectRefusedUntouched(keys,
                         absl::StrCat("there is no file ", keys.key_file, "; restore that file"));
  EXPECT_FALSE(std::filesystem::exists(keys.key_file));
  EXPECT_EQ(*OpenStore(path_)->Get(login_.id), login_) << "with the right key it is all there";
}

TEST_F(StoreKeysTest, WrongKeyIsAnErrorThatSaysSo) {
  MakeStore({1});
  ExpectRefusedUntouched(KeysOf({2}),
                         "it was sealed with a key that is not among store.key_file and "
                         "store.old_key_files");
  EXPECT_EQ(*OpenStore(path_)->Get(login_.id), login_) << "with the right key it is all there";
}

TEST_F(StoreKeysTest, OneLoginOfAnUnknownKeyIsEnough) {
  MakeStore({1});
  {
    const auto store = OpenStore(path_, {}, KeysOf({2, 1}));
    ASSERT_TRUE(Create(*store, MakeLogin("a")).ok());
  }
  ExpectRefusedUntouched(KeysOf({1}), "sealed with a key that is not among");
  ExpectRefusedUntouched(KeysOf({2}), "sealed with a key that is not among");
  EXPECT_TRUE(OpenStore(path_, {}, KeysOf({1, 2}))->Get("a").ok());
}

TEST_F(StoreKeysTest, OldKeyMayGoOnceNothingNeedsIt) {
  MakeStore({1});
  {
    const auto store = OpenStore(path_, {}, KeysOf({2, 1}));
    EXPECT_EQ(*store->Get(login_.id), login_);
    EXPECT_EQ(store->ReplaceKeys(KeysOf({2})).code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(*store->Get(login_.id), login_) << "the keys are as before";
    Login later = login_;
    later.revision = 8;
    ASSERT_TRUE(Update(*store, later).ok());
    EXPECT_EQ(store->ReplaceKeys(KeysOf({2})), absl::OkStatus());
    EXPECT_EQ(*store->Get(login_.id), later);
  }
  EXPECT_EQ(OpenStore(path_, {}, KeysOf({2}))->Get(login_.id)->revision, 8);
}

TEST_F(StoreKeysTest, RequestIdIsFoundAgainUnderEveryKey) {
  MakeStore({1});
  const auto store = OpenStore(path_, {}, KeysOf({2, 1}));
  Login again = MakeLogin("again");
  again.request.Edit().request_id = login_.request->request_id;
  EXPECT_EQ(*Create(*store, again), login_);
  Login later = login_;
  later.revision = 8;  // is sealed with the new key, and its request_id goes along
  ASSERT_TRUE(Update(*store, later).ok());
  EXPECT_EQ(*Create(*store, again), later);
  later.revision = 9;  // with the key that it has
  ASSERT_TRUE(Update(*store, later).ok());
  EXPECT_EQ(*Create(*store, again), later);
  ASSERT_TRUE(store->ReplaceKeys(KeysOf({3, 2})).ok());
  EXPECT_EQ(*Create(*store, again), later);
}

TEST_F(StoreKeysTest, ReplacedKeysSealFromThenOn) {
  auto store = OpenStore(path_, {}, KeysOf({1}));
  ASSERT_TRUE(store->ReplaceKeys(KeysOf({2, 1})).ok());
  ASSERT_TRUE(Create(*store, MakeLogin("a")).ok());
  EXPECT_TRUE(store->Get("a").ok());
  store.reset();
  EXPECT_TRUE(OpenStore(path_, {}, KeysOf({2}))->Get("a").ok());
}

TEST_F(StoreKeysTest, KeysWithoutAFirstOneAreRefused) {
  const auto store = OpenStore(path_);
  StoreKeys keys = KeysOf({2});
  keys.key.reset();
  EXPECT_EQ(store->ReplaceKeys(keys).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Create(*store, MakeLogin("a")).ok());
  EXPECT_TRUE(store->Get("a").ok());
}

TEST_F(StoreKeysTest, KeysChangeUnderReadersAndWritersThatNoticeNothing) {
  constexpr int kChanges = 20;
  const auto store = OpenStore(path_);
  std::atomic<bool> stopping = false;
  std::atomic<int> failures = 0;
  std::thread writer([&] {
    for (int i = 0; !stopping; ++i) {
      const std::string id = absl::StrCat(i);
      if (!Create(*store, MakeLogin(id)).ok() || !store->Get(id).ok()) ++failures;
    }
  });
  for (int change = 0; change < kChanges; ++change) {
    const absl::Status replaced =
        store->ReplaceKeys(change % 2 == 0 ? KeysOf({2, 1}) : KeysOf({1, 2}));
    EXPECT_TRUE(replaced.ok()) << replaced;
  }
  stopping = true;
  writer.join();
  EXPECT_EQ(failures, 0);
  EXPECT_TRUE(LoadUnfinished(*store).ok());
}

// A store as version 0.1.0 left it: MakeFullLogin and an unfinished login in the clear.
class EarlierStoreTest : public StoreKeysTest {
 protected:
  EarlierStoreTest() {
    // What logins had not yet when the record was written.
    login_.request.Edit().caller.clear();
    login_.request.Edit().customer_token.clear();
    login_.request.Edit().web_page.reset();
    login_.request.Edit().language = Language::kEnglish;
    login_.handling = Handling();
    login_.retry_time = absl::InfinitePast();
    login_.code_may_be_used = false;
    login_.profile->consents->links.clear();
    RunSql(path_,
           absl::StrCat(
               "PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; PRAGMA application_id = ",
               0x43494241, "; PRAGMA user_version = 1;",
               R"sql(
        CREATE TABLE login (
          id TEXT PRIMARY KEY NOT NULL,
          request_id TEXT UNIQUE,
          create_time INTEGER NOT NULL,  -- nanoseconds since 1970, as all times
          end_time INTEGER,              -- NULL until the login has ended
          revision INTEGER NOT NULL,
          record BLOB NOT NULL
        ) STRICT;
        CREATE INDEX login_by_create_time ON login (create_time, id);
        CREATE INDEX login_unfinished ON login (create_time, id) WHERE end_time IS NULL;
        CREATE INDEX login_by_end_time ON login (end_time) WHERE end_time IS NOT NULL;)sql",
               "INSERT INTO login VALUES ('", login_.id, "', '", login_.request->request_id,
               "', 1785000000123456789, 1785000002000000003, 7, x'",
               absl::BytesToHexString(kFullRecord), "');"));
  }

  static constexpr char kFullRecord[] =
      R"({"format":1,"login":{"auth_req_id":"auth-req-id-1","create_time":1785000000123456789,)"
      R"("end_time":1785000002000000003,"expire_time":1785000600999999999,"failure":{)"
      R"("provider_code":"too_many","reason":"too_many_logins","retry_after":90500000000},)"
      R"("id":"0123456789ABCDEFGHJKMNPQRS","interval":10000000000,"profile":{"addresses":[)"
      R"({"address_type":"home","country":"NO","formatted":"Storgata 1\n0155 Oslo",)"
      R"("postal_code":"0155","region":"Oslo","street_address":"Storgata 1\nH0101"},)"
      R"({"address_type":"work","country":"NO","formatted":"Nygata 2\n5003 Bergen",)"
      R"("postal_code":"5003","region":"Bergen","street_address":"Nygata 2"}],)"
      R"("birthdate":"1990-01-31","consents":{"consents":[{"accepted":true,"id":"news",)"
      R"("required":false,"text_displayed_to_user":"Send me news"}],"heading":"Heading",)"
      R"("terms_description":"Terms","time_of_consent":"2026-08-01T12:00:00Z"},)"
      R"("email":"kari@example.com","email_verified":true,"family_name":"Nordmann",)"
      R"("gender":"female","given_name":"Kari Marie","name":"Kari Marie Nordmann",)"
      R"("nin":"31019012345","other_claims_json":"{\"sid\":\"1\",\"nested\":{\"a\":[1,2]}}",)"
      R"("phone_number":"+4791234567","phone_number_verified":true,"subject":"subject-2"},)"
      R"("request":{"binding_message":"AB-12345","binding_message_is_made":true,)"
      R"("msisdn":"4791234567","reference":"receipt \"42\" \\ \n æøå",)"
      R"("request_id":"2c1b6a5e-0000-4000-8000-000000000001","requested_expiry":300000000000,)"
      R"("sales_unit":"123456","scopes":["openid","name","phoneNumber"]},"revision":7,)"
      R"("state":"failed","subject":"subject-1","tokens":{"access_token":"access-token-1",)"
      R"("expire_time":1785000300000000007,"id_token":"id-token-1"},)"
      R"("update_time":1785000001000000001}})";
};

TEST_F(EarlierStoreTest, IsSealedWhenItIsOpenedAndNothingIsLeftInTheClear) {
  ASSERT_THAT(PlantedTextsOnDisk(), Not(IsEmpty()));
  StoreKeys keys;
  keys.key_file = folder_.File("store.key");
  auto store = OpenStore(path_, {}, keys);
  EXPECT_THAT(PlantedTextsOnDisk(), IsEmpty()) << "while it is open";
  EXPECT_EQ(*store->Get(login_.id), login_);
  Login again = MakeLogin("again");
  again.request.Edit().request_id = login_.request->request_id;
  again.request.Edit().caller.clear();
  EXPECT_EQ(*Create(*store, again), login_) << "its request_id is known";
  EXPECT_THAT(store->List({.caller = kStoreTill})->logins, IsEmpty()) << "it is nobody's";
  store.reset();
  EXPECT_THAT(PlantedTextsOnDisk(), IsEmpty()) << "once it is closed";
}

TEST_F(EarlierStoreTest, StaysAsItIsWhereARecordIsDamaged) {
  RunSql(path_, "UPDATE login SET record = x'00'");
  const std::string before = ReadFile(path_);
  const absl::Status status = Open(KeysOf({1}));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(path_), HasSubstr("restore a backup")));
  EXPECT_TRUE(ReadFile(path_) == before) << "the file was changed";
}

}  // namespace
}  // namespace cibad
