#include "server/ops/audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/login/phone_mask.h"
#include "server/login/scope.h"
#include "server/login/state_name.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

using Line = nlohmann::ordered_json;

constexpr char kIdentifier[] = "cibad-audit";
constexpr mode_t kMode = 0640;

int OpenForAppending(const std::string& file) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  const int made = open(file.c_str(), kFlags | O_CREAT | O_EXCL, kMode);
  if (made < 0) return open(file.c_str(), kFlags);
  fchmod(made, kMode);  // whatever the umask says: the group reads it
  return made;
}

// The journal, or where there is none, stderr; -1: neither.
int OpenJournal() {
  const int journal = sd_journal_stream_fd(kIdentifier, LOG_INFO, /*level_prefix=*/0);
  if (journal < 0) return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  // A journal that stands still must not hold up a login.
  fcntl(journal, F_SETFL, fcntl(journal, F_GETFL) | O_NONBLOCK);
  return journal;
}

Line NewLine(const char* event, absl::Time now) {
  Line line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone());
  line["event"] = event;
  return line;
}

void Add(Line& line, const LoginRequest& request) {
  line["sales_unit"] = request.sales_unit;
  line["scopes"] = SplitScopes(request.scope);
  if (!request.msisdn.empty()) line["phone_number"] = MaskPhoneNumber(request.msisdn);
}

void Add(Line& line, const absl::Status& status) {
  line["outcome"] = absl::StatusCodeToString(status.code());
  line["reason"] = std::string(status.message());
}

Line LineOf(const char* event, const Login& login) {
  Line line = NewLine(event, absl::Now());
  line["caller"] = login.request.caller;
  line["login"] = login.id;
  Add(line, login.request);
  return line;
}

// What is not UTF-8 is replaced: a line is always JSON.
std::string Text(const Line& line) {
  return line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(const std::string& file) {
  if (file.empty()) return std::unique_ptr<AuditLog>(new AuditLog("", OpenJournal()));
  const int descriptor = OpenForAppending(file);
  if (descriptor < 0) {
    return absl::UnavailableError(absl::StrCat("cannot open the audit trail ", file, ": ",
                                               strerror(errno),
                                               "; its folder must exist and belong to the daemon"));
  }
  return std::unique_ptr<AuditLog>(new AuditLog(file, descriptor));
}

AuditLog::~AuditLog() {
  if (descriptor_ >= 0) close(descriptor_);
}

void AuditLog::Started(const Login& login) {
  const std::string text = Text(LineOf("start", login));
  const std::lock_guard lock(mutex_);
  Write(absl::Now(), text);
}

void AuditLog::Ended(const Login& login) {
  Line line = LineOf("end", login);
  line["outcome"] = std::string(NameOf(login.state));
  if (login.state == LoginState::kFailed)
    line["reason"] = std::string(NameOf(login.failure.reason));
  const std::lock_guard lock(mutex_);
  Write(absl::Now(), Text(line));
}

void AuditLog::Refused(const std::string& caller, absl::string_view rpc, const absl::Status& status,
                       const LoginRequest* request) {
  const absl::Time now = absl::Now();
  const std::lock_guard lock(mutex_);
  if (!MayTellRefusal(now)) return;
  Line line = NewLine("refused", now);
  line["caller"] = caller;
  line["rpc"] = std::string(rpc);
  if (request != nullptr) Add(line, *request);
  Add(line, status);
  Write(now, Text(line));
}

void AuditLog::Denied(const std::string& listener, const absl::Status& status) {
  const absl::Time now = absl::Now();
  const std::lock_guard lock(mutex_);
  if (!MayTellRefusal(now)) return;
  Line line = NewLine("denied", now);
  line["listener"] = listener;
  Add(line, status);
  Write(now, Text(line));
}

void AuditLog::Reopen() {
  const std::lock_guard lock(mutex_);
  if (!file_.empty()) OpenFile();
}

bool AuditLog::MayTellRefusal(absl::Time now) {
  if (now - second_ >= absl::Seconds(1) || now < second_) {
    second_ = now;
    refusals_ = 0;
  }
  if (++refusals_ <= kMostRefusalsASecond) return true;
  ++untold_refusals_;
  return false;
}

void AuditLog::Write(absl::Time now, std::string line) {
  FollowFile(now);
  if (const int64_t untold = std::exchange(untold_refusals_, 0); untold > 0) {
    Line counted = NewLine("more_refused", now);
    counted["count"] = untold;
    line = absl::StrCat(Text(counted), "\n", line);
  }
  if (lost_ > 0) {
    Line counted = NewLine("lost", now);
    counted["count"] = lost_;
    line = absl::StrCat(Text(counted), "\n", line);
  }
  line = absl::StrCat(line_is_broken_ ? "\n" : "", line, "\n");
  const ssize_t written = descriptor_ < 0 ? -1 : write(descriptor_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) {
    if (is_broken_) Log(LogLevel::kInfo, "The audit trail is written again");
    lost_ = 0;
    is_broken_ = false;
    line_is_broken_ = false;
    return;
  }
  line_is_broken_ = line_is_broken_ || written > 0;
  Lost(written >= 0 ? "the disk is full" : strerror(errno));
}

void AuditLog::Lost(const char* why) {
  ++lost_;
  if (std::exchange(is_broken_, true)) return;
  Log(LogLevel::kError, "The audit trail cannot be written; lines are lost until it can",
      {{"file", file_}, {"error", why}});
}

// logrotate moves the file away, and makes a new one or leaves that to us.
void AuditLog::FollowFile(absl::Time now) {
  if (file_.empty() || (now - looked_at_ < absl::Seconds(1) && now >= looked_at_)) return;
  looked_at_ = now;
  struct stat named = {};
  struct stat open_one = {};
  const bool is_same = descriptor_ >= 0 && stat(file_.c_str(), &named) == 0 &&
                       fstat(descriptor_, &open_one) == 0 && named.st_dev == open_one.st_dev &&
                       named.st_ino == open_one.st_ino;
  if (!is_same) OpenFile();
}

void AuditLog::OpenFile() {
  const int descriptor = OpenForAppending(file_);
  if (descriptor < 0) return;  // goes on in the one that is open
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = descriptor;
  line_is_broken_ = false;
}

}  // namespace cibad
