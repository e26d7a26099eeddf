// SQLite as owned values and absl::Status: a connection, and a prepared statement. It exists so
// that nothing above it closes a handle by hand or reads an SQLite result code. It knows nothing of
// logins.

#ifndef CIBAD_SERVER_STORE_DATABASE_H_
#define CIBAD_SERVER_STORE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace cibad {

// How a statement or a connection fails, the same everywhere in this folder: DATA_LOSS: the file is
// damaged or no database. ALREADY_EXISTS: a constraint says no; the statement changed nothing, its
// transaction goes on. UNAVAILABLE: anything else: a full disk, an I/O error, a lock that is not
// given up.

// A prepared statement. Parameters and columns are numbered as SQLite does: from 1 and from 0.
class Statement {
 public:
  // An empty one, to be assigned to: nothing else may be called on it.
  Statement() = default;

  // Text and bytes are not copied: they must live until Reset.
  void BindText(int parameter, absl::string_view text);
  void BindBytes(int parameter, absl::string_view bytes);
  void BindInt(int parameter, int64_t value);
  void BindNull(int parameter);

  // Runs to the next row. True: there is one, to be read with the functions below. False: it is
  // done.
  absl::StatusOr<bool> Step();

  // Valid until the next Step or Reset.
  absl::string_view Bytes(int column) const;  // of a text or a blob
  int64_t Int(int column) const;

  // How many rows the connection's last INSERT, UPDATE or DELETE touched.
  int64_t ChangedRows() const;

  // Ends the run, so that it holds no lock and no old view of the data, and forgets what was bound.
  void Reset();

 private:
  friend class Database;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bind_error_ = 0;  // the first failed Bind's result code; Step reports it
};

// A connection to one database file. Used by one thread at a time; who shares it brings the lock.
class Database {
 public:
  enum class Access { kReadOnly, kReadWrite };

  // Opens a file that is there. Nothing of it is read or written yet. A lock that another
  // connection holds is waited for as long as `busy_timeout`.
  static absl::StatusOr<Database> Open(const std::string& path, Access access,
                                       absl::Duration busy_timeout);

  // Runs one or several statements that give no rows.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(absl::string_view sql);
  // The first column of the first row, as a number or as text.
  absl::StatusOr<int64_t> QueryInt(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  // SQLite ends a transaction by itself on some errors (a full disk, say): this tells.
  bool InTransaction() const;

  // Whether closing the last connection may move the write-ahead log into the file. Off: closing
  // changes nothing.
  absl::Status SetCheckpointOnClose(bool on);
  // Moves the write-ahead log into the file and empties it, so that what was erased is gone from
  // both. Does not wait: UNAVAILABLE where a reader is in the way.
  absl::Status EmptyWriteAheadLog();

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, absl::Duration busy_timeout)
      : database_(database), busy_timeout_(busy_timeout) {}

  std::unique_ptr<sqlite3, Closer> database_;
  absl::Duration busy_timeout_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_DATABASE_H_
