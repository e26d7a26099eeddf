#include "server/store/schema.h"

#include <array>
#include <cassert>
#include <string>

#include "absl/strings/string_view.h"
#include "server/store/json_record.h"
#include "server/store/record.h"
#include "server/store/start_table.h"

namespace cibad {
namespace {

// A step that has been released is never changed: files that it made are about.

// A login without a request_id has NULL there, and NULLs are never equal: they cannot collide.
constexpr char kVersion1[] = R"sql(
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

// Version 2 seals the record, and keeps of the request_id, which is whatever a till made of it, no
// more than a keyed hash. The hash is of the key that seals the record, `key_id`.
constexpr char kVersion2Table[] = R"sql(
  DROP INDEX login_by_create_time;
  DROP INDEX login_unfinished;
  DROP INDEX login_by_end_time;
  ALTER TABLE login RENAME TO login_in_the_clear;
  CREATE TABLE login (
    id TEXT PRIMARY KEY NOT NULL,
    request_id_hash BLOB UNIQUE,
    create_time INTEGER NOT NULL,  -- nanoseconds since 1970, as all times
    end_time INTEGER,              -- NULL until the login has ended
    revision INTEGER NOT NULL,
    key_id INTEGER NOT NULL,
    record BLOB NOT NULL
  ) STRICT;
)sql";
constexpr char kVersion2Indexes[] = R"sql(
  DROP TABLE login_in_the_clear;
  CREATE INDEX login_by_create_time ON login (create_time, id);
  CREATE INDEX login_unfinished ON login (create_time, id) WHERE end_time IS NULL;
  CREATE INDEX login_by_end_time ON login (end_time) WHERE end_time IS NOT NULL;
  CREATE INDEX login_by_key ON login (key_id);
)sql";

// Version 3 knows whose a login is, by a keyed hash like the request_id's. What was there before is
// nobody's. Logins are listed by caller only.
constexpr char kVersion3[] = R"sql(
  DROP INDEX login_by_create_time;
  DROP INDEX login_unfinished;
  ALTER TABLE login ADD COLUMN caller_hash BLOB;
  CREATE INDEX login_by_caller ON login (caller_hash, create_time, id);
)sql";

// Version 4 remembers that a customer was asked, and when, for as long as that counts: by a keyed
// hash, since the login itself may be erased much sooner. `boot_id` and `boot_time` are the run of
// the machine in which the row was written, as in a record. The rows are in the order of their
// time.
constexpr char kVersion4[] = R"sql(
  CREATE TABLE start (
    create_time INTEGER NOT NULL,
    customer INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    boot_time INTEGER NOT NULL,
    PRIMARY KEY (create_time, customer)
  ) STRICT, WITHOUT ROWID;
)sql";

absl::Status SealRow(Statement& from, Statement& to, const Sealer& sealer) {
  const absl::string_view id = from.Bytes(0);
  const absl::StatusOr<Login> login = DecodeJsonRecord(id, from.Bytes(2));
  if (!login.ok()) return login.status();
  const absl::StatusOr<Record> record = EncodeRecord(*login);
  if (!record.ok()) return record.status();
  const absl::StatusOr<std::string> sealed = sealer.Seal(id, record->text);
  if (!sealed.ok()) return sealed.status();
  const absl::string_view request_id = from.Bytes(1);
  const std::string hash = request_id.empty() ? "" : sealer.HashesOf(request_id).front();
  to.BindText(1, id);
  if (hash.empty()) {
    to.BindNull(2);
  } else {
    to.BindBytes(2, hash);
  }
  to.BindInt(3, sealer.key_id());
  to.BindBytes(4, *sealed);
  const absl::StatusOr<bool> done = to.Step();
  to.Reset();
  return done.status();
}

absl::Status SealRows(Database& database, const Sealer& sealer) {
  absl::StatusOr<Statement> from =
      database.Prepare("SELECT id, request_id, record FROM login_in_the_clear");
  if (!from.ok()) return from.status();
  absl::StatusOr<Statement> to = database.Prepare(
      "INSERT INTO login (id, request_id_hash, create_time, end_time, revision, key_id, record) "
      "SELECT ?1, ?2, create_time, end_time, revision, ?3, ?4 FROM login_in_the_clear WHERE id = "
      "?1");
  if (!to.ok()) return to.status();
  for (;;) {
    const absl::StatusOr<bool> row = from->Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    absl::Status sealed = SealRow(*from, *to, sealer);
    if (!sealed.ok()) return sealed;
  }
}

absl::Status MakeTable(Database& database, const Sealer& /*sealer*/) {
  return database.Execute(kVersion1);
}

absl::Status SealRecords(Database& database, const Sealer& sealer) {
  absl::Status status = database.Execute(kVersion2Table);
  if (status.ok()) status = SealRows(database, sealer);
  if (status.ok()) status = database.Execute(kVersion2Indexes);
  return status;
}

absl::Status TellCallersApart(Database& database, const Sealer& /*sealer*/) {
  return database.Execute(kVersion3);
}

// Of the logins that are there. One whose record is damaged is found out when it is read.
absl::Status CopyStarts(Database& database, const Sealer& sealer) {
  absl::StatusOr<Statement> from = database.Prepare("SELECT id, record FROM login");
  if (!from.ok()) return from.status();
  absl::StatusOr<Statement> to = database.Prepare(
      "INSERT INTO start (create_time, customer, boot_id, boot_time) VALUES (?1, ?2, '', 0) "
      "ON CONFLICT DO NOTHING");
  if (!to.ok()) return to.status();
  for (;;) {
    const absl::StatusOr<bool> row = from->Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    const absl::StatusOr<std::string> text = sealer.Open(from->Bytes(0), from->Bytes(1));
    if (!text.ok()) continue;
    const absl::StatusOr<Login> login = DecodeRecord(from->Bytes(0), *text);
    if (!login.ok()) continue;
    to->BindInt(1, ToStoredTime(login->create_time));
    to->BindInt(2, ToStoredHash(CustomerHashesOf(sealer, *login->request).front()));
    const absl::StatusOr<bool> done = to->Step();
    to->Reset();
    if (!done.ok()) return done.status();
  }
}

absl::Status RememberStarts(Database& database, const Sealer& sealer) {
  absl::Status status = database.Execute(kVersion4);
  if (status.ok()) status = CopyStarts(database, sealer);
  return status;
}

using Step = absl::Status (*)(Database&, const Sealer&);
constexpr std::array<Step, kSchemaVersion> kSteps = {&MakeTable, &SealRecords, &TellCallersApart,
                                                     &RememberStarts};

}  // namespace

absl::Status MigrateOneStep(Database& database, int64_t version, const Sealer& sealer) {
  assert(version >= 0 && version < kSchemaVersion);
  return kSteps.at(static_cast<size_t>(version))(database, sealer);
}

}  // namespace cibad
