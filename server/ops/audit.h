// The audit trail: one line of JSON for each login that starts or ends and each call that is turned
// away: who called, for which sales unit, what was asked for, what came of it. It names customers
// by their masked number only, and holds no claim, no token and nothing that a till made up.

#ifndef CIBAD_SERVER_OPS_AUDIT_H_
#define CIBAD_SERVER_OPS_AUDIT_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/login.h"

namespace cibad {

// Thread-safe. A trail that cannot be written never holds up a login: that is told once to the log,
// until a line gets through again, and lost lines are counted into the next one.
class AuditLog {
 public:
  // More calls that are turned away in one second are only counted: they cost their caller nothing.
  static constexpr int kMostRefusalsASecond = 50;

  // Appends to the file, which is made where it is missing; where `file` is empty, to the journal
  // under the identifier cibad-audit, or, without a journal, to stderr. UNAVAILABLE: the
  // file cannot be opened.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(const std::string& file);
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  void Started(const Login& login);
  void Ended(const Login& login);
  // A caller that may not do what it asked for, or not so often. `request`: null: not read so far.
  void Refused(const std::string& caller, absl::string_view rpc, const absl::Status& status,
               const LoginRequest* request = nullptr);
  // Somebody who is no caller.
  void Denied(const std::string& listener, const absl::Status& status);

  // Goes on in the file of that name, which may be another by now; also done by itself, at the
  // first line a second or more after the file was moved away.
  void Reopen();

 private:
  AuditLog(std::string file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}

  bool MayTellRefusal(absl::Time now);  // all of these under mutex_
  void Write(absl::Time now, std::string line);
  void FollowFile(absl::Time now);
  void OpenFile();
  void Lost(const char* why);

  const std::string file_;  // empty: the journal, or stderr
  std::mutex mutex_;        // guards what follows
  int descriptor_;          // -1: none
  absl::Time looked_at_ = absl::InfinitePast();
  bool is_broken_ = false;                    // and the log knows
  bool line_is_broken_ = false;               // the last one is cut off
  int64_t lost_ = 0;                          // lines since the last that was written
  absl::Time second_ = absl::InfinitePast();  // that refusals_ are of
  int refusals_ = 0;
  int64_t untold_refusals_ = 0;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_AUDIT_H_
