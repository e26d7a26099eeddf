// One handle of libcurl and the callbacks that hang on it: takes a request to libcurl, collects the
// answer within the limits and says what became of it. A handle is expensive to make and cheap to
// use again, so CurlClient keeps them.

#ifndef CIBAD_SERVER_HTTP_CURL_TRANSFER_H_
#define CIBAD_SERVER_HTTP_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/http/curl_client.h"
#include "server/http/event_loop.h"
#include "server/http/message.h"

namespace cibad {

class CurlTransfer {
 public:
  // Who wants to know how the transfer gets on. Called from within libcurl, which must not be
  // called at that moment.
  class Listener {
   public:
    // Whether the transfer may make a connection, as none that stands has room for it. If not, it
    // fails.
    virtual bool MayConnect() = 0;
    // The transfer has a connection and the request is about to go out.
    virtual void OnConnected(bool is_http2) = 0;
    // Whether an answer may have all its bytes before its HTTP/2 stream ends.
    virtual bool MayEndApart() const = 0;

   protected:
    ~Listener() = default;
  };

  // The loop must outlive the transfer.
  CurlTransfer(std::shared_ptr<const CurlClientOptions> options, EventLoop& loop);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* handle() const { return handle_.get(); }

  // What the handle was made with, for good.
  const CurlClientOptions& options() const { return *options_; }

  // Readies the handle for the request, which must stay where it is until the transfer has left
  // libcurl's multi handle. So must the listener.
  void Prepare(const HttpRequest& request, Listener& listener);
  static Listener& ListenerOf(CURL* handle);

  // What came of the request, once libcurl is through with it.
  HttpResult TakeResult(CURLcode code);

  // Whether the request, or a part of it, may have gone out: libcurl had a connection ready and was
  // about to write to it.
  bool may_have_been_sent() const { return times_sent_ > 0; }

 private:
  struct HandleDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
  };

  static int OnConnected(void* self, char* remote_address, char* local_address, int remote_port,
                         int local_port);
  static size_t OnHeader(char* bytes, size_t size, size_t count, void* self);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);
  static curl_socket_t OnOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);

  void SetUnchangingOptions();
  void SetUrl(const std::string& url);
  void ListHeaders(const HttpRequest& request);
  bool MayGoOut();
  bool SpeaksHttp2() const;
  bool TakeHeader(absl::string_view line);
  bool HasOtherLengthThanAnnounced() const;

  const std::shared_ptr<const CurlClientOptions> options_;
  EventLoop& loop_;
  const std::string user_agent_;    // as a header
  const curl_slist proxy_headers_;  // the same: a request's own headers are not for the proxy
  std::string url_;                 // of the latest request
  std::unique_ptr<CURLU, UrlDeleter>
      parsed_url_;  // the same, for the handle; null: it has the text
  const std::unique_ptr<CURL, HandleDeleter> handle_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::vector<curl_slist> header_list_;  // points into the request

  Listener* listener_ = nullptr;
  bool may_be_repeated_ = false;
  bool was_kept_from_repeating_ = false;
  int times_sent_ = 0;
  bool awaits_end_ = false;  // of the stream, whatever length is announced
  bool in_headers_ = false;
  bool has_head_ = false;  // down to its empty line, which libcurl does not insist on
  int header_count_ = 0;
  size_t header_bytes_ = 0;
  const char* limit_passed_ = nullptr;  // which, in words
  HttpResponse response_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_CURL_TRANSFER_H_
