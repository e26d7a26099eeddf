// The Store in one SQLite file, for one daemon. Writes go through one thread that commits them in
// groups (group_writer.h); reads have a connection of their own and do not wait for writes. All
// that is known of a login is sealed (sealer.h), but its id, its times of creation and end, and its
// revision. That a customer was asked stays known, by a keyed hash, until EraseStartsBefore.

#ifndef CIBAD_SERVER_STORE_SQLITE_STORE_H_
#define CIBAD_SERVER_STORE_SQLITE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/login.h"
#include "server/store/record.h"
#include "server/store/sealing_key.h"
#include "server/store/store.h"

namespace cibad {

struct SqliteStoreOptions {
  size_t queue_limit = 100'000;  // writes that may wait; one more is answered UNAVAILABLE
  // How long a lock of another program on the file (a backup, say) is waited for.
  absl::Duration busy_timeout = absl::Seconds(5);
  // The machine's present run, so that logins outlive a clock that is set (record.h).
  Boot boot;
  // Called with status() when it has changed, from the store's thread; must be short.
  std::function<void(const absl::Status&)> on_status;
};

// Beyond what Store promises: Create gives ALREADY_EXISTS where the login's id is taken, Update
// NOT_FOUND where there is no such login and FAILED_PRECONDITION where the stored one is not an
// earlier revision. Both give INVALID_ARGUMENT for a login that cannot be kept (see EncodeRecord).
// Reads give DATA_LOSS for a damaged login and UNAVAILABLE where the disk fails. Destroying it
// commits and answers every write that waits; it must not be destroyed from within a `done`.
class SqliteStore : public Store {
 public:
  // Opens the store at `path`, made where it is missing (not its folder), and so is the first key
  // where nothing is sealed yet. Every error is one line that names the path and says what to do;
  // the file is then as it was. See OpenStoreFile.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path,
                                                           const StoreKeys& keys,
                                                           const SqliteStoreOptions& options = {});
  ~SqliteStore() override;

  void Create(Login login, CreateDone done) override;
  void Update(Login login, WriteDone done) override;
  void Erase(std::string id, WriteDone done) override;
  void EraseEndedBefore(absl::Time time, WriteDone done) override;
  void EraseStartsBefore(absl::Time time, WriteDone done) override;
  void WaitForWrites() override;
  absl::Status status() const override;

  absl::StatusOr<Login> Get(absl::string_view id) override;
  absl::StatusOr<Login> GetByRequestId(absl::string_view caller,
                                       absl::string_view request_id) override;
  absl::StatusOr<LoginPage> List(const ListQuery& query) override;
  absl::Status LoadUnfinished(const std::function<void(Login)>& take) override;
  absl::Status LoadStarts(absl::Time since, int64_t limit,
                          const std::function<void(const KeptStart&)>& take) override;
  std::vector<CustomerHash> CustomerHashesOf(const LoginRequest& request) override;

  // From when this returns OK, the new first key seals, and earlier keys that are not among the new
  // ones are forgotten, with what was hashed under them of starts. FAILED_PRECONDITION: records
  // need a key that the new ones lack, or `keys.key` is absent; UNAVAILABLE: the disk fails. The
  // keys are then as before. Waits for the writes that were asked for earlier, so it must not be
  // called from within a `done`. Thread-safe.
  absl::Status ReplaceKeys(const StoreKeys& keys);

  // How many transactions the writes took so far: what grouping saves shows here.
  int64_t commit_count() const;

 private:
  struct Parts;
  explicit SqliteStore(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_SQLITE_STORE_H_
