#include "server/store/group_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {

GroupWriter::GroupWriter(Database database, LoginTable table, std::string path, size_t queue_limit,
                         std::function<void(const absl::Status&)> on_status)
    : database_(std::move(database)),
      table_(std::move(table)),
      path_(std::move(path)),
      queue_limit_(queue_limit),
      on_status_(std::move(on_status)),
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
    const std::optional<std::vector<Queued>> group = NextGroup();
    if (!group.has_value()) return;
    const absl::Status committed = CommitGroup(*group);
    SetStatus(committed);
    for (const Queued& queued : *group) {
      queued.write->Answer(queued.refused ? CannotWrite("too many writes are waiting") : committed);
    }
  }
}

// Everything that waits, up to the limit; waits for something. Empty: nothing came, but it is time
// to try whether writing works again. Absent: the writer is to end and nothing is left.
std::optional<std::vector<GroupWriter::Queued>> GroupWriter::NextGroup() {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return stopping_ || !queue_.empty(); };
  if (status_.ok()) {
    changed_.wait(lock, has_work);
  } else {
    changed_.wait_for(lock, kProbeInterval, has_work);
  }
  if (stopping_ && queue_.empty()) return std::nullopt;
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMaxGroup));
  std::vector<Queued> group(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return group;
}

absl::Status GroupWriter::CommitGroup(const std::vector<Queued>& group) {
  if (!group.empty() && std::all_of(group.begin(), group.end(),
                                    [](const Queued& queued) { return queued.refused; })) {
    return status();  // nothing was tried
  }
  const absl::Status committed = ApplyGroup(group);
  if (!committed.ok()) {
    if (database_.InTransaction()) database_.Execute("ROLLBACK").IgnoreError();
    return CannotWrite(committed.message());
  }
  if (!group.empty()) ++commit_count_;
  EmptyLogOfErased();
  return absl::OkStatus();
}

absl::Status GroupWriter::ApplyGroup(const std::vector<Queued>& group) {
  // IMMEDIATE takes the write lock now, so that no statement in between can fail for it.
  absl::Status begun = database_.Execute("BEGIN IMMEDIATE");
  if (!begun.ok()) return begun;
  // A transaction that changes nothing would succeed on any disk, and what is in the group may
  // change nothing.
  if (!status().ok()) {
    if (absl::Status written = RewriteHeader(); !written.ok()) return written;
  }
  for (const Queued& queued : group) {
    if (queued.refused) continue;
    queued.write->Apply(table_);
    if (!database_.InTransaction()) return absl::UnavailableError("SQLite gave up the transaction");
    log_holds_erased_ = log_holds_erased_ || queued.write->has_erased();
  }
  return database_.Execute("COMMIT");
}

absl::Status GroupWriter::RewriteHeader() {
  const absl::StatusOr<int64_t> version = database_.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  return database_.Execute(absl::StrCat("PRAGMA user_version = ", *version));
}

absl::Status GroupWriter::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void GroupWriter::SetStatus(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    const bool is_news = status.ok() != status_.ok();
    status_ = status;
    if (!is_news) return;
  }
  if (on_status_ != nullptr) on_status_(status);
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
