#include "server/store/store_file.h"

#include <sys/file.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/store/file.h"
#include "server/store/login_table.h"
#include "server/store/schema.h"

namespace cibad {
namespace {

constexpr uint32_t kApplicationId =
    0x43494241;  // "CIBA": in SQLite's header, tells our files from others'

// `errno` as a status: "store PATH: WHAT: No such file or directory".
absl::Status ErrnoStatus(const std::string& path, absl::string_view what) {
  return absl::ErrnoToStatus(errno, absl::StrCat("store ", path, ": ", what));
}

// The same status with the store's path in front.
absl::Status AboutStore(const std::string& path, const absl::Status& status) {
  return status.ok()
             ? status
             : absl::Status(status.code(), absl::StrCat("store ", path, ": ", status.message()));
}

absl::Status NewerVersion(const std::string& path, int64_t version) {
  return absl::FailedPreconditionError(
      absl::StrCat("store ", path, ": it was written by a newer cibad (its schema has version ",
                   version, ", this cibad knows ", kSchemaVersion, "); run that one"));
}

// What the first bytes of an SQLite file say of it (sqlite.org/fileformat2.html, 1.3).
struct FileHeader {
  bool is_sqlite = false;
  uint32_t schema_version = 0;  // PRAGMA user_version
  uint32_t application_id = 0;
};

uint32_t BigEndian32(const unsigned char* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 |
         uint32_t{bytes[3]};
}

// Reads the header without SQLite, which would have to write (its shared memory, a log) to tell as
// much. Absent: there is no file.
absl::StatusOr<std::optional<FileHeader>> ReadHeader(const std::string& path) {
  constexpr size_t kFileHeaderBytes = 100;
  constexpr size_t kSchemaVersionOffset = 60;
  constexpr size_t kApplicationIdOffset = 68;
  const File file(path, O_RDONLY | O_NONBLOCK);
  if (!file.ok() && errno == ENOENT) return std::nullopt;
  if (!file.ok()) return ErrnoStatus(path, "cannot read the file");
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) return ErrnoStatus(path, "cannot read the file");
  if (!S_ISREG(facts.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("store ", path, ": it is not a regular file"));
  }
  std::array<unsigned char, kFileHeaderBytes> bytes{};
  const ssize_t length = pread(file.get(), bytes.data(), bytes.size(), 0);
  if (length < 0) return ErrnoStatus(path, "cannot read the file");
  constexpr absl::string_view kMagic("SQLite format 3\0", 16);
  FileHeader header;
  header.is_sqlite =
      length == kFileHeaderBytes && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
  header.schema_version = BigEndian32(bytes.data() + kSchemaVersionOffset);
  header.application_id = BigEndian32(bytes.data() + kApplicationIdOffset);
  return header;
}

absl::Status CheckHeader(const std::string& path, const FileHeader& header) {
  if (!header.is_sqlite || header.application_id != kApplicationId) {
    return absl::FailedPreconditionError(absl::StrCat(
        "store ", path,
        ": the file is not a store of cibad; move it away, or set another store.path"));
  }
  if (header.schema_version > kSchemaVersion) return NewerVersion(path, header.schema_version);
  return absl::OkStatus();
}

// Settings of a connection that writes. FULL: a commit is on the disk when it is answered.
// secure_delete: what is erased is overwritten with zeros.
absl::Status ConfigureWriter(Database& database) {
  return database.Execute(
      "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; "
      "PRAGMA cell_size_check = ON;");
}

absl::Status UseWriteAheadLog(Database& database) {
  const absl::StatusOr<std::string> mode = database.QueryText("PRAGMA journal_mode = WAL");
  if (!mode.ok()) return mode.status();
  if (*mode == "wal") return absl::OkStatus();
  return absl::UnavailableError("its file system cannot keep a write-ahead log; use a local one");
}

absl::Status MigrateInTransaction(Database& database, int64_t version, const Sealer& sealer) {
  absl::Status status = database.Execute("BEGIN IMMEDIATE");
  if (status.ok()) status = MigrateOneStep(database, version, sealer);
  if (!status.ok()) return status;
  return database.Execute(absl::StrCat("PRAGMA application_id = ", kApplicationId,
                                       "; PRAGMA user_version = ", version + 1, "; COMMIT;"));
}

// Takes the schema from the version it has to the one this code knows, a transaction a step.
absl::Status Migrate(Database& database, const Sealer& sealer) {
  const absl::StatusOr<int64_t> first = database.QueryInt("PRAGMA user_version");
  if (!first.ok()) return first.status();
  for (int64_t version = *first; version < kSchemaVersion; ++version) {
    absl::Status migrated = MigrateInTransaction(database, version, sealer);
    if (migrated.ok()) continue;
    if (database.InTransaction()) database.Execute("ROLLBACK").IgnoreError();
    return migrated;
  }
  return absl::OkStatus();
}

absl::Status FillNewFile(const std::string& path, absl::Duration busy_timeout,
                         const Sealer& sealer) {
  absl::StatusOr<Database> database =
      Database::Open(path, Database::Access::kReadWrite, busy_timeout);
  if (!database.ok()) return database.status();
  absl::Status status = ConfigureWriter(*database);
  if (status.ok()) status = Migrate(*database, sealer);
  if (status.ok()) status = UseWriteAheadLog(*database);
  return status;
}

// That nothing of an earlier store is there where the file is not.
absl::Status CheckNothingIsLeft(const std::string& path) {
  const std::string log = absl::StrCat(path, "-wal");
  if (access(log.c_str(), F_OK) != 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("store ", path, ": the file is missing, but its write-ahead log ", log,
                   " is there; restore both, or remove the log to start with an empty store"));
}

// Makes an empty store under another name and renames it: a file under the store's own name is
// always a whole one, so that one that is not can be called damaged.
absl::Status CreateStoreFile(const std::string& path, absl::Duration busy_timeout,
                             const Sealer& sealer) {
  const std::string fresh = absl::StrCat(path, "-new");
  for (const absl::string_view suffix :
       {"", "-journal", "-wal", "-shm"}) {  // of a start that broke off
    std::remove(absl::StrCat(fresh, suffix).c_str());
  }
  {
    // SQLite gives its side files the mode of the file, so it comes first, and whatever the umask
    // says.
    const File file(fresh, O_CREAT | O_EXCL | O_WRONLY);
    if (!file.ok() || fchmod(file.get(), kOwnerOnly) != 0)
      return ErrnoStatus(path, "cannot create the file");
  }
  absl::Status filled = FillNewFile(fresh, busy_timeout, sealer);
  if (!filled.ok()) return AboutStore(path, filled);
  if (std::rename(fresh.c_str(), path.c_str()) != 0)
    return ErrnoStatus(path, "cannot create the file");
  if (!SyncFolderOf(path)) return ErrnoStatus(path, "cannot sync the folder");
  return absl::OkStatus();
}

absl::Status CheckAccess(const std::string& path) {
  if (access(path.c_str(), R_OK | W_OK) == 0) return absl::OkStatus();
  return ErrnoStatus(path, "cannot read and write the file");
}

absl::Status CloseToOthers(const std::string& path) {
  if (chmod(path.c_str(), kOwnerOnly) == 0) return absl::OkStatus();
  return ErrnoStatus(path, "cannot set the file's mode to 0600");
}

// Looks through the whole file and asks for its version once more: a step up that still was in the
// log at a crash is not in the header yet. Changes nothing.
absl::Status CheckContents(const std::string& path, Database& database) {
  const absl::StatusOr<std::string> check = database.QueryText("PRAGMA quick_check(1)");
  if (absl::IsUnavailable(check.status())) return AboutStore(path, check.status());
  if (!check.ok()) return StoreIsDamaged(path, check.status().message());
  if (*check != "ok") return StoreIsDamaged(path, "SQLite's quick_check finds errors");
  const absl::StatusOr<int64_t> version = database.QueryInt("PRAGMA user_version");
  if (!version.ok()) return AboutStore(path, version.status());
  if (*version > kSchemaVersion) return NewerVersion(path, *version);
  return absl::OkStatus();
}

// Makes the file fit for use, whatever the last one to use it left behind.
absl::Status BringUpToDate(Database& database, const Sealer& sealer) {
  absl::Status status = ConfigureWriter(database);
  if (status.ok()) status = UseWriteAheadLog(database);
  if (status.ok()) status = Migrate(database, sealer);
  // What was erased, or was not sealed yet, may still be in the log, or in the file behind the log.
  // Where a reader is in the way, the writer tries again.
  if (status.ok()) database.EmptyWriteAheadLog().IgnoreError();
  if (status.ok()) status = database.SetCheckpointOnClose(true);
  return status;
}

// Whether there are records that only a key can open.
absl::StatusOr<bool> HoldsSealedRecords(Database& database) {
  const absl::StatusOr<int64_t> version = database.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  if (*version < kFirstSealedVersion) return false;
  const absl::StatusOr<int64_t> any = database.QueryInt("SELECT EXISTS (SELECT 1 FROM login)");
  if (!any.ok()) return any.status();
  return *any != 0;
}

// The keys, the first of them made now where there is no file of it yet.
absl::StatusOr<Sealer> CompleteKeys(const StoreKeys& keys) {
  absl::StatusOr<SealingKey> first = keys.key.has_value() ? *keys.key : MakeKeyFile(keys.key_file);
  if (!first.ok()) return first.status();
  std::vector<SealingKey> all = {*first};
  all.insert(all.end(), keys.old_keys.begin(), keys.old_keys.end());
  return Sealer(all);
}

// The keys for the records that are there: every one has to be known. Changes nothing of the store.
absl::StatusOr<Sealer> KeysFor(const std::string& path, Database& database, const StoreKeys& keys) {
  const absl::StatusOr<bool> sealed = HoldsSealedRecords(database);
  if (!sealed.ok()) return AboutStore(path, sealed.status());
  if (!*sealed) return CompleteKeys(keys);
  if (!keys.key.has_value()) return KeyIsMissing(path, keys.key_file);
  absl::StatusOr<Sealer> sealer = CompleteKeys(keys);
  if (!sealer.ok()) return sealer.status();
  const absl::StatusOr<bool> known = LoginTable::CanOpenAll(database, *sealer);
  if (!known.ok()) return AboutStore(path, known.status());
  if (!*known) return KeyIsUnknown(path);
  return sealer;
}

}  // namespace

absl::StatusOr<StoreLock> StoreLock::Take(const std::string& path) {
  const std::string folder = FolderOf(path);
  struct stat facts {};
  if (stat(folder.c_str(), &facts) != 0)
    return ErrnoStatus(path, absl::StrCat("cannot use the folder ", folder));
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return ErrnoStatus(path, absl::StrCat("cannot write to the folder ", folder));
  }
  const std::string lock_path = absl::StrCat(path, "-lock");
  const int file = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (file < 0) return ErrnoStatus(path, absl::StrCat("cannot open ", lock_path));
  StoreLock lock(file);
  if (flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return ErrnoStatus(path, absl::StrCat("cannot lock ", lock_path));
  return absl::FailedPreconditionError(absl::StrCat(
      "store ", path,
      ": another cibad is using it; stop that one, or give this one a store of its own"));
}

StoreLock::StoreLock(StoreLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

StoreLock::~StoreLock() {
  if (file_ >= 0) close(file_);
}

absl::Status StoreIsDamaged(const std::string& path, absl::string_view how) {
  return absl::DataLossError(
      absl::StrCat("store ", path, ": the file is damaged (", how,
                   "); restore a backup, or move it away to start with an empty store"));
}

absl::Status KeyIsUnknown(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(
      "store ", path,
      ": it was sealed with a key that is not among store.key_file and store.old_key_files; name "
      "the file of that key in store.old_key_files"));
}

absl::Status KeyIsMissing(const std::string& path, const std::string& key_file) {
  return absl::FailedPreconditionError(absl::StrCat(
      "store ", path, ": the key that it was sealed with is missing: there is no file ", key_file,
      "; restore that file, or move the store away to start with an empty one and a new key"));
}

absl::StatusOr<OpenedStore> OpenStoreFile(const std::string& path, const StoreKeys& keys,
                                          absl::Duration busy_timeout) {
  const absl::StatusOr<std::optional<FileHeader>> header = ReadHeader(path);
  if (!header.ok()) return header.status();
  std::optional<Sealer> new_sealer;  // of a new file, whose key may be new as well
  absl::Status status =
      header->has_value() ? CheckHeader(path, **header) : CheckNothingIsLeft(path);
  if (status.ok() && !header->has_value()) {
    absl::StatusOr<Sealer> complete = CompleteKeys(keys);
    if (!complete.ok()) return complete.status();
    new_sealer = *std::move(complete);
    status = CreateStoreFile(path, busy_timeout, *new_sealer);
  }
  if (status.ok()) status = CheckAccess(path);
  if (!status.ok()) return status;

  absl::StatusOr<Database> database =
      Database::Open(path, Database::Access::kReadWrite, busy_timeout);
  if (!database.ok()) return AboutStore(path, database.status());
  status = AboutStore(
      path, database->SetCheckpointOnClose(false));  // until the file is known to be ours and sound
  if (status.ok()) status = CheckContents(path, *database);
  if (!status.ok()) return status;
  absl::StatusOr<Sealer> sealer =
      new_sealer.has_value() ? *std::move(new_sealer) : KeysFor(path, *database, keys);
  if (!sealer.ok()) return sealer.status();
  if (absl::Status closed = CloseToOthers(path); !closed.ok()) return closed;
  status = BringUpToDate(*database, *sealer);
  status =
      absl::IsDataLoss(status) ? StoreIsDamaged(path, status.message()) : AboutStore(path, status);
  if (!status.ok()) return status;
  return OpenedStore{*std::move(database), *std::move(sealer)};
}

}  // namespace cibad
