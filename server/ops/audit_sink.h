// Where the lines of the audit trail go: a file, which may be rotated at any time, or the journal.
// Apart from the queue before it (audit_writer.h), so that tests can have one that hangs or fails.

#ifndef CIBAD_SERVER_OPS_AUDIT_SINK_H_
#define CIBAD_SERVER_OPS_AUDIT_SINK_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

// Used by one thread.
class AuditSink {
 public:
  virtual ~AuditSink() = default;

  // Appends as much as there is room for, and gives how much that was; 0 where there is none now,
  // after a moment's wait for it. UNAVAILABLE, and why: it cannot. Takes as long as the disk does.
  virtual absl::StatusOr<size_t> Append(absl::string_view text) = 0;

  // To be called before each Append: goes on in the file of that name, which may be another by now.
  // That is looked after once a second, unless `at_once`. True: it is another from now on, and so
  // begins with a whole line.
  virtual bool Follow(bool at_once) = 0;
};

// Appends to the file, which is made where it is missing; where `file` is empty, to the journal
// under the identifier cibad-audit, or, without a journal, to stderr. UNAVAILABLE: the file cannot
// be opened.
absl::StatusOr<std::unique_ptr<AuditSink>> OpenAuditSink(const std::string& file);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_AUDIT_SINK_H_
