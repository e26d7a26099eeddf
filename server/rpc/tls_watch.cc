#include "server/rpc/tls_watch.h"

#include <utility>

#include "server/ops/log.h"

namespace cibad {
namespace {

constexpr absl::Duration kLookPause = absl::Seconds(1);
constexpr absl::Duration kWarnBefore = absl::Hours(14 * 24);
constexpr absl::Duration kWarnPause = absl::Hours(24);

}  // namespace

TlsWatch::TlsWatch(TlsFiles files, Clock clock)
    : clock_(std::move(clock)), files_(std::move(files)) {}

absl::Status TlsWatch::SetFiles(TlsFiles files) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(files_, files);
  const Stamps stamps = stamps_;
  absl::Status status = Read(clock_());
  if (!status.ok()) {
    std::swap(files_, files);
    stamps_ = stamps;
  }
  return status;
}

TlsWatch::Shown TlsWatch::Look() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const absl::Time now = clock_();
  // A clock that was set back must not stop the looking.
  if (now >= looked_at_ && now - looked_at_ < kLookPause) return shown_;
  looked_at_ = now;
  if (StampsOf(files_) == stamps_) {
    WarnOfEnd(now);
    return shown_;
  }
  const absl::Status status = Read(now);
  if (status.ok()) {
    Log(LogLevel::kInfo, "The TLS files have changed; new connections use them",
        {{"certificate_file", files_.certificate_file}});
  } else {
    Log(LogLevel::kError, "The TLS files have changed and are wrong; those from before stay",
        {{"error", status.message()}});
  }
  return shown_;
}

void TlsWatch::Describe(Metrics::Present& present) {
  const std::shared_ptr<const TlsMaterial> material = Look().material;
  if (material == nullptr) return;
  present.tls_certificate_end = material->end;
  if (!material->client_ca.empty()) present.tls_client_ca_end = material->client_ca_end;
}

bool TlsWatch::asks_for_certificates() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !files_.client_ca_file.empty();
}

TlsWatch::Stamp TlsWatch::StampOf(const std::string& path) {
  constexpr int64_t kNanoseconds = 1'000'000'000;
  struct stat facts {};
  if (path.empty() || stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino, facts.st_size,
          facts.st_mtim.tv_sec * kNanoseconds + facts.st_mtim.tv_nsec,
          facts.st_ctim.tv_sec * kNanoseconds + facts.st_ctim.tv_nsec};
}

TlsWatch::Stamps TlsWatch::StampsOf(const TlsFiles& files) {
  return {StampOf(files.certificate_file), StampOf(files.key_file), StampOf(files.client_ca_file)};
}

// The stamps are taken first: what is written while the files are read is seen at the next look.
absl::Status TlsWatch::Read(absl::Time now) {
  looked_at_ = now;
  stamps_ = StampsOf(files_);
  absl::StatusOr<TlsMaterial> material = ReadTlsFiles(files_, now);
  if (!material.ok()) return material.status();
  shown_ = {std::make_shared<const TlsMaterial>(*std::move(material)), shown_.version + 1};
  warned_at_ = absl::InfinitePast();
  WarnOfEnd(now);
  return absl::OkStatus();
}

void TlsWatch::WarnOfEnd(absl::Time now) {
  if (shown_.material == nullptr) return;
  if (now >= warned_at_ && now - warned_at_ < kWarnPause) return;
  const auto warn = [&](absl::string_view what, absl::Time end, const LogField& file) {
    if (end - now > kWarnBefore) return;
    warned_at_ = now;
    Log(LogLevel::kWarning, what,
        {{"end", absl::FormatTime(absl::RFC3339_sec, end, absl::UTCTimeZone())}, file});
  };
  warn("The TLS certificate ends soon; renew it", shown_.material->end,
       {"certificate_file", files_.certificate_file});
  warn("An authority of callers' certificates ends soon; renew it", shown_.material->client_ca_end,
       {"client_ca_file", files_.client_ca_file});
}

}  // namespace cibad
