#include "server/store/login_table.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

// A login without a request_id has NULL there, and NULLs are never equal: they cannot collide.
constexpr absl::string_view kVersion1 = R"sql(
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
  CREATE INDEX login_by_end_time ON login (end_time) WHERE end_time IS NOT NULL;
)sql";

constexpr absl::string_view kInsert =
    "INSERT INTO login (id, request_id, create_time, end_time, revision, record) VALUES (?1, ?2, "
    "?3, ?4, ?5, ?6) "
    "ON CONFLICT DO NOTHING";
constexpr absl::string_view kSelectByRequestId =
    "SELECT id, record FROM login WHERE request_id = ?1";
constexpr absl::string_view kUpdate =
    "UPDATE login SET end_time = ?2, revision = ?3, record = ?4 WHERE id = ?1 AND revision < ?3";
constexpr absl::string_view kErase = "DELETE FROM login WHERE end_time < ?1";
constexpr absl::string_view kSelect = "SELECT id, record FROM login WHERE id = ?1";
constexpr absl::string_view kList =
    "SELECT id, record FROM login WHERE (create_time, id) < (?1, ?2) ORDER BY create_time DESC, id "
    "DESC LIMIT ?3";
constexpr absl::string_view kListUnfinished =
    "SELECT id, record FROM login WHERE (create_time, id) < (?1, ?2) AND end_time IS NULL "
    "ORDER BY create_time DESC, id DESC LIMIT ?3";

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

// The login of the one row that the statement gives. NOT_FOUND: it gives none.
absl::StatusOr<Login> SelectOne(Statement& statement, absl::string_view key) {
  Run run(statement);
  run->BindText(1, key);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::NotFoundError("no such login");
  return DecodeRecord(run->Bytes(0), run->Bytes(1));
}

absl::StatusOr<std::vector<Login>> SelectPage(Statement& statement, int64_t create_time,
                                              absl::string_view id, int64_t limit) {
  Run run(statement);
  run->BindInt(1, create_time);
  run->BindText(2, id);
  run->BindInt(3, limit);
  std::vector<Login> logins;
  for (;;) {
    const absl::StatusOr<bool> row = run->Step();
    if (!row.ok()) return row.status();
    if (!*row) return logins;
    absl::StatusOr<Login> login = DecodeRecord(run->Bytes(0), run->Bytes(1));
    if (!login.ok()) return login.status();
    logins.push_back(*std::move(login));
  }
}

}  // namespace

const std::vector<absl::string_view>& LoginTable::Migrations() {
  static const auto& migrations = *new std::vector<absl::string_view>{kVersion1};
  return migrations;
}

absl::StatusOr<LoginTable> LoginTable::Prepare(Database& database) {
  LoginTable table;
  const std::pair<absl::string_view, Statement*> statements[] = {
      {kInsert, &table.insert_},
      {kSelectByRequestId, &table.select_by_request_id_},
      {kUpdate, &table.update_},
      {kErase, &table.erase_},
      {kSelect, &table.select_},
      {kList, &table.list_},
      {kListUnfinished, &table.list_unfinished_},
  };
  for (const auto& [sql, statement] : statements) {
    absl::StatusOr<Statement> prepared = database.Prepare(sql);
    if (!prepared.ok()) return prepared.status();
    *statement = *std::move(prepared);
  }
  return table;
}

absl::StatusOr<std::optional<Login>> LoginTable::Insert(const Record& record) {
  Run run(insert_);
  run->BindText(1, record.id);
  if (record.request_id.empty()) {
    run->BindNull(2);
  } else {
    run->BindText(2, record.request_id);
  }
  run->BindInt(3, record.create_time);
  BindEndTime(insert_, 4, record.end_time);
  run->BindInt(5, record.revision);
  run->BindBytes(6, record.text);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  if (run->ChangedRows() == 1) return std::nullopt;
  absl::StatusOr<Login> earlier = SelectOne(select_by_request_id_, record.request_id);
  if (absl::IsNotFound(earlier.status())) {
    return absl::AlreadyExistsError(absl::StrCat("there is a login ", record.id, " already"));
  }
  if (!earlier.ok()) return earlier.status();
  return *std::move(earlier);
}

absl::Status LoginTable::Update(const Record& record) {
  {
    Run run(update_);
    run->BindText(1, record.id);
    BindEndTime(update_, 2, record.end_time);
    run->BindInt(3, record.revision);
    run->BindBytes(4, record.text);
    const absl::StatusOr<bool> row = run->Step();
    if (!row.ok()) return row.status();
    if (run->ChangedRows() == 1) return absl::OkStatus();
  }
  Run run(select_);
  run->BindText(1, record.id);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  if (!*row)
    return absl::NotFoundError(absl::StrCat("there is no login ", record.id, " to update"));
  return absl::FailedPreconditionError(absl::StrCat("login ", record.id, " is stored in revision ",
                                                    record.revision, " or a later one"));
}

absl::StatusOr<int64_t> LoginTable::EraseEndedBefore(int64_t time) {
  Run run(erase_);
  run->BindInt(1, time);
  const absl::StatusOr<bool> row = run->Step();
  if (!row.ok()) return row.status();
  return run->ChangedRows();
}

absl::StatusOr<Login> LoginTable::Get(absl::string_view id) { return SelectOne(select_, id); }

absl::StatusOr<std::vector<Login>> LoginTable::List(const PagePosition& after, int64_t limit) {
  return SelectPage(after.unfinished_only ? list_unfinished_ : list_, after.create_time, after.id,
                    limit);
}

absl::StatusOr<std::vector<Login>> LoginTable::LoadUnfinished() {
  constexpr int64_t kNoLimit = -1;  // as SQLite has it
  const PagePosition newest;
  return SelectPage(list_unfinished_, newest.create_time, newest.id, kNoLimit);
}

}  // namespace cibad
