// Writes the audit trail on a thread of its own, so that no login waits for a disk or a journal
// that hangs. What waits is bounded. A trail must not have holes, or nobody can trust it: so long
// before the bound is reached status() says that nothing new should begin, and what waits is tried
// until it is written. Only what comes beyond the bound is lost, and that is told in the trail
// itself.

#ifndef CIBAD_SERVER_OPS_AUDIT_WRITER_H_
#define CIBAD_SERVER_OPS_AUDIT_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/http/clock.h"
#include "server/ops/audit_sink.h"

namespace cibad {

// Thread-safe; nothing here waits for the sink but WaitUntilWritten and the destructor.
class AuditWriter {
 public:
  struct Options {
    size_t most_lines = 100'000;  // that wait
    size_t most_bytes = 32 << 20;
    // The sink hangs if nothing of what waits was taken for so long,
    absl::Duration longest_wait = absl::Seconds(5);
    // and for so much longer since that was seen first: the process may have been stopped meanwhile
    // (SIGSTOP, a paused virtual machine), and then the thread is about to write.
    absl::Duration grace = absl::Seconds(1);
    absl::Duration close_limit = absl::Seconds(3);  // for what waits when the writer is destroyed
    Clock clock = MonotonicClock();
    // The line, without its end, that tells how many before it were lost.
    std::function<std::string(int64_t)> lost_line;
    // Called with each lost line; and with status() when it is OK no longer, or again. From any
    // thread; must be short, and must not call the writer.
    std::function<void()> on_lost;
    std::function<void(const absl::Status&)> on_status;
  };

  AuditWriter(std::unique_ptr<AuditSink> sink, Options options);
  // Writes what waits, for as long as close_limit allows; the log says how much is lost. A thread
  // that hangs in the sink is left behind, and tells nobody any more.
  ~AuditWriter();
  AuditWriter(const AuditWriter&) = delete;
  AuditWriter& operator=(const AuditWriter&) = delete;

  // Has the line written behind all that wait; it has no end of line yet.
  void Add(const std::string& line);

  // OK while lines are written. UNAVAILABLE, and why: the sink fails or hangs, or half of what may
  // wait does: the other half is for what has begun already.
  absl::Status status();

  // Whether so much waits that what can be done without should be left out: a quarter.
  bool is_busy();

  // Goes on in the file of that name, which may be another by now.
  void Reopen();

  // Whether all that was added before is written, within that time.
  bool WaitUntilWritten(absl::Duration limit);

 private:
  struct Shared;

  const std::shared_ptr<Shared> shared_;  // with the thread, which may outlive the writer
  std::thread thread_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_AUDIT_WRITER_H_
