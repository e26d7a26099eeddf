#include "server/ops/audit_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/http/clock.h"

namespace cibad {
namespace {

constexpr char kIdentifier[] = "cibad-audit";
constexpr mode_t kMode = 0640;
constexpr int kMostWaitMilliseconds = 200;
constexpr absl::Duration kLookInterval = absl::Seconds(1);

// Not blocking, for a pipe that nobody reads; a disk blocks all the same.
int OpenForAppending(const std::string& file) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  const int made = open(file.c_str(), kFlags | O_CREAT | O_EXCL, kMode);
  if (made < 0) return open(file.c_str(), kFlags);
  fchmod(made, kMode);  // whatever the umask says: the group reads it
  return made;
}

absl::StatusOr<size_t> AppendTo(int descriptor, absl::string_view text) {
  const ssize_t written = write(descriptor, text.data(), text.size());
  if (written > 0) return static_cast<size_t>(written);
  if (written < 0 && errno != EAGAIN && errno != EINTR)
    return absl::UnavailableError(strerror(errno));
  pollfd room = {descriptor, POLLOUT, 0};
  poll(&room, 1, kMostWaitMilliseconds);
  return 0;
}

class FileSink : public AuditSink {
 public:
  FileSink(std::string file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}
  ~FileSink() override { close(descriptor_); }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  absl::StatusOr<size_t> Append(absl::string_view text) override {
    if (is_gone_) return absl::UnavailableError("the file was removed and cannot be made anew");
    return AppendTo(descriptor_, text);
  }

  // logrotate moves the file away, and makes a new one or leaves that to us.
  bool Follow(bool at_once) override {
    const absl::Time now = clock_();
    if (!at_once && now - looked_at_ < kLookInterval) return false;
    looked_at_ = now;
    struct stat named = {};
    struct stat open_one = {};
    fstat(descriptor_, &open_one);
    const bool is_same = stat(file_.c_str(), &named) == 0 && named.st_dev == open_one.st_dev &&
                         named.st_ino == open_one.st_ino;
    const int next = is_same ? -1 : OpenForAppending(file_);
    // Until there is another, what was moved away is still somebody's to read.
    is_gone_ = !is_same && next < 0 && open_one.st_nlink == 0;
    if (next < 0) return false;
    close(std::exchange(descriptor_, next));
    return true;
  }

 private:
  const std::string file_;
  const Clock clock_ = MonotonicClock();
  int descriptor_;
  absl::Time looked_at_ = absl::InfinitePast();
  bool is_gone_ = false;  // nothing of the name is there, and what is open has no name any more
};

int OpenJournal() {
  const int journal = sd_journal_stream_fd(kIdentifier, LOG_INFO, /*level_prefix=*/0);
  if (journal >= 0) fcntl(journal, F_SETFL, fcntl(journal, F_GETFL) | O_NONBLOCK);
  return journal;
}

class JournalSink : public AuditSink {
 public:
  explicit JournalSink(int journal) : journal_(journal) {}
  ~JournalSink() override {
    if (journal_ >= 0) close(journal_);
  }
  JournalSink(const JournalSink&) = delete;
  JournalSink& operator=(const JournalSink&) = delete;

  absl::StatusOr<size_t> Append(absl::string_view text) override {
    if (journal_ < 0) return absl::UnavailableError("the journal is not there");
    absl::StatusOr<size_t> appended = AppendTo(journal_, text);
    if (!appended.ok()) close(std::exchange(journal_, -1));  // it has ended, and may come back
    return appended;
  }

  bool Follow(bool /*at_once*/) override {
    if (journal_ >= 0) return false;
    journal_ = OpenJournal();
    return journal_ >= 0;
  }

 private:
  int journal_;  // -1: lost
};

class StderrSink : public AuditSink {
 public:
  absl::StatusOr<size_t> Append(absl::string_view text) override {
    return AppendTo(STDERR_FILENO, text);
  }
  bool Follow(bool /*at_once*/) override { return false; }
};

}  // namespace

absl::StatusOr<std::unique_ptr<AuditSink>> OpenAuditSink(const std::string& file) {
  if (file.empty()) {
    const int journal = OpenJournal();
    if (journal < 0) return std::make_unique<StderrSink>();
    return std::make_unique<JournalSink>(journal);
  }
  const int descriptor = OpenForAppending(file);
  if (descriptor >= 0) return std::make_unique<FileSink>(file, descriptor);
  return absl::UnavailableError(absl::StrCat("cannot open the audit trail ", file, ": ",
                                             strerror(errno),
                                             "; its folder must exist and belong to the daemon"));
}

}  // namespace cibad
