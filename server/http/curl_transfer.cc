#include "server/http/curl_transfer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cassert>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/http/curl_error.h"

namespace cibad {
namespace {

// Servers and the boxes on the way close connections after a minute or so of silence; one that we
// close first is never the one that dies under a request.
constexpr long kMaxIdleSeconds = 50;
// After it a connection is replaced, so that changes of DNS and of the provider's machines are
// followed.
constexpr long kMaxConnectionAgeSeconds = 3600;
// A connection whose peer has not acknowledged for so long is given up, with every request on it.
// Without it a connection that silently died would swallow requests until the kernel's own 15
// minutes are over.
constexpr unsigned kMaxUnacknowledgedMilliseconds = 15'000;
constexpr long kKeepAliveSeconds = 30;
// Parsed authorities are kept for so long: most connections find them parsed, and a new file counts
// soon.
constexpr long kAuthoritiesKeptSeconds = 60;
constexpr long kUploadBufferBytes = 16'384;  // libcurl's least; its default of 64 KiB is per handle

template <typename Value>
void Set(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle, option, value);
  assert(code == CURLE_OK);  // else libcurl lacks the option, or there is no memory
  static_cast<void>(code);
}

// libcurl takes char* in a list that it only reads.
char* ForCurl(const char* text) { return const_cast<char*>(text); }

}  // namespace

CurlTransfer::CurlTransfer(std::shared_ptr<const CurlClientOptions> options, EventLoop& loop)
    : options_(std::move(options)),
      loop_(loop),
      user_agent_(absl::StrCat("User-Agent: ", options_->user_agent)),
      proxy_headers_{ForCurl(user_agent_.c_str()), nullptr},
      handle_(curl_easy_init()) {
  assert(handle_ != nullptr);
  SetUnchangingOptions();
}

void CurlTransfer::SetUnchangingOptions() {
  CURL* const curl = handle();
  Set(curl, CURLOPT_PROTOCOLS_STR, "https");
  Set(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  Set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  Set(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  Set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  Set(curl, CURLOPT_NOSIGNAL, 1L);
  Set(curl, CURLOPT_QUICK_EXIT, 1L);  // giving up must not wait for a name that is being resolved

  Set(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  Set(curl, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(curl, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
  Set(curl, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
  // The folder of the system's authorities is switched off even where the system's are wanted: the
  // bundle has them all, a ca_file must not be widened by them, and libcurl parses the bundle only
  // once if there is no folder.
  Set(curl, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  Set(curl, CURLOPT_PROXY_CAPATH, static_cast<char*>(nullptr));
  if (!options_->ca_file.empty()) {
    Set(curl, CURLOPT_CAINFO, options_->ca_file.c_str());
    Set(curl, CURLOPT_PROXY_CAINFO, options_->ca_file.c_str());
  }
  Set(curl, CURLOPT_CA_CACHE_TIMEOUT, kAuthoritiesKeptSeconds);

  // Empty strings, not unset ones: those would let the environment decide.
  Set(curl, CURLOPT_PROXY, options_->proxy.c_str());
  Set(curl, CURLOPT_NOPROXY, "");
  Set(curl, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  Set(curl, CURLOPT_PROXYHEADER, &proxy_headers_);
  Set(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  Set(curl, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options_->connect_timeout)));
  Set(curl, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  Set(curl, CURLOPT_MAXLIFETIME_CONN, kMaxConnectionAgeSeconds);
  Set(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(curl, CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  Set(curl, CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  Set(curl, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBufferBytes);

  Set(curl, CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket);
  Set(curl, CURLOPT_OPENSOCKETDATA, this);
  Set(curl, CURLOPT_PREREQFUNCTION, &OnConnected);
  Set(curl, CURLOPT_PREREQDATA, this);
  Set(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  Set(curl, CURLOPT_HEADERDATA, this);
  Set(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  Set(curl, CURLOPT_WRITEDATA, this);
  Set(curl, CURLOPT_ERRORBUFFER, error_text_.data());
}

void CurlTransfer::Prepare(const HttpRequest& request, Listener& listener) {
  // What RFC 9110 (9.2.2) calls idempotent among our methods.
  may_be_repeated_ = request.method == HttpMethod::kGet;
  listener_ = &listener;
  was_kept_from_repeating_ = false;
  times_sent_ = 0;
  awaits_end_ = false;
  in_headers_ = false;
  has_head_ = false;
  header_count_ = 0;
  header_bytes_ = 0;
  limit_passed_ = nullptr;
  response_ = HttpResponse();
  error_text_[0] = '\0';

  CURL* const curl = handle();
  Set(curl, CURLOPT_PRIVATE, &listener);
  SetUrl(request.url);
  ListHeaders(request);
  Set(curl, CURLOPT_HTTPHEADER, header_list_.data());
  Set(curl, CURLOPT_CUSTOMREQUEST,
      request.method == HttpMethod::kDelete ? "DELETE" : static_cast<const char*>(nullptr));
  if (request.method == HttpMethod::kPost) {
    Set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    Set(curl, CURLOPT_POSTFIELDS, request.body.data());
  } else {
    Set(curl, CURLOPT_HTTPGET, 1L);
  }
}

// As a text libcurl would parse it, and write it anew, for each request, which is the twentieth
// part of what a request costs; and a handle's next request mostly goes where its latest went.
void CurlTransfer::SetUrl(const std::string& url) {
  if (url == url_ && parsed_url_ != nullptr) return;
  std::unique_ptr<CURLU, UrlDeleter> parsed(curl_url());
  // libcurl 7.88 loses the zone of a parsed IPv6 address ("[fe80::1%25eth0]"). What cannot be
  // parsed it refuses by itself, in its own words.
  const bool may_have_zone = absl::StrContains(url, "%25");
  if (may_have_zone ||
      curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    parsed = nullptr;
  }
  Set(handle(), CURLOPT_CURLU, parsed.get());
  Set(handle(), CURLOPT_URL, parsed == nullptr ? url.c_str() : static_cast<const char*>(nullptr));
  url_ = url;
  parsed_url_ = std::move(parsed);
}

CurlTransfer::Listener& CurlTransfer::ListenerOf(CURL* handle) {
  char* listener = nullptr;  // as libcurl hands back any pointer
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &listener);
  return *static_cast<Listener*>(static_cast<void*>(listener));
}

// libcurl reads the list while it sends and copies nothing, so the list can be made of the
// request's own strings. CURLOPT_USERAGENT would be written twice for each request. No "Expect:" is
// needed to keep libcurl from asking first: it does so for more than 1 MiB, and CheckRequest allows
// 64 KiB.
void CurlTransfer::ListHeaders(const HttpRequest& request) {
  header_list_.clear();
  header_list_.reserve(request.headers.size() + 1);
  header_list_.push_back({ForCurl(user_agent_.c_str()), nullptr});
  for (const absl::string_view header : request.headers) {
    header_list_.push_back({ForCurl(header.data()), nullptr});
  }
  for (size_t i = 0; i + 1 < header_list_.size(); ++i) header_list_[i].next = &header_list_[i + 1];
}

HttpResult CurlTransfer::TakeResult(CURLcode code) {
  if (limit_passed_ != nullptr) {
    return HttpError{absl::ResourceExhaustedError(limit_passed_), may_have_been_sent()};
  }
  if (code == CURLE_OK && awaits_end_ && HasOtherLengthThanAnnounced()) code = CURLE_PARTIAL_FILE;
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  if (code == CURLE_OK && status >= 200 && has_head_) {
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }
  if (was_kept_from_repeating_) code = CURLE_GOT_NOTHING;
  // Once an answer may have begun, libcurl's own text can quote it.
  const absl::string_view detail = may_have_been_sent() ? "" : error_text_.data();
  return HttpError{StatusOfCurl(code, detail), may_have_been_sent()};
}

// libcurl, which was told to ignore it, takes some connections that break for an answer's end.
bool CurlTransfer::HasOtherLengthThanAnnounced() const {
  const absl::string_view announced = response_.headers.Find("Content-Length");
  size_t length = 0;
  return !announced.empty() &&
         (!absl::SimpleAtoi(announced, &length) || length != response_.body.size());
}

// What was agreed on in TLS (ALPN), which libcurl itself tells only after the first answer.
bool CurlTransfer::SpeaksHttp2() const {
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(handle(), CURLINFO_TLS_SSL_PTR, &session);
  if (session == nullptr || session->internals == nullptr) return false;
  assert(session->backend == CURLSSLBACKEND_OPENSSL);
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(static_cast<const SSL*>(session->internals), &name, &size);
  return absl::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

// libcurl repeats a request, of any method, when a kept connection ends without a byte of an
// answer: it reckons that the connection had died before the request arrived. It cannot know that,
// so only a request that may arrive twice is let through again.
bool CurlTransfer::MayGoOut() {
  if (times_sent_ == 0 || may_be_repeated_) return true;
  was_kept_from_repeating_ = true;
  return false;
}

// Called when a connection is ready, right before the request is written to it.
int CurlTransfer::OnConnected(void* self, char* /*remote_address*/, char* /*local_address*/,
                              int /*remote_port*/, int /*local_port*/) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (!transfer.MayGoOut()) return CURL_PREREQFUNC_ABORT;
  transfer.response_.sent_time = transfer.loop_.Now();
  const bool speaks_http2 = transfer.SpeaksHttp2();
  // So libcurl does not stop, and reset the stream, where the announced length is reached.
  transfer.awaits_end_ = speaks_http2 && transfer.listener_->MayEndApart();
  Set(transfer.handle(), CURLOPT_IGNORE_CONTENT_LENGTH, transfer.awaits_end_ ? 1L : 0L);
  if (++transfer.times_sent_ == 1) transfer.listener_->OnConnected(speaks_http2);
  return CURL_PREREQFUNC_OK;
}

// Called for every address that a new connection is tried with.
curl_socket_t CurlTransfer::OnOpenSocket(void* self, curlsocktype /*purpose*/,
                                         curl_sockaddr* address) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (!transfer.MayGoOut() || !transfer.listener_->MayConnect()) return CURL_SOCKET_BAD;
  const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  // Best effort: without it a dead connection is only noticed later.
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kMaxUnacknowledgedMilliseconds,
             sizeof kMaxUnacknowledgedMilliseconds);
  return fd;
}

size_t CurlTransfer::OnHeader(char* bytes, size_t size, size_t count, void* self) {
  const absl::string_view line(bytes, size * count);
  return static_cast<CurlTransfer*>(self)->TakeHeader(line) ? line.size() : 0;
}

// Takes a line of the answer's head, the status line and the empty line at its end included.
bool CurlTransfer::TakeHeader(absl::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > options_->max_response_header_bytes) {
    limit_passed_ = "the answer's headers are too large";
    return false;
  }
  if (absl::StartsWith(line, "HTTP/")) {  // a new head: what went before was informational (1xx)
    response_.headers.clear();
    in_headers_ = true;
    has_head_ = false;
    return true;
  }
  line = absl::StripAsciiWhitespace(line);
  if (line.empty()) {
    in_headers_ = false;
    has_head_ = true;
  }
  if (!in_headers_) return true;  // trailers are not headers (RFC 9110, 6.5.1)
  if (++header_count_ > options_->max_response_headers) {
    limit_passed_ = "the answer has too many headers";
    return false;
  }
  if (absl::StrContains(line, ':')) response_.headers.Add({line});
  return true;
}

size_t CurlTransfer::OnBody(char* bytes, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const size_t length = size * count;
  std::string& body = transfer.response_.body;
  if (length > transfer.options_->max_response_bytes - body.size()) {
    transfer.limit_passed_ = "the answer's body is too large";
    return 0;
  }
  body.append(bytes, length);
  return length;
}

}  // namespace cibad
