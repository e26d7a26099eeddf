// The store's file: who may use it, whether it is ours and sound, and which version its schema has.
// Opening is where an operator's mistakes show (a wrong path, a second daemon, a file of another
// program, a restored half of a backup), so every one of them has its own one-line error that names
// the path, and none of them changes what is in the file.

#ifndef CIBAD_SERVER_STORE_STORE_FILE_H_
#define CIBAD_SERVER_STORE_STORE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/database.h"
#include "server/store/sealer.h"
#include "server/store/sealing_key.h"

namespace cibad {

// The right to use a store's file, for one owner at a time on this machine: an flock on "PATH-lock"
// beside it. A file of its own, because SQLite loses its locks on the database when anybody in the
// process closes it. It stays behind when it is given up: removing it would let two owners lock two
// files of one name.
class StoreLock {
 public:
  // FAILED_PRECONDITION: another process, or another owner in this one, has it. NOT_FOUND,
  // PERMISSION_DENIED: the folder is missing or cannot be written to.
  static absl::StatusOr<StoreLock> Take(const std::string& path);

  StoreLock(StoreLock&& other) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  explicit StoreLock(int file) : file_(file) {}
  int file_;  // -1: moved away
};

struct OpenedStore {
  Database database;
  Sealer sealer;
};

// Opens the store's file for writing, made where it is missing, checked, its schema up to date. The
// caller holds the StoreLock. A key that is not there yet is made, but only where nothing is
// sealed. FAILED_PRECONDITION: the file is not ours, or of a newer version, or a key of it is
// missing. DATA_LOSS: it is damaged. PERMISSION_DENIED: it may not be read or written. UNAVAILABLE:
// the disk does not do as it is told. Errors of MakeKeyFile pass through.
absl::StatusOr<OpenedStore> OpenStoreFile(const std::string& path, const StoreKeys& keys,
                                          absl::Duration busy_timeout);

// DATA_LOSS, with what to do.
absl::Status StoreIsDamaged(const std::string& path, absl::string_view how);
// FAILED_PRECONDITION: some records need a key that is not among the given ones.
absl::Status KeyIsUnknown(const std::string& path);
// FAILED_PRECONDITION: there are records, and no file where their key should be.
absl::Status KeyIsMissing(const std::string& path, const std::string& key_file);

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_STORE_FILE_H_
