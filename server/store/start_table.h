// That a customer was asked, and when, as the database keeps it for as long as it counts: so that a
// restart does not let anybody be asked more often, though the logins themselves are erased soon.
// It names no customer, only a keyed hash: it need not be read back, but recognised.

#ifndef CIBAD_SERVER_STORE_START_TABLE_H_
#define CIBAD_SERVER_STORE_START_TABLE_H_

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/login.h"
#include "server/store/database.h"
#include "server/store/record.h"
#include "server/store/sealer.h"
#include "server/store/store.h"

namespace cibad {

// Of a customer, under each key, the sealing one first. Two customers of one hash are one, which
// with 64 bits does not happen.
std::vector<CustomerHash> CustomerHashesOf(const Sealer& sealer, const LoginRequest& request);
std::vector<CustomerHash> CustomerHashesOf(const Sealer& sealer, absl::string_view customer_key);
int64_t ToStoredHash(CustomerHash hash);

// Not thread-safe; errors are those of database.h.
class StartTable {
 public:
  // The connection must outlive the table; it may be moved.
  static absl::StatusOr<StartTable> Prepare(Database& database, Boot boot);

  absl::Status Insert(CustomerHash customer, int64_t create_time);
  // Gives how many it erased. Times are those of the clock that wrote them.
  absl::StatusOr<int64_t> EraseBefore(int64_t time);
  // Of the newest `limit` those since that time, by the present clock.
  absl::Status Load(absl::Time since, int64_t limit,
                    const std::function<void(const KeptStart&)>& take);

 private:
  explicit StartTable(Boot boot) : boot_(std::move(boot)) {}

  Boot boot_;
  Statement insert_;
  Statement erase_;
  Statement load_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_START_TABLE_H_
