#include "server/engine/provider_directory.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/engine/login_reports.h"
#include "server/login/back_off.h"
#include "server/ops/log.h"
#include "server/provider/requests.h"
#include "server/provider/response_headers.h"

namespace cibad {
namespace {

constexpr absl::Duration kFirstRetry = absl::Seconds(1);

absl::Duration FreshnessOf(const HttpResult& result) {
  const auto* response = std::get_if<HttpResponse>(&result);
  return response != nullptr ? FreshFor(*response) : absl::ZeroDuration();
}

}  // namespace

ProviderDirectory::ProviderDirectory(std::string issuer, Environment environment)
    : issuer_(std::move(issuer)),
      environment_(std::move(environment)),
      status_(
          absl::UnavailableError(absl::StrCat("the provider has not answered yet: ", issuer_))) {}

std::shared_ptr<const ProviderMetadata> ProviderDirectory::metadata() const {
  const std::lock_guard lock(mutex_);
  return metadata_;
}

std::shared_ptr<const KeySet> ProviderDirectory::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

absl::Status ProviderDirectory::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void ProviderDirectory::Start() { FetchMetadata(); }

void ProviderDirectory::OnAlarm() {
  const absl::Time now = environment_.clock();
  if (!metadata_document_.is_being_fetched && now >= metadata_document_.fetch_time) FetchMetadata();
  if (!keys_document_.is_being_fetched && now >= keys_document_.fetch_time) FetchKeys();
  SetAlarm();
}

void ProviderDirectory::RefetchKeys(std::function<void(absl::Status)> done) {
  environment_.post([this, done = std::move(done)]() mutable {
    waiting_for_keys_.push_back(std::move(done));
    if (keys_document_.is_being_fetched) return;
    const absl::Time allowed = keys_document_.last_fetch_time + kLeastKeyAge;
    keys_document_.fetch_time =
        std::min(keys_document_.fetch_time, std::max(allowed, environment_.clock()));
    SetAlarm();
  });
}

void ProviderDirectory::FetchMetadata() {
  metadata_document_.is_being_fetched = true;
  environment_.http->Send(MetadataRequest(issuer_),
                          [this](const HttpResult& result) { OnMetadata(result); });
}

void ProviderDirectory::FetchKeys() {
  const std::shared_ptr<const ProviderMetadata> known = metadata();
  if (known == nullptr) {  // the keys follow as soon as it is known where they are
    keys_document_.fetch_time = absl::InfiniteFuture();
    return;
  }
  keys_document_.is_being_fetched = true;
  environment_.http->Send(KeysRequest(*known),
                          [this](const HttpResult& result) { OnKeys(result); });
}

void ProviderDirectory::OnMetadata(const HttpResult& result) {
  absl::StatusOr<ProviderMetadata> read = ReadMetadata(result, issuer_);
  Schedule(metadata_document_, read.status(), result, ProviderEndpoint::kDiscovery, "discovery");
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (read.ok()) {
      is_first = metadata_ == nullptr;
      metadata_ = std::make_shared<const ProviderMetadata>(*std::move(read));
      status_ = absl::OkStatus();
    } else if (metadata_ == nullptr) {
      status_ = absl::UnavailableError(absl::StrCat("the provider cannot be reached yet (", issuer_,
                                                    "): ", read.status().message()));
    }
  }
  if (is_first) {
    keys_document_.fetch_time = environment_.clock();
    if (on_ready_ != nullptr) on_ready_();
  }
  SetAlarm();
}

void ProviderDirectory::OnKeys(const HttpResult& result) {
  absl::StatusOr<std::shared_ptr<const KeySet>> read = ReadKeySet(result);
  const absl::Status status = read.status();
  Schedule(keys_document_, status, result, ProviderEndpoint::kKeys, "the keys (jwks_uri)");
  if (read.ok()) {
    const std::lock_guard lock(mutex_);
    keys_ = *std::move(read);
  }
  for (const auto& done : std::exchange(waiting_for_keys_, {})) done(status);
  SetAlarm();
}

void ProviderDirectory::Schedule(Document& document, const absl::Status& status,
                                 const HttpResult& result, ProviderEndpoint endpoint,
                                 absl::string_view name) {
  if (environment_.metrics != nullptr) {
    const RequestOutcome outcome = OutcomeOf(ReadFailure(result));
    const bool is_useless = outcome == RequestOutcome::kOk && !status.ok();
    environment_.metrics->CountRequest(endpoint, is_useless ? RequestOutcome::kInvalid : outcome);
  }
  const absl::Time now = environment_.clock();
  document.is_being_fetched = false;
  document.last_fetch_time = now;
  if (status.ok()) {
    if (document.failures > 0)
      Log(LogLevel::kInfo, "The provider answers again", {{"document", name}});
    document.failures = 0;
    document.fetch_time = now + FreshnessOf(result);
    return;
  }
  ++document.failures;
  const absl::Duration wait = BackOff(kFirstRetry, document.failures, issuer_);
  document.fetch_time = now + wait;
  Log(LogLevel::kWarning, "The provider could not be asked; what was known before stays in use",
      {{"document", name}, {"error", status.message()}, {"retry_in", absl::FormatDuration(wait)}});
}

void ProviderDirectory::SetAlarm() {
  const absl::Time metadata_time =
      metadata_document_.is_being_fetched ? absl::InfiniteFuture() : metadata_document_.fetch_time;
  const absl::Time keys_time =
      keys_document_.is_being_fetched ? absl::InfiniteFuture() : keys_document_.fetch_time;
  environment_.set_alarm(std::min(metadata_time, keys_time));
}

}  // namespace cibad
