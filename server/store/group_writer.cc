#include "server/store/group_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {

GroupWriter::GroupWriter(Database database, LoginTable table, std::string path, size_t queue_limit)
    : database_(std::move(database)),
      table_(std::move(table)),
      path_(std::move(path)),
      queue_limit_(queue_limit),
      thread_([this] { Run(); }) {}

GroupWriter::~GroupWriter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void GroupWriter::Enqueue(std::unique_ptr<Write> write) {
  {
    const std::lock_guard lock(mutex_);
    // A refused write waits too, for its answer: it has to come from the writer's thread. Without
    // what it would have written it is as small as the caller's own memory of having asked.
    const bool refused = queue_.size() >= queue_limit_;
    if (refused) write->Drop();
    queue_.push_back({std::move(write), refused});
  }
  changed_.notify_one();
}

void GroupWriter::Run() {
  for (;;) {
    const std::vector<Queued> group = NextGroup();
    if (group.empty()) return;
    const absl::Status committed = CommitGroup(group);
    for (const Queued& queued : group) {
      queued.write->Answer(queued.refused ? CannotWrite("too many writes are waiting") : committed);
    }
  }
}

// Everything that waits, up to the limit; waits for something. Empty: the writer is to end and
// nothing is left.
std::vector<GroupWriter::Queued> GroupWriter::NextGroup() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxGroup));
  std::vector<Queued> group(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return group;
}

absl::Status GroupWriter::CommitGroup(const std::vector<Queued>& group) {
  if (std::all_of(group.begin(), group.end(),
                  [](const Queued& queued) { return queued.refused; })) {
    return absl::OkStatus();
  }
  const absl::Status committed = ApplyGroup(group);
  if (!committed.ok()) {
    if (database_.InTransaction()) database_.Execute("ROLLBACK").IgnoreError();
    return CannotWrite(committed.message());
  }
  ++commit_count_;
  EmptyLogOfErased();
  return absl::OkStatus();
}

absl::Status GroupWriter::ApplyGroup(const std::vector<Queued>& group) {
  // IMMEDIATE takes the write lock now, so that no statement in between can fail for it.
  absl::Status begun = database_.Execute("BEGIN IMMEDIATE");
  if (!begun.ok()) return begun;
  for (const Queued& queued : group) {
    if (queued.refused) continue;
    queued.write->Apply(table_);
    if (!database_.InTransaction()) return absl::UnavailableError("SQLite gave up the transaction");
    log_holds_erased_ = log_holds_erased_ || queued.write->has_erased();
  }
  return database_.Execute("COMMIT");
}

// Erased data lives on in the write-ahead log until the log is used anew, which may be long. Where
// a reader is in the way the next group tries again.
void GroupWriter::EmptyLogOfErased() {
  if (log_holds_erased_ && database_.EmptyWriteAheadLog().ok()) log_holds_erased_ = false;
}

absl::Status GroupWriter::CannotWrite(absl::string_view why) const {
  return absl::UnavailableError(absl::StrCat("store ", path_, ": cannot write: ", why));
}

}  // namespace cibad
