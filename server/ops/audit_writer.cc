#include "server/ops/audit_writer.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

constexpr size_t kBatchBytes = 64 << 10;  // in one Append
constexpr auto kRetryInterval = std::chrono::seconds(1);
constexpr auto kLastRetryInterval = std::chrono::milliseconds(100);  // when the writer is to end
// For a thread that is told to give up and does not hang.
constexpr auto kGiveUpLimit = std::chrono::milliseconds(500);

// Whole lines on their way into the sink.
class Batch {
 public:
  bool empty() const { return lines_ == 0; }
  bool is_written() const { return written_ == text_.size(); }
  bool is_full() const { return text_.size() >= kBatchBytes; }
  size_t lines() const { return lines_; }
  size_t bytes() const { return text_.size(); }
  absl::string_view rest() const { return absl::string_view(text_).substr(written_); }

  void Add(const std::string& line) {
    absl::StrAppend(&text_, line);
    ++lines_;
  }
  void Advance(size_t bytes) { written_ += bytes; }
  // A line that was cut off is in no file as a whole.
  void ReturnToLineStart() {
    if (written_ > 0) written_ = text_.rfind('\n', written_ - 1) + 1;
  }

 private:
  std::string text_;
  size_t lines_ = 0;
  size_t written_ = 0;  // bytes
};

}  // namespace

struct AuditWriter::Shared {
  Shared(std::unique_ptr<AuditSink> a_sink, Options some_options)
      : options(std::move(some_options)), sink(std::move(a_sink)) {}

  // What the thread does.
  void Run();
  bool Take(Batch& batch);
  void OnAppended(Batch& batch, const absl::StatusOr<size_t>& appended);

  void Push(std::string line);  // these under mutex
  bool IsOver(size_t parts, size_t more_bytes = 0) const;
  bool Hangs();
  absl::Status StatusNow();

  // Has on_status told where the status has changed; gives it.
  absl::Status TellStatus();

  const Options options;
  const std::unique_ptr<AuditSink> sink;  // the thread's

  std::mutex mutex;                 // guards what follows
  std::condition_variable changed;  // something to do for the thread
  std::condition_variable written;  // something is done
  std::deque<std::string> queue;    // each with its end of line
  size_t lines = 0;                 // that wait, with those in the thread's hands
  size_t bytes = 0;
  int64_t lost = 0;     // since the last that was taken
  absl::Time progress;  // when it was written last, or the first began to wait
  absl::Time suspicion = absl::InfiniteFuture();  // when it was first seen that this is long ago
  absl::Status failure;                           // of the last Append
  bool is_to_reopen = false;
  bool is_to_end = false;
  bool is_given_up = false;
  bool has_ended = false;

  std::mutex telling;  // guards what follows; taken before mutex
  bool tells = true;
  bool told_ok = true;
};

void AuditWriter::Shared::Push(std::string line) {
  line += '\n';
  if (lines == 0) {
    progress = options.clock();
    suspicion = absl::InfiniteFuture();
  }
  ++lines;
  bytes += line.size();
  queue.push_back(std::move(line));
}

// Whether more waits than one part in so many of what may.
bool AuditWriter::Shared::IsOver(size_t parts, size_t more_bytes) const {
  return lines >= options.most_lines / parts || bytes + more_bytes > options.most_bytes / parts;
}

bool AuditWriter::Shared::Hangs() {
  const absl::Time now = options.clock();
  if (lines == 0 || now - progress <= options.longest_wait) {
    suspicion = absl::InfiniteFuture();
    return false;
  }
  suspicion = std::min(suspicion, now);
  return now - suspicion >= options.grace;
}

absl::Status AuditWriter::Shared::StatusNow() {
  if (!failure.ok()) return failure;
  if (Hangs()) return absl::UnavailableError("nothing that is written gets through");
  if (IsOver(2)) return absl::UnavailableError("too many lines are waiting");
  return absl::OkStatus();
}

absl::Status AuditWriter::Shared::TellStatus() {
  const std::lock_guard tell_lock(telling);
  absl::Status status;
  {
    const std::lock_guard lock(mutex);
    status = StatusNow();
  }
  if (!tells || status.ok() == told_ok) return status;
  told_ok = status.ok();
  if (options.on_status) options.on_status(status);
  return status;
}

void AuditWriter::Shared::Run() {
  Batch batch;
  while (Take(batch)) OnAppended(batch, sink->Append(batch.rest()));
}

// Waits until there is something to append. False: it is over.
bool AuditWriter::Shared::Take(Batch& batch) {
  for (;;) {
    bool reopens = false;
    {
      std::unique_lock lock(mutex);
      const auto has_work = [&] {
        return is_to_end || is_given_up || is_to_reopen || lost > 0 || !queue.empty();
      };
      if (batch.empty()) changed.wait(lock, has_work);
      reopens = std::exchange(is_to_reopen, false);
      if (batch.empty() && queue.empty() && lost > 0 && !is_given_up)
        Push(options.lost_line(std::exchange(lost, 0)));
      if (is_given_up || (batch.empty() && queue.empty() && is_to_end)) {
        has_ended = true;
        written.notify_all();
        return false;
      }
      const bool is_new = batch.empty();
      while (is_new && !queue.empty() && !batch.is_full()) {
        batch.Add(queue.front());
        queue.pop_front();
      }
    }
    if (sink->Follow(reopens)) batch.ReturnToLineStart();
    if (!batch.empty()) return true;
  }
}

void AuditWriter::Shared::OnAppended(Batch& batch, const absl::StatusOr<size_t>& appended) {
  {
    const std::lock_guard lock(mutex);
    if (is_given_up) return;
    failure = appended.status();
    if (appended.ok() && *appended > 0) {
      batch.Advance(*appended);
      progress = options.clock();
      suspicion = absl::InfiniteFuture();
    }
    if (batch.is_written()) {
      lines -= batch.lines();
      bytes -= batch.bytes();
      batch = Batch();
      written.notify_all();
    }
  }
  TellStatus().IgnoreError();
  if (appended.ok()) return;
  std::unique_lock lock(mutex);
  const bool ends = is_to_end;
  if (ends) {
    changed.wait_for(lock, kLastRetryInterval, [&] { return is_given_up; });
  } else {
    changed.wait_for(lock, kRetryInterval,
                     [&] { return is_given_up || is_to_end || is_to_reopen; });
  }
}

AuditWriter::AuditWriter(std::unique_ptr<AuditSink> sink, Options options)
    : shared_(std::make_shared<Shared>(std::move(sink), std::move(options))),
      thread_([shared = shared_] { shared->Run(); }) {}

AuditWriter::~AuditWriter() {
  const auto has_ended = [this] { return shared_->has_ended; };
  std::unique_lock lock(shared_->mutex);
  shared_->is_to_end = true;
  shared_->changed.notify_one();
  shared_->written.wait_for(lock, absl::ToChronoNanoseconds(shared_->options.close_limit),
                            has_ended);
  const bool is_whole = shared_->has_ended;
  shared_->is_given_up = true;
  shared_->changed.notify_one();
  shared_->written.wait_for(lock, kGiveUpLimit, has_ended);
  const bool is_over = shared_->has_ended;
  const size_t left = shared_->lines;
  lock.unlock();
  {
    const std::lock_guard tell_lock(shared_->telling);
    shared_->tells = false;
  }
  if (!is_whole) {
    Log(LogLevel::kError, "The end of the audit trail could not be written", {{"lost", left}});
  }
  if (is_over) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void AuditWriter::Add(const std::string& line) {
  bool is_lost = false;
  {
    const std::lock_guard lock(shared_->mutex);
    is_lost = shared_->IsOver(1, line.size() + 1);
    if (is_lost) {
      ++shared_->lost;
    } else {
      if (shared_->lost > 0)
        shared_->Push(shared_->options.lost_line(std::exchange(shared_->lost, 0)));
      shared_->Push(line);
    }
  }
  shared_->changed.notify_one();
  if (is_lost && shared_->options.on_lost) shared_->options.on_lost();
}

absl::Status AuditWriter::status() { return shared_->TellStatus(); }

bool AuditWriter::is_busy() {
  const std::lock_guard lock(shared_->mutex);
  return shared_->IsOver(4);
}

void AuditWriter::Reopen() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_to_reopen = true;
  }
  shared_->changed.notify_one();
}

bool AuditWriter::WaitUntilWritten(absl::Duration limit) {
  std::unique_lock lock(shared_->mutex);
  return shared_->written.wait_for(lock, absl::ToChronoNanoseconds(limit),
                                   [this] { return shared_->lines == 0 && shared_->lost == 0; });
}

}  // namespace cibad
