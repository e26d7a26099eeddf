#include "server/store/store_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/store/login_table.h"

namespace cibad {
namespace {

constexpr uint32_t kApplicationId =
    0x43494241;  // "CIBA": in SQLite's header, tells our files from others'
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

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

absl::Status Damaged(const std::string& path, absl::string_view how) {
  return absl::DataLossError(
      absl::StrCat("store ", path, ": the file is damaged (", how,
                   "); restore a backup, or move it away to start with an empty store"));
}

absl::Status NewerVersion(const std::string& path, int64_t version) {
  return absl::FailedPreconditionError(absl::StrCat(
      "store ", path, ": it was written by a newer cibad (its schema has version ", version,
      ", this cibad knows ", LoginTable::Migrations().size(), "); run that one"));
}

std::string Folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// A file descriptor that closes itself.
class File {
 public:
  File(const std::string& path, int flags)
      : descriptor_(open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  bool ok() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

// What the first bytes of an SQLite file say of it (sqlite.org/fileformat2.html, 1.3).
struct Header {
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
absl::StatusOr<std::optional<Header>> ReadHeader(const std::string& path) {
  constexpr size_t kHeaderBytes = 100;
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
  std::array<unsigned char, kHeaderBytes> bytes{};
  const ssize_t length = pread(file.get(), bytes.data(), bytes.size(), 0);
  if (length < 0) return ErrnoStatus(path, "cannot read the file");
  constexpr absl::string_view kMagic("SQLite format 3\0", 16);
  Header header;
  header.is_sqlite =
      length == kHeaderBytes && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
  header.schema_version = BigEndian32(bytes.data() + kSchemaVersionOffset);
  header.application_id = BigEndian32(bytes.data() + kApplicationIdOffset);
  return header;
}

absl::Status CheckHeader(const std::string& path, const Header& header) {
  if (!header.is_sqlite || header.application_id != kApplicationId) {
    return absl::FailedPreconditionError(absl::StrCat(
        "store ", path,
        ": the file is not a store of cibad; move it away, or set another store.path"));
  }
  if (header.schema_version > LoginTable::Migrations().size())
    return NewerVersion(path, header.schema_version);
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

// Takes the schema from the version it has to the one this code knows, a transaction a step.
absl::Status Migrate(Database& database) {
  absl::StatusOr<int64_t> version = database.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const auto& migrations = LoginTable::Migrations();
  for (size_t step = static_cast<size_t>(*version); step < migrations.size(); ++step) {
    absl::Status migrated = database.Execute(absl::StrCat(
        "BEGIN IMMEDIATE; ", migrations[step], "; PRAGMA application_id = ", kApplicationId,
        "; PRAGMA user_version = ", step + 1, "; COMMIT;"));
    if (migrated.ok()) continue;
    if (database.InTransaction()) database.Execute("ROLLBACK").IgnoreError();
    return migrated;
  }
  return absl::OkStatus();
}

// Makes the file's folder remember the file's name through a power cut.
absl::Status SyncFolder(const std::string& path) {
  const File folder(Folder(path), O_RDONLY | O_DIRECTORY);
  if (!folder.ok() || fsync(folder.get()) != 0) return ErrnoStatus(path, "cannot sync the folder");
  return absl::OkStatus();
}

absl::Status FillNewFile(const std::string& path, absl::Duration busy_timeout) {
  absl::StatusOr<Database> database =
      Database::Open(path, Database::Access::kReadWrite, busy_timeout);
  if (!database.ok()) return database.status();
  absl::Status status = ConfigureWriter(*database);
  if (status.ok()) status = Migrate(*database);
  if (status.ok()) status = UseWriteAheadLog(*database);
  return status;
}

// Makes an empty store under another name and renames it: a file under the store's own name is
// always a whole one, so that one that is not can be called damaged.
absl::Status CreateStoreFile(const std::string& path, absl::Duration busy_timeout) {
  const std::string log = absl::StrCat(path, "-wal");
  if (access(log.c_str(), F_OK) == 0) {
    return absl::DataLossError(
        absl::StrCat("store ", path, ": the file is missing, but its write-ahead log ", log,
                     " is there; restore both, or remove the log to start with an empty store"));
  }
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
  absl::Status filled = FillNewFile(fresh, busy_timeout);
  if (!filled.ok()) return AboutStore(path, filled);
  if (std::rename(fresh.c_str(), path.c_str()) != 0)
    return ErrnoStatus(path, "cannot create the file");
  return SyncFolder(path);
}

// Whether the file may be used by us, and by nobody else.
absl::Status CheckAccess(const std::string& path) {
  if (access(path.c_str(), R_OK | W_OK) != 0)
    return ErrnoStatus(path, "cannot read and write the file");
  if (chmod(path.c_str(), kOwnerOnly) != 0)
    return ErrnoStatus(path, "cannot set the file's mode to 0600");
  return absl::OkStatus();
}

// Looks through the whole file and asks for its version once more: a step up that still was in the
// log at a crash is not in the header yet. Changes nothing.
absl::Status CheckContents(const std::string& path, Database& database) {
  const absl::StatusOr<std::string> check = database.QueryText("PRAGMA quick_check(1)");
  if (absl::IsUnavailable(check.status())) return AboutStore(path, check.status());
  if (!check.ok()) return Damaged(path, check.status().message());
  if (*check != "ok") return Damaged(path, "SQLite's quick_check finds errors");
  const absl::StatusOr<int64_t> version = database.QueryInt("PRAGMA user_version");
  if (!version.ok()) return AboutStore(path, version.status());
  if (*version > static_cast<int64_t>(LoginTable::Migrations().size()))
    return NewerVersion(path, *version);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StoreLock> StoreLock::Take(const std::string& path) {
  const std::string folder = Folder(path);
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

absl::StatusOr<Database> OpenStoreFile(const std::string& path, absl::Duration busy_timeout) {
  const absl::StatusOr<std::optional<Header>> header = ReadHeader(path);
  if (!header.ok()) return header.status();
  absl::Status status =
      header->has_value() ? CheckHeader(path, **header) : CreateStoreFile(path, busy_timeout);
  if (status.ok()) status = CheckAccess(path);
  if (!status.ok()) return status;

  absl::StatusOr<Database> database =
      Database::Open(path, Database::Access::kReadWrite, busy_timeout);
  if (!database.ok()) return AboutStore(path, database.status());
  status = AboutStore(
      path, database->SetCheckpointOnClose(false));  // until the file is known to be sound
  if (status.ok()) status = CheckContents(path, *database);
  if (status.ok()) status = AboutStore(path, ConfigureWriter(*database));
  if (status.ok()) status = AboutStore(path, UseWriteAheadLog(*database));
  if (status.ok()) status = AboutStore(path, Migrate(*database));
  if (status.ok()) status = AboutStore(path, database->SetCheckpointOnClose(true));
  if (!status.ok()) return status;
  return database;
}

}  // namespace cibad
