// Where logins are kept, so that a login that was accepted survives the process. The engine writes
// through this interface before it acts ("write, then act, then tell"); SqliteStore is behind it,
// other engines can follow. Writes are answered when they are durable, in the order in which they
// were asked for.

#ifndef CIBAD_SERVER_STORE_STORE_H_
#define CIBAD_SERVER_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/login.h"

namespace cibad {

// What stands for a customer where the customer need not be known: a keyed hash.
using CustomerHash = uint64_t;

// That a customer was asked. Kept apart from the login, and longer.
struct KeptStart {
  CustomerHash customer = 0;
  absl::Time time;
};

struct LoginPage {
  std::vector<Login> logins;    // the newest first
  std::string next_page_token;  // empty: this was the last
};

struct ListQuery {
  std::string caller;      // whose logins; nobody's are in no list
  int page_size = 100;     // 1 to 1000
  std::string page_token;  // a previous page's next_page_token; empty: from the newest
  bool unfinished_only = false;
};

// What a caller hears of an id that names no login, and of one that names somebody else's.
inline absl::Status NoSuchLogin(absl::string_view id) {
  return absl::NotFoundError(absl::StrCat("id: there is no login ", id));
}

class Store {
 public:
  // Called once, from a thread of the store's, when the write is durable or has failed. It must be
  // short.
  using WriteDone = std::function<void(absl::Status)>;
  // The login that is now stored under the request's `request_id`: the one given, or, where an
  // earlier start of the same caller had taken the `request_id`, that earlier login, untouched.
  using CreateDone = std::function<void(absl::StatusOr<Login>)>;

  virtual ~Store() = default;

  // Keeps a new login, and that its customer is asked. UNAVAILABLE: it could not be written and
  // does not exist.
  virtual void Create(Login login, CreateDone done) = 0;

  // Replaces the login of that id by a later revision of it. UNAVAILABLE: it could not be written
  // and the stored one is as before.
  virtual void Update(Login login, WriteDone done) = 0;

  // Erases the login of that id. NOT_FOUND: there is none. FAILED_PRECONDITION: it has not ended.
  virtual void Erase(std::string id, WriteDone done) = 0;

  // Erases every login that ended before `time`.
  virtual void EraseEndedBefore(absl::Time time, WriteDone done) = 0;

  // Forgets which customers were asked before `time`.
  virtual void EraseStartsBefore(absl::Time time, WriteDone done) = 0;

  // Waits until every write that was asked for before has been answered. Not to be called from
  // within a `done`.
  virtual void WaitForWrites() = 0;

  // OK while writes succeed. UNAVAILABLE and why from one that did not (the disk is full, or
  // failing) until one does again, which the store tries by itself. Thread-safe.
  virtual absl::Status status() const = 0;

  // The reads wait for the disk and may be called from any thread. They see every write that was
  // answered.

  // The login of that id, or NOT_FOUND.
  virtual absl::StatusOr<Login> Get(absl::string_view id) = 0;

  // The login of that caller's start. NOT_FOUND: none is kept.
  virtual absl::StatusOr<Login> GetByRequestId(absl::string_view caller,
                                               absl::string_view request_id) = 0;

  // A page of logins. INVALID_ARGUMENT: a page token that is none.
  virtual absl::StatusOr<LoginPage> List(const ListQuery& query) = 0;

  // Gives `take` every login that has not ended, one by one, the last that came first: for recovery
  // at start. DATA_LOSS: one of them is damaged, and some may have been given.
  virtual absl::Status LoadUnfinished(const std::function<void(Login)>& take) = 0;

  // Gives `take`, of the newest `limit` starts, those since that time, whatever has become of their
  // logins: for recovery at start.
  virtual absl::Status LoadStarts(absl::Time since, int64_t limit,
                                  const std::function<void(const KeptStart&)>& take) = 0;

  // By what a start of this customer may be known there: a hash for each key that the store has.
  virtual std::vector<CustomerHash> CustomerHashesOf(const LoginRequest& request) = 0;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_STORE_H_
