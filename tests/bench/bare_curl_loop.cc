// What the daemon is measured beside: a program that does nothing but poll, on libcurl's multi
// interface and epoll, over HTTP/2. No login, no interval, no store, no check of what comes back.
//
// usage: bare_curl_loop URL CA_FILE REQUESTS_AT_A_TIME SECONDS [REQUESTS_A_SECOND]
// prints {"requests": …, "failed": …, "cpu_seconds": …, "seconds": …, "p50_ms": …, "p99_ms": …} of
// the time after the first connection; the last two are of an exchange, from its beginning here to
// its end here.

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/bench/measured.h"

namespace {

using cibad::CpuSeconds;
using cibad::Percentile;
using SteadyClock = std::chrono::steady_clock;

constexpr char kBody[] =
    "grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id="
    "d6ff2d7cd0d4ba19cf01c79e7a8cb8d5";

size_t Ignore(char*, size_t size, size_t count, void*) { return size * count; }

class Loop {
 public:
  Loop(const char* url, const char* ca_file, int at_a_time)
      : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, 100L);
    for (const char* header :
         {"Accept: application/json", "Vipps-System-Name: cibad", "Vipps-System-Version: 0.1.0",
          "Vipps-System-Plugin-Name: cibad", "Vipps-System-Plugin-Version: 0.1.0",
          "Merchant-Serial-Number: 123456", "Content-Type: application/x-www-form-urlencoded",
          "Authorization: Basic YmVuY2g6YmVuY2gtc2VjcmV0", "Expect:"}) {
      headers_ = curl_slist_append(headers_, header);
    }
    begins_.resize(static_cast<size_t>(at_a_time));
    for (SteadyClock::time_point& begin : begins_)
      idle_.push_back(MakeHandle(url, ca_file, &begin));
  }

  // Keeps all handles busy, or sends `rate` a second, until the time.
  void RunUntil(SteadyClock::time_point end, double rate) {
    const auto begin = SteadyClock::now();
    double sent = 0;
    while (SteadyClock::now() < end) {
      const double due =
          rate <= 0 ? 1e18
                    : rate * std::chrono::duration<double>(SteadyClock::now() - begin).count();
      for (; !idle_.empty() && sent < due; ++sent) Begin();
      Round(rate > 0 ? 1 : 100);
    }
  }

  void RunOne() {
    Begin();
    for (const int64_t before = done_; done_ == before;) Round(100);
  }

  int64_t done() const { return done_; }
  int64_t failed() const { return failed_; }

  // Of an exchange, which so great a part of all was not slower than.
  double Milliseconds(double part) {
    std::sort(times_.begin(), times_.end());
    return Percentile(times_, part);
  }

 private:
  void Begin() {
    CURL* easy = idle_.back();
    idle_.pop_back();
    *BeginOf(easy) = SteadyClock::now();
    curl_multi_add_handle(multi_, easy);
  }

  static SteadyClock::time_point* BeginOf(CURL* easy) {
    char* begin = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &begin);
    return static_cast<SteadyClock::time_point*>(static_cast<void*>(begin));
  }

  CURL* MakeHandle(const char* url, const char* ca_file, SteadyClock::time_point* begin) {
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, kBody);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Ignore);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, begin);
    return easy;
  }

  void Round(int longest_wait_ms) {
    const int wait = timeout_ms_ < 0 || timeout_ms_ > longest_wait_ms
                         ? longest_wait_ms
                         : static_cast<int>(timeout_ms_);
    std::array<epoll_event, 64> events;
    const int count = epoll_wait(epoll_fd_, events.data(), events.size(), wait);
    int running = 0;
    for (int i = 0; i < count; ++i) {
      const int ready = ((events[i].events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                        ((events[i].events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
      curl_multi_socket_action(multi_, events[i].data.fd, ready, &running);
    }
    if (timeout_ms_ == 0 || count == 0) {
      timeout_ms_ = -1;
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    TakeFinished();
  }

  void TakeFinished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      CURL* easy = message->easy_handle;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      if (message->data.result != CURLE_OK || status == 0) ++failed_;
      times_.push_back(
          std::chrono::duration<double, std::milli>(SteadyClock::now() - *BeginOf(easy)).count());
      curl_multi_remove_handle(multi_, easy);
      idle_.push_back(easy);
      ++done_;
    }
  }

  static int OnSocket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
    auto& loop = *static_cast<Loop*>(self);
    epoll_event event{};
    event.data.fd = fd;
    event.events =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    if (what == CURL_POLL_REMOVE) return epoll_ctl(loop.epoll_fd_, EPOLL_CTL_DEL, fd, nullptr), 0;
    epoll_ctl(loop.epoll_fd_, known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    curl_multi_assign(loop.multi_, fd, self);
    return 0;
  }

  static int OnTimer(CURLM*, long timeout_ms, void* self) {
    static_cast<Loop*>(self)->timeout_ms_ = timeout_ms;
    return 0;
  }

  const int epoll_fd_;
  CURLM* const multi_;
  curl_slist* headers_ = nullptr;
  std::vector<CURL*> idle_;
  std::vector<SteadyClock::time_point> begins_;  // of each handle's latest exchange
  std::vector<double> times_;                    // of exchanges, ms
  long timeout_ms_ = -1;
  int64_t done_ = 0;
  int64_t failed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s URL CA_FILE AT_A_TIME SECONDS [RATE]\n", argv[0]);
    return 2;
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  Loop loop(argv[1], argv[2], std::atoi(argv[3]));
  loop.RunOne();
  const double cpu_before = CpuSeconds();
  const int64_t done_before = loop.done();
  const auto begin = SteadyClock::now();
  loop.RunUntil(begin + std::chrono::milliseconds(static_cast<int>(std::atof(argv[4]) * 1000)),
                argc > 5 ? std::atof(argv[5]) : 0);
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  const double cpu_seconds = CpuSeconds() - cpu_before;
  std::printf(R"({"requests": %ld, "failed": %ld, "cpu_seconds": %.4f, "seconds": %.4f, )"
              R"("p50_ms": %.3f, "p99_ms": %.3f})"
              "\n",
              static_cast<long>(loop.done() - done_before), static_cast<long>(loop.failed()),
              cpu_seconds, seconds, loop.Milliseconds(0.5), loop.Milliseconds(0.99));
}
