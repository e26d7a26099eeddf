// One handle of libcurl and the callbacks that hang on it: takes a request to libcurl, collects the
// answer within the limits and says what became of it. A handle is expensive to make and cheap to
// use again, so CurlClient keeps them.

#ifndef CIBAD_SERVER_HTTP_CURL_TRANSFER_H_
#define CIBAD_SERVER_HTTP_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/http/curl_client.h"
#include "server/http/event_loop.h"
#include "server/http/message.h"

namespace cibad {

class CurlTransfer {
 public:
  // `on_ready(owner)` is called when a request first has a connection and is about to go out; it
  // must not call libcurl. Options and loop must outlive the transfer.
  CurlTransfer(const CurlClientOptions& options, EventLoop& loop,
               std::function<void(void*)> on_ready);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* handle() const { return handle_.get(); }

  // Readies the handle for the request, which must stay where it is until the transfer has left
  // libcurl's multi handle. `owner` comes back from OwnerOf.
  void Prepare(const HttpRequest& request, void* owner);
  static void* OwnerOf(CURL* handle);

  // What came of the request, once libcurl is through with it.
  HttpResult TakeResult(CURLcode code);

  // Whether the request, or a part of it, may have gone out: libcurl had a connection ready and was
  // about to write to it.
  bool may_have_been_sent() const { return times_sent_ > 0; }
  // Of the last answer on this handle.
  bool answered_over_http1() const;

 private:
  struct HandleDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  static int OnConnected(void* self, char* remote_address, char* local_address, int remote_port,
                         int local_port);
  static size_t OnHeader(char* bytes, size_t size, size_t count, void* self);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  void SetUnchangingOptions();
  void ListHeaders(const HttpRequest& request);
  bool MayGoOut();
  bool TakeHeader(absl::string_view line);

  const CurlClientOptions& options_;
  EventLoop& loop_;
  const std::function<void(void*)> on_ready_;
  const std::unique_ptr<CURL, HandleDeleter> handle_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::vector<curl_slist> header_list_;  // points into the request

  void* owner_ = nullptr;
  bool may_be_repeated_ = false;
  bool was_kept_from_repeating_ = false;
  int times_sent_ = 0;
  bool in_headers_ = false;
  bool has_head_ = false;  // down to its empty line, which libcurl does not insist on
  int header_count_ = 0;
  size_t header_bytes_ = 0;
  const char* limit_passed_ = nullptr;  // which, in words
  HttpResponse response_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_CURL_TRANSFER_H_
