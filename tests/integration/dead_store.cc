#include "tests/integration/dead_store.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/store/sealing_key.h"
#include "server/store/sqlite_store.h"
#include "tests/integration/integration_test.h"

namespace cibad {

absl::Status CopyDeadStore(const std::string& folder, const std::string& copy) {
  std::error_code error;
  std::filesystem::create_directory(copy, error);
  for (const char* name : {"/cibad.db", "/cibad.db-wal", "/cibad.key"}) {
    if (error) break;
    if (!std::filesystem::exists(folder + name, error)) continue;  // of the log there may be none
    std::filesystem::copy_file(folder + name, copy + name, error);
  }
  if (error)
    return absl::UnavailableError(absl::StrCat("cannot copy to ", copy, ": ", error.message()));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Store>> OpenDeadStore(const std::string& copy) {
  StoreKeys keys;
  keys.key_file = copy + "/cibad.key";
  absl::StatusOr<SealingKey> key = SealingKey::FromText(ReadFile(keys.key_file));
  if (!key.ok()) return key.status();
  keys.key = *std::move(key);
  absl::StatusOr<std::unique_ptr<SqliteStore>> store = SqliteStore::Open(copy + "/cibad.db", keys);
  if (!store.ok()) return store.status();
  return std::unique_ptr<Store>(*std::move(store));
}

}  // namespace cibad
