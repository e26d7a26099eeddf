#include "server/store/login_table.h"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr absl::string_view kInsert =
    "INSERT INTO login (id, end_time, revision, key_id, request_id_hash, caller_hash, record, "
    "create_time) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";
constexpr absl::string_view kSelectByRequestIdHash =
    "SELECT id, record FROM login WHERE request_id_hash = ?1";
// Sealed with the key that the row has: the hashes, and with them most indexes, stay as they are.
constexpr absl::string_view kUpdate =
    "UPDATE login SET end_time = ?2, revision = ?3, record = ?5 "
    "WHERE id = ?1 AND revision < ?3 AND key_id = ?4";
// The hashes go with the key: when the key goes, nothing may need it any more.
constexpr absl::string_view kReseal =
    "UPDATE login SET end_time = ?2, revision = ?3, key_id = ?4, request_id_hash = ?5, "
    "caller_hash = ?6, record = ?7 WHERE id = ?1 AND revision < ?3";
constexpr absl::string_view kErase = "DELETE FROM login WHERE id = ?1 AND end_time IS NOT NULL";
constexpr absl::string_view kEraseEnded = "DELETE FROM login WHERE end_time < ?1";
constexpr absl::string_view kSelect = "SELECT id, record FROM login WHERE id = ?1";
constexpr absl::string_view kList =
    "SELECT id, record FROM login WHERE caller_hash = ?4 AND (create_time, id) < (?1, ?2) "
    "ORDER BY create_time DESC, id DESC LIMIT ?3";
constexpr absl::string_view kListUnfinished =
    "SELECT id, record FROM login WHERE caller_hash = ?4 AND (create_time, id) < (?1, ?2) "
    "AND end_time IS NULL "
    "ORDER BY create_time DESC, id DESC LIMIT ?3";

// From the table itself, so that no login is missed where an index is damaged; in the order of
// their coming, which is nearly that of their creation, and much faster than looking each one up.
constexpr absl::string_view kLoadUnfinished =
    "SELECT id, record FROM login NOT INDEXED WHERE end_time IS NULL ORDER BY rowid DESC";

// The keys in use one by one, each by one look into the index, however many logins have it.
constexpr absl::string_view kNextKeyId =
    "SELECT key_id FROM login WHERE key_id >= ?1 ORDER BY key_id LIMIT 1";

// Lends a statement for one run and resets it afterwards, whatever came of it.
class Run {
 public:
  explicit Run(Statement& statement) : statement_(statement) {}
  ~Run() { statement_.Reset(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  Statement* operator->() { return &statement_; }

 private:
  Statement& statement_;
};

// Binds an absent value as NULL.
void BindEndTime(Statement& statement, int parameter, const std::optional<int64_t>& end_time) {
  if (end_time.has_value()) {
    statement.BindInt(parameter, *end_time);
  } else {
    statement.BindNull(parameter);
  }
}

void BindHash(Statement& statement, int parameter, absl::string_view hash) {
  if (hash.empty()) {
    statement.BindNull(parameter);
  } else {
    statement.BindBytes(parameter, hash);
  }
}

// Newer first, and of two of one time the one with the greater id.
bool IsNewer(const Login& one, const Login& other) {
  return std::tie(one.create_time, one.id) > std::tie(other.create_time, other.id);
}

// The parameters that kInsert and kReseal have in common. Nothing is copied: it must live until the
// statement's Reset.
void BindSealed(Statement& statement, const Record& record, SealingKeyId key_id,
                absl::string_view request_id_hash, absl::string_view caller_hash,
                absl::string_view sealed) {
  statement.BindText(1, record.id);
  BindEndTime(statement, 2, record.end_time);
  statement.BindInt(3, record.revision);
  statement.BindInt(4, key_id);
  BindHash(statement, 5, request_id_hash);
  BindHash(statement, 6, caller_hash);
  statement.BindBytes(7, sealed);
}

// Whether `sealer` has every key that kNextKeyId finds.
absl::StatusOr<bool> HasEveryKey(Statement& next_key_id, const Sealer& sealer) {
  Run run(next_key_id);
  for (SealingKeyId next = std::numeric_limits<SealingKeyId>::min();;) {
    run->BindInt(1, next);
    const absl::StatusOr<bool> row = run->Step();
    if (!row.ok()) return row.status();
    if (!*row) return true;
    const SealingKeyId id = run->Int(0);
    if (!sealer.HasKey(id)) return false;
    if (id == std::numeric_limits<SealingKeyId>::max()) return true;
    next = id + 1;
    run->Reset();
  }
}

}  // namespace

absl::StatusOr<LoginTable> LoginTable::Prepare(Database& database, Sealer sealer, Boot boot) {
  absl::StatusOr<StartTable> starts = StartTable::Prepare(database, boot);
  if (!starts.ok()) return starts.status();
  LoginTable table(std::move(sealer), std::move(boot), *std::move(starts));
  const std::pair<absl::string_view, Statement*> statements[] = {
      {kInsert, &table.insert_},
      {kSelectByRequestIdHash, &table.select_by_request_id_hash_},
      {kUpdate, &table.update_},
      {kReseal, &table.reseal_},
      {kErase, &table.erase_},
      {kEraseEnded, &table.erase_ended_},
      {kSelect, &table.select_},
      {kList, &table.list_},
      {kListUnfinished, &table.list_unfinished_},
      {kLoadUnfinished, &table.load_unfinished_},
      {kNextKeyId, &table.next_key_id_},
  };
  for (const auto& [sql, statement] : statements) {
    absl::StatusOr<Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return table;
}

absl::StatusOr<bool> LoginTable::CanOpenAll(Database& database, const Sealer& sealer) {
  absl::StatusOr<Statement> next_key_id = database.Prepare(kNextKeyId);
  if (!next_key_id.ok()) return next_key_id.status();
  return HasEveryKey(*next_key_id, sealer);
}

absl::StatusOr<bool> LoginTable::CanOpenAll(const Sealer& sealer) {
  return HasEveryKey(next_key_id_, sealer);
}

std::string LoginTable::HashOf(absl::string_view text) const {
  return text.empty() ? "" : sealer_.HashesOf(text).front();
}

absl::StatusOr<std::optional<Login>> LoginTable::Insert(const Record& record) {
  std::string hash;
  if (!record.request_key.empty()) {
    // The earlier login may have been sealed with another key, under which the hash is another: the
    // column's own uniqueness does not see that. There is one writer, so nobody comes in between.
    const std::vector<std::string> hashes = sealer_.HashesOf(record.request_key);
    absl::StatusOr<std::optional<Login>> earlier = FindByRequestId(hashes);
    if (!earlier.ok() || earlier->has_value()) return earlier;
    hash = hashes.front();
  }
  const absl::StatusOr<std::string> sealed = sealer_.Seal(record.id, record.text);
  if (!sealed.ok()) return sealed.status();
  // First: where what follows fails, one start too many is known, and not one login too few.
  absl::Status counted = starts_.Insert(
      cibad::CustomerHashesOf(sealer_, record.customer_key).front(), record.create_time);
  if (!counted.ok()) return counted;
  const std::string caller_hash = HashOf(record.caller);
  Run run(insert_);
  BindSealed(insert_, record, sealer_.key_id(), hash, caller_hash, *sealed);
  run->BindInt(8, record.create_time);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  if (run->ChangedRows() == 1) return std::nullopt;
  return absl::AlreadyExistsError(absl::StrCat("there is a login ", record.id, " already"));
}

absl::Status LoginTable::Update(const Record& record) {
  const absl::StatusOr<std::string> sealed = sealer_.Seal(record.id, record.text);
  if (!sealed.ok()) return sealed.status();
  absl::StatusOr<bool> is_written = UpdateSealed(record, *sealed);
  if (is_written.ok() && !*is_written) is_written = Reseal(record, *sealed);
  if (!is_written.ok()) return is_written.status();
  if (*is_written) return absl::OkStatus();
  Run run(select_);
  run->BindText(1, record.id);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  if (!*row)
    return absl::NotFoundError(absl::StrCat("there is no login ", record.id, " to update"));
  return absl::FailedPreconditionError(absl::StrCat("login ", record.id, " is stored in revision ",
                                                    record.revision, " or a later one"));
}

absl::StatusOr<bool> LoginTable::UpdateSealed(const Record& record, absl::string_view sealed) {
  Run run(update_);
  run->BindText(1, record.id);
  BindEndTime(update_, 2, record.end_time);
  run->BindInt(3, record.revision);
  run->BindInt(4, sealer_.key_id());
  run->BindBytes(5, sealed);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  return run->ChangedRows() == 1;
}

absl::StatusOr<bool> LoginTable::Reseal(const Record& record, absl::string_view sealed) {
  const std::string request_id_hash = HashOf(record.request_key);
  const std::string caller_hash = HashOf(record.caller);
  Run run(reseal_);
  BindSealed(reseal_, record, sealer_.key_id(), request_id_hash, caller_hash, sealed);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  return run->ChangedRows() == 1;
}

absl::Status LoginTable::Erase(absl::string_view id) {
  {
    Run run(erase_);
    run->BindText(1, id);
    const absl::StatusOr<bool> row = run->Step();
    if (!row.ok()) return row.status();
    if (run->ChangedRows() == 1) return absl::OkStatus();
  }
  Run run(select_);
  run->BindText(1, id);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no such login");
  return absl::FailedPreconditionError("id: the login has not ended; cancel it first");
}

absl::StatusOr<int64_t> LoginTable::EraseEndedBefore(int64_t time) {
  Run run(erase_ended_);
  run->BindInt(1, time);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  return run->ChangedRows();
}

absl::StatusOr<std::optional<Login>> LoginTable::FindByRequestId(
    const std::vector<std::string>& hashes) {
  for (const std::string& hash : hashes) {
    Run run(select_by_request_id_hash_);
    run->BindBytes(1, hash);
    const absl::StatusOr<bool> row = run->Step();
    if (!row.ok()) return row.status();
    if (!*row) continue;
    absl::StatusOr<Login> login = OpenRecord(run->Bytes(0), run->Bytes(1));
    if (!login.ok()) return login.status();
    return *std::move(login);
  }
  return std::nullopt;
}

absl::StatusOr<Login> LoginTable::OpenRecord(absl::string_view id, absl::string_view sealed) const {
  const absl::StatusOr<std::string> text = sealer_.Open(id, sealed);
  if (!text.ok()) return text.status();
  return DecodeRecord(id, *text, boot_);
}

absl::StatusOr<Login> LoginTable::Get(absl::string_view id) {
  Run run(select_);
  run->BindText(1, id);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no such login");
  return OpenRecord(run->Bytes(0), run->Bytes(1));
}

absl::StatusOr<Login> LoginTable::GetByRequestKey(absl::string_view request_key) {
  absl::StatusOr<std::optional<Login>> found = FindByRequestId(sealer_.HashesOf(request_key));
  if (!found.ok()) return found.status();
  if (!found->has_value()) return absl::NotFoundError("no such login");
  return **std::move(found);
}

absl::Status LoginTable::SelectAll(Statement& statement, const std::function<void(Login)>& take) {
  Run run(statement);
  for (;;) {
    const absl::StatusOr<bool> row = run->Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    absl::StatusOr<Login> login = OpenRecord(run->Bytes(0), run->Bytes(1));
    if (!login.ok()) return login.status();
    take(*std::move(login));
  }
}

absl::StatusOr<std::vector<Login>> LoginTable::List(absl::string_view caller,
                                                    const PagePosition& after, int64_t limit) {
  Statement& statement = after.unfinished_only ? list_unfinished_ : list_;
  std::vector<Login> logins;
  if (caller.empty()) return logins;
  // Those that an earlier key sealed are found under its hash, and the lists made one.
  for (const std::string& hash : sealer_.HashesOf(caller)) {
    statement.BindInt(1, after.create_time);
    statement.BindText(2, after.id);
    statement.BindInt(3, limit);
    statement.BindBytes(4, hash);
    absl::Status status =
        SelectAll(statement, [&logins](Login login) { logins.push_back(std::move(login)); });
    if (!status.ok()) return status;
  }
  std::sort(logins.begin(), logins.end(), IsNewer);
  if (logins.size() > static_cast<size_t>(limit)) logins.resize(static_cast<size_t>(limit));
  return logins;
}

absl::Status LoginTable::LoadUnfinished(const std::function<void(Login)>& take) {
  return SelectAll(load_unfinished_, take);
}

}  // namespace cibad
