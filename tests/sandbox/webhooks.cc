#include "tests/sandbox/webhooks.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/sandbox/random_text.h"
#include "tests/sandbox/webhook_signer.h"

namespace cibad {
namespace {

constexpr absl::Duration kRetry = absl::Seconds(2);
constexpr long kAnswerLimitSeconds = 10;
constexpr int kDeliverers = 4;  // at once
constexpr size_t kMostQueued = 100'000;
constexpr size_t kSecretBytes = 24;

struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeHeaders {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t Ignore(char*, size_t, size_t size, void*) { return size; }

bool IsOnLoopback(const std::string& url) {
  return absl::StartsWith(url, "https://localhost:") || absl::StartsWith(url, "https://127.0.0.1:");
}

// The HTTP status, or 0. Plain HTTP to `address`, or, where that is empty, to the URL.
int Post(const SignedDelivery& signed_delivery, const std::string& address,
         const std::string& registered_url) {
  if (address.empty() && !IsOnLoopback(registered_url)) return 0;
  const std::unique_ptr<CURL, FreeCurl> handle(curl_easy_init());
  std::unique_ptr<curl_slist, FreeHeaders> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"));
  for (const std::string& header : signed_delivery.headers) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  }
  const std::string url = address.empty()
                              ? registered_url
                              : absl::StrCat("http://", address, signed_delivery.path_and_query);
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, signed_delivery.body.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, kAnswerLimitSeconds);
  curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &Ignore);
  // Whoever tries a proxy on this machine has made its certificate himself.
  curl_easy_setopt(handle.get(), CURLOPT_SSL_VERIFYPEER, 0L);
  if (curl_easy_perform(handle.get()) != CURLE_OK) return 0;
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

}  // namespace

Webhooks::Webhooks() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  for (int i = 0; i < kDeliverers; ++i) threads_.emplace_back([this] { Run(); });
}

Webhooks::~Webhooks() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<WebhookRegistration> Webhooks::Register(const std::string& msn,
                                                       const std::string& url) {
  if (!absl::StartsWith(url, "https://") || url.size() <= 8)
    return absl::InvalidArgumentError("url has to be https");
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto count = std::count_if(registrations_.begin(), registrations_.end(),
                                   [&](const auto& one) { return one.msn == msn; });
  if (static_cast<size_t>(count) >= kMostOfOne)
    return absl::ResourceExhaustedError("there are 25 for this event");
  registrations_.push_back({RandomUuid(), msn, url, RandomToken(kSecretBytes)});
  return registrations_.back();
}

std::vector<WebhookRegistration> Webhooks::Of(const std::string& msn) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<WebhookRegistration> found;
  for (const WebhookRegistration& one : registrations_) {
    if (one.msn == msn) found.push_back(one);
  }
  return found;
}

bool Webhooks::Delete(const std::string& msn, const std::string& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto end = std::remove_if(registrations_.begin(), registrations_.end(),
                                  [&](const auto& one) { return one.msn == msn && one.id == id; });
  const bool is_found = end != registrations_.end();
  registrations_.erase(end, registrations_.end());
  return is_found;
}

void Webhooks::SetMode(PingMode mode) {
  const std::lock_guard<std::mutex> lock(mutex_);
  mode_ = mode;
}

void Webhooks::DeliverTo(const std::string& address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  deliver_to_ = address;
}

void Webhooks::Ping(const std::string& msn, const std::string& auth_req_id, absl::Time time) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (mode_ == PingMode::kNone) return;
  const int times = mode_ == PingMode::kRepeated ? 3 : 1;
  for (const WebhookRegistration& one : registrations_) {
    if (!msn.empty() && one.msn != msn) continue;
    for (int i = 0; i < times && queue_.size() < kMostQueued; ++i) {
      queue_.emplace(time, Delivery{one, auth_req_id, 5, mode_ == PingMode::kWrongSignature});
    }
  }
  changed_.notify_all();
}

PingCounts Webhooks::Counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

void Webhooks::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_) {
    if (queue_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const absl::Duration wait = queue_.begin()->first - absl::Now();
    if (wait > absl::ZeroDuration()) {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(std::min(wait, absl::Hours(1))));
      continue;
    }
    Delivery delivery = std::move(queue_.begin()->second);
    queue_.erase(queue_.begin());
    const std::string address = deliver_to_;
    lock.unlock();
    const std::string secret = delivery.is_forged ? "never-given" : delivery.to.secret;
    const int status = Post(SignDelivery(delivery.to.url, secret, PingBody(delivery.auth_req_id)),
                            address, delivery.to.url);
    lock.lock();
    Settle(std::move(delivery), status);
  }
}

void Webhooks::Settle(Delivery delivery, int status) {
  ++(status == 200 ? counts_.accepted : status == 0 ? counts_.failed : counts_.refused);
  if (status == 200 || delivery.tries_left <= 1) return;
  --delivery.tries_left;
  queue_.emplace(absl::Now() + kRetry, std::move(delivery));
  changed_.notify_one();
}

}  // namespace cibad
