// What the store's tests share: a folder that goes away, logins to keep, and writes that are waited
// for.

#ifndef CIBAD_TESTS_UNIT_STORE_STORE_TEST_SUPPORT_H_
#define CIBAD_TESTS_UNIT_STORE_STORE_TEST_SUPPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/login/login.h"
#include "server/store/sealing_key.h"
#include "server/store/sqlite_store.h"
#include "server/store/store.h"

namespace cibad {

// Whose the logins of these tests are.
inline constexpr char kStoreTill[] = "tills/till-1.shop.example";

// A new empty folder, removed with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A key of this number: the same one for the same number.
SealingKey KeyNumber(int number);
// Keys as a config has them that names these, the sealing one first.
StoreKeys KeysOf(const std::vector<int>& numbers);

// The store at `path`, sealed with key number 1 unless told otherwise; ends the test where it does
// not open.
std::unique_ptr<SqliteStore> OpenStore(const std::string& path,
                                       const SqliteStoreOptions& options = {},
                                       const StoreKeys& keys = KeysOf({1}));

// A login that was just accepted, `seconds` after the test's beginning of time.
Login MakeLogin(const std::string& id, int seconds = 0);
// A login that has ended, in its second revision.
Login MakeEndedLogin(const std::string& id, int end_seconds);
// A login in which every field has a value of its own, but Progress, which is not kept.
Login MakeFullLogin();
// `seconds` after the test's beginning of time.
absl::Time At(int seconds);

// The writes, waited for.
absl::StatusOr<Login> Create(Store& store, const Login& login);
absl::Status Update(Store& store, const Login& login);
absl::Status Erase(Store& store, const std::string& id);
absl::Status EraseEndedBefore(Store& store, absl::Time time);

// Every login that has not ended, as the store gives them.
absl::StatusOr<std::vector<Login>> LoadUnfinished(Store& store);

// Changes the database at `path` as another program would.
void RunSql(const std::string& path, const std::string& sql);

int CountFiles(const std::string& folder);
std::string ReadFile(const std::string& path);
void WriteFile(const std::string& path, const std::string& bytes);

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_STORE_STORE_TEST_SUPPORT_H_
