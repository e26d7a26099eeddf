#include "tests/unit/store/store_test_support.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <utility>

#include "absl/strings/escaping.h"

namespace cibad {

TemporaryFolder::TemporaryFolder()
    : path_(std::filesystem::temp_directory_path() / "cibad_store_XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) std::abort();
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

SealingKey KeyNumber(int number) {
  const std::string bytes(SealingKey::kBytes, static_cast<char>(number));
  return *SealingKey::FromText(absl::Base64Escape(bytes));
}

StoreKeys KeysOf(const std::vector<int>& numbers) {
  StoreKeys keys;
  keys.key_file = "/nowhere/store.key";
  keys.key = KeyNumber(numbers.front());
  for (size_t i = 1; i < numbers.size(); ++i) keys.old_keys.push_back(KeyNumber(numbers[i]));
  return keys;
}

std::unique_ptr<SqliteStore> OpenStore(const std::string& path, const SqliteStoreOptions& options,
                                       const StoreKeys& keys) {
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = SqliteStore::Open(path, keys, options);
  if (store.ok()) return *std::move(store);
  std::cerr << "the store does not open: " << store.status() << "\n";
  std::abort();
}

absl::StatusOr<std::vector<Login>> LoadUnfinished(Store& store) {
  std::vector<Login> logins;
  const absl::Status status =
      store.LoadUnfinished([&logins](Login login) { logins.push_back(std::move(login)); });
  if (!status.ok()) return status;
  return logins;
}

absl::Time At(int seconds) { return absl::FromUnixSeconds(1'785'000'000 + seconds); }

Login MakeLogin(const std::string& id, int seconds) {
  Login login;
  login.id = id;
  login.revision = 1;
  LoginRequest& request = login.request.Edit();
  request.caller = kStoreTill;
  request.sales_unit = "123456";
  request.msisdn = "4791234567";
  request.scope = "openid name";
  login.create_time = At(seconds);
  login.update_time = At(seconds);
  return login;
}

Login MakeEndedLogin(const std::string& id, int end_seconds) {
  Login login = MakeLogin(id);
  login.revision = 2;
  login.state = LoginState::kExpired;
  login.update_time = At(end_seconds);
  login.end_time = At(end_seconds);
  return login;
}

Login MakeFullLogin() {
  Login login;
  login.id = "0123456789ABCDEFGHJKMNPQRS";
  login.revision = 7;
  LoginRequest& request = login.request.Edit();
  request.caller = kStoreTill;
  request.sales_unit = "123456";
  request.msisdn = "4791234567";
  request.scope = "openid name phoneNumber";
  request.binding_message = "AB-12345";
  request.binding_message_is_made = true;
  request.requested_expiry = absl::Seconds(300);
  request.reference = "receipt \"42\" \\ \n \xC3\xA6\xC3\xB8\xC3\xA5";
  request.request_id = "2c1b6a5e-0000-4000-8000-000000000001";
  request.customer_token = "customer-token-1";
  request.web_page = WebPage{"https://shop.example/done?a=b", "state-1234"};
  request.language = Language::kFinnish;
  login.handling.check_user = true;
  login.handling.ping_fallback = absl::Seconds(30);
  login.state = LoginState::kFailed;
  Failure& failure = login.failure.Edit();
  failure.reason = FailureReason::kTooManyLogins;
  failure.provider_code = "too_many";
  failure.retry_after = absl::Milliseconds(90'500);
  login.create_time = absl::FromUnixNanos(1'785'000'000'123'456'789);
  login.update_time = absl::FromUnixNanos(1'785'000'001'000'000'001);
  login.expire_time = absl::FromUnixNanos(1'785'000'600'999'999'999);
  login.end_time = absl::FromUnixNanos(1'785'000'002'000'000'003);
  login.auth_req_id = "auth-req-id-1";
  login.interval = absl::Seconds(10);
  login.retry_time = absl::FromUnixNanos(1'785'000'090'000'000'009);
  login.code_may_be_used = true;
  login.tokens =
      Tokens{"access-token-1", "id-token-1", absl::FromUnixNanos(1'785'000'300'000'000'007)};
  login.subject = "subject-1";
  Profile profile;
  profile.subject = "subject-2";
  profile.name = "Kari Marie Nordmann";
  profile.given_name = "Kari Marie";
  profile.family_name = "Nordmann";
  profile.phone_number = "+4791234567";
  profile.phone_number_verified = true;
  profile.email = "kari@example.com";
  profile.email_verified = true;
  profile.addresses = {{"home", "Storgata 1\nH0101", "0155", "Oslo", "NO", "Storgata 1\n0155 Oslo"},
                       {"work", "Nygata 2", "5003", "Bergen", "NO", "Nygata 2\n5003 Bergen"}};
  profile.birthdate = "1990-01-31";
  profile.gender = "female";
  profile.nin = "31019012345";
  profile.consents = Consents{"Heading",
                              "Terms",
                              "2026-08-01T12:00:00Z",
                              {{"news", true, false, "Send me news"}},
                              {{"The terms", "https://shop.example/terms"}}};
  profile.other_claims_json = R"({"sid":"1","nested":{"a":[1,2]}})";
  login.profile = profile;
  return login;
}

absl::StatusOr<Login> Create(Store& store, const Login& login) {
  std::promise<absl::StatusOr<Login>> result;
  store.Create(login,
               [&result](absl::StatusOr<Login> created) { result.set_value(std::move(created)); });
  return result.get_future().get();
}

absl::Status Update(Store& store, const Login& login) {
  std::promise<absl::Status> result;
  store.Update(login, [&result](const absl::Status& updated) { result.set_value(updated); });
  return result.get_future().get();
}

absl::Status Erase(Store& store, const std::string& id) {
  std::promise<absl::Status> result;
  store.Erase(id, [&result](const absl::Status& erased) { result.set_value(erased); });
  return result.get_future().get();
}

absl::Status EraseEndedBefore(Store& store, absl::Time time) {
  std::promise<absl::Status> result;
  store.EraseEndedBefore(time, [&result](const absl::Status& erased) { result.set_value(erased); });
  return result.get_future().get();
}

void RunSql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

int CountFiles(const std::string& folder) {
  const std::filesystem::directory_iterator files(folder);
  return static_cast<int>(std::distance(begin(files), end(files)));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace cibad
