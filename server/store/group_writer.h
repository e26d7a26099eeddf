// Commits writes in groups. A commit waits for the disk, some milliseconds, whatever is in it; so
// everything that came in while the last one was under way shares the next. That is what makes
// "durable before anything is said" affordable: the more logins there are, the more of them share
// one wait.

#ifndef CIBAD_SERVER_STORE_GROUP_WRITER_H_
#define CIBAD_SERVER_STORE_GROUP_WRITER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/store/database.h"
#include "server/store/login_table.h"

namespace cibad {

// One write on its way into the database. Its functions are called one at a time; Apply and Answer
// on the writer's thread.
class Write {
 public:
  virtual ~Write() = default;

  // Makes the change, in the group's transaction, and keeps what came of it. A change that fails
  // leaves the others of its group alone.
  virtual void Apply(LoginTable& table) = 0;

  // Called instead of Apply where the write will not be made: lets go of what it would have
  // written.
  virtual void Drop() = 0;

  // Tells who asked. `committed` is OK: what Apply kept is the answer. Otherwise nothing of the
  // group is in the database, and that is the answer.
  virtual void Answer(const absl::Status& committed) = 0;

  // Whether it took personal data out of the database, so that no copy may stay behind in the log.
  virtual bool has_erased() const { return false; }
};

class GroupWriter {
 public:
  // Most writes in one transaction: bounds its memory and how long the first of a group waits for
  // the last.
  static constexpr size_t kMaxGroup = 4096;
  static constexpr std::chrono::milliseconds kProbeInterval{500};

  // `path` is for messages. At most `queue_limit` writes wait. `on_status`, where given, is called
  // on the writer's thread whenever status() has changed.
  GroupWriter(Database database, LoginTable table, std::string path, size_t queue_limit,
              std::function<void(const absl::Status&)> on_status = nullptr);
  // Commits and answers what waits, then ends.
  ~GroupWriter();

  // Writes are applied and answered in the order of Enqueue. One that finds the queue full is not
  // applied: it is answered UNAVAILABLE. Thread-safe.
  void Enqueue(std::unique_ptr<Write> write);

  // Whether the last group was committed. After one that was not, an empty one is tried every
  // kProbeInterval, so that this is OK again soon after the disk is, though nobody writes.
  // Thread-safe.
  absl::Status status() const;

  // How many transactions were committed. Thread-safe.
  int64_t commit_count() const { return commit_count_; }

 private:
  struct Queued {
    std::unique_ptr<Write> write;
    bool refused = false;  // the queue was full
  };

  void Run();
  std::optional<std::vector<Queued>> NextGroup();
  absl::Status CommitGroup(const std::vector<Queued>& group);
  absl::Status ApplyGroup(const std::vector<Queued>& group);
  absl::Status RewriteHeader();
  void SetStatus(const absl::Status& status);
  void EmptyLogOfErased();
  absl::Status CannotWrite(absl::string_view why) const;

  // Of the writer's thread.
  Database database_;
  LoginTable table_;  // after its connection, so that it goes first
  const std::string path_;
  bool log_holds_erased_ = true;  // for all that is known: the last run may have broken off

  const size_t queue_limit_;
  const std::function<void(const absl::Status&)> on_status_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Queued> queue_;  // under mutex_, as is the next
  bool stopping_ = false;
  absl::Status status_;
  std::atomic<int64_t> commit_count_ = 0;

  std::thread thread_;  // last, so that it sees everything else made
};

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_GROUP_WRITER_H_
