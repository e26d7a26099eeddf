// The audit trail: one line of JSON for each login that starts or ends, each question whether a
// number has an account, each change of a webhook, each call that is turned away, and each change
// of who may call: who, for which sales unit, what was asked for, what came of it. It names
// customers by their masked number only, and holds no claim, no token and nothing that a till made
// up. Here is what the lines say; audit_writer.h has them written.

#ifndef CIBAD_SERVER_OPS_AUDIT_H_
#define CIBAD_SERVER_OPS_AUDIT_H_

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/http/clock.h"
#include "server/login/login.h"
#include "server/ops/audit_sink.h"
#include "server/ops/audit_writer.h"
#include "server/ops/caller_policy.h"
#include "server/ops/metrics.h"
#include "server/ops/refusal_limit.h"

namespace cibad {

// Thread-safe. No call waits for the disk. A trail that cannot be written is told to the log and by
// status(); what happens meanwhile waits, and is written when that is possible again.
class AuditLog {
 public:
  struct Options {
    // status() is OK no longer, or again. From any thread; must be short, and not call the trail.
    std::function<void(const absl::Status&)> on_status;
    Metrics* metrics = nullptr;  // must outlive the trail; null: nobody counts
    Clock wall_clock = WallClock();
  };

  // In the file, or where that is empty, in the journal: see OpenAuditSink. UNAVAILABLE: the file
  // cannot be opened.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(const std::string& file,
                                                        const Options& options);
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(const std::string& file);

  AuditLog(std::unique_ptr<AuditSink> sink, const Options& options);
  // Writes what waits; see AuditWriter.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // UNAVAILABLE: the trail is not written now, so no login may start.
  absl::Status status() { return writer_.status(); }

  void Started(const Login& login);
  void Ended(const Login& login);
  // The provider was asked whether a number has an account. Of `request` that says who asks, and
  // for which sales unit and number.
  void Checked(const LoginRequest& request, const absl::Status& status);
  // The provider was asked to change the webhooks of a sales unit. `webhook`: its id; empty: none
  // was made.
  void ChangedWebhook(const std::string& caller, absl::string_view rpc,
                      const std::string& sales_unit, const std::string& webhook,
                      const absl::Status& status);

  // A caller that may not do what it asked for, or not so often. `request`: null: not read so far.
  void Refused(const std::string& caller, absl::string_view rpc, const absl::Status& status,
               const LoginRequest* request = nullptr);
  // A caller asked for a login that is another's; it was told that there is none.
  void RefusedAnothers(const std::string& caller, absl::string_view rpc, const Login& login);
  // Somebody who is no caller. `certificate`: a name in the one that was shown; empty: none was.
  void Denied(const std::string& listener, const std::string& certificate,
              const absl::Status& status);

  // Who may call from now on: the daemon has started; or it has reloaded its config.
  void SetCallers(CallerPolicies callers);
  // The daemon stops: nothing follows, but ends of logins.
  void Stopping();

  // Goes on in the file of that name, which may be another by now; also done by itself, at the
  // first line a second or more after the file was moved away.
  void Reopen() { writer_.Reopen(); }
  // Whether all that was told before is written, within that time.
  bool WaitUntilWritten(absl::Duration limit) { return writer_.WaitUntilWritten(limit); }

 private:
  // Whether a refusal may become a line; where not, it is counted.
  bool MayTell(const RefusalLimit::Refused& refused, absl::Time now);
  void Write(absl::Time now, const std::string& line);
  // What was left out in seconds that are over; under mutex_.
  void WriteLeftOut(absl::Time now);

  const Clock wall_clock_;
  std::mutex mutex_;  // guards the next two
  RefusalLimit limit_;
  std::optional<CallerPolicies> callers_;
  AuditWriter writer_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_AUDIT_H_
