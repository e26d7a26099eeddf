// The logins in the database, as prepared SQL: every statement that reads or changes a login is
// here, and here records are sealed and opened. Each change of a login is one statement, so it
// happens whole or not at all, whatever else is in its transaction.

#ifndef CIBAD_SERVER_STORE_LOGIN_TABLE_H_
#define CIBAD_SERVER_STORE_LOGIN_TABLE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/login/login.h"
#include "server/store/database.h"
#include "server/store/page_token.h"
#include "server/store/record.h"
#include "server/store/sealer.h"
#include "server/store/start_table.h"

namespace cibad {

// Not thread-safe, as the connection is not. Errors are those of database.h, DATA_LOSS for a
// damaged record, and the ones named below.
class LoginTable {
 public:
  // Prepares the statements. The connection must outlive the table; it may be moved. `boot` is as
  // DecodeRecord has it.
  static absl::StatusOr<LoginTable> Prepare(Database& database, Sealer sealer, Boot boot = {});

  // Puts other keys in the place of those that it seals and opens with; gives the earlier ones.
  Sealer ReplaceSealer(Sealer sealer) { return std::exchange(sealer_, std::move(sealer)); }

  // Whether `sealer` has the key of every record. The first also of a database whose schema is of
  // an earlier version.
  static absl::StatusOr<bool> CanOpenAll(Database& database, const Sealer& sealer);
  absl::StatusOr<bool> CanOpenAll(const Sealer& sealer);

  // Keeps a new login, and apart from it that its customer is asked. Where its request_id is taken,
  // changes nothing and gives the login that has it. ALREADY_EXISTS: the id is taken.
  absl::StatusOr<std::optional<Login>> Insert(const Record& record);
  // NOT_FOUND: no such login. FAILED_PRECONDITION: the one that is kept is not an earlier revision.
  absl::Status Update(const Record& record);
  // NOT_FOUND: no such login. FAILED_PRECONDITION: it has not ended.
  absl::Status Erase(absl::string_view id);
  // Gives how many logins it erased.
  absl::StatusOr<int64_t> EraseEndedBefore(int64_t time);

  // NOT_FOUND: no such login.
  absl::StatusOr<Login> Get(absl::string_view id);
  // NOT_FOUND: no login has the request key (record.h).
  absl::StatusOr<Login> GetByRequestKey(absl::string_view request_key);
  // At most `limit` logins of the caller's after the position, the newest first.
  absl::StatusOr<std::vector<Login>> List(absl::string_view caller, const PagePosition& after,
                                          int64_t limit);
  // The last that came first.
  absl::Status LoadUnfinished(const std::function<void(Login)>& take);

  StartTable& starts() { return starts_; }
  std::vector<CustomerHash> CustomerHashesOf(const LoginRequest& request) const {
    return cibad::CustomerHashesOf(sealer_, request);
  }

 private:
  LoginTable(Sealer sealer, Boot boot, StartTable starts)
      : sealer_(std::move(sealer)), boot_(std::move(boot)), starts_(std::move(starts)) {}
  // Under the key that seals; empty of an empty text.
  std::string HashOf(absl::string_view text) const;
  // Updates write what is sealed with the present key, over an earlier revision: the first where it
  // is of that key, too, the second with whatever key. False: there is no such revision.
  absl::StatusOr<bool> UpdateSealed(const Record& record, absl::string_view sealed);
  absl::StatusOr<bool> Reseal(const Record& record, absl::string_view sealed);
  absl::StatusOr<Login> OpenRecord(absl::string_view id, absl::string_view sealed) const;
  absl::StatusOr<std::optional<Login>> FindByRequestId(const std::vector<std::string>& hashes);
  // Every row of a statement that is bound.
  absl::Status SelectAll(Statement& statement, const std::function<void(Login)>& take);

  Sealer sealer_;
  Boot boot_;
  StartTable starts_;
  Statement insert_;
  Statement select_by_request_id_hash_;
  Statement update_;
  Statement reseal_;
  Statement erase_;
  Statement erase_ended_;
  Statement select_;
  Statement list_;
  Statement list_unfinished_;
  Statement load_unfinished_;
  Statement next_key_id_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_LOGIN_TABLE_H_
