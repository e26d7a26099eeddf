#include "server/http/curl_error.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

// Certificates quoted in it are the server's words.
std::string Printable(absl::string_view text) {
  std::string printable(text);
  std::replace_if(
      printable.begin(), printable.end(),
      [](char c) { return !absl::ascii_isprint(static_cast<unsigned char>(c)); }, '?');
  return printable;
}

absl::string_view Meaning(CURLcode code) {
  switch (code) {
    case CURLE_OK:
    case CURLE_GOT_NOTHING:
    case CURLE_ABORTED_BY_CALLBACK:  // CurlTransfer refused to send a request twice
      return "the connection was closed before an answer came";
    case CURLE_PARTIAL_FILE:
      return "the connection was closed in the middle of the answer";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return "the connection broke";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return "the answer is not HTTP";
    case CURLE_OPERATION_TIMEDOUT:
      return "no connection could be made in time";
    case CURLE_SSL_CACERT_BADFILE:
      return "the file of trusted authorities cannot be read";
    default:
      return "";
  }
}

}  // namespace

absl::Status StatusOfCurl(CURLcode code, absl::string_view detail) {
  std::string message(Meaning(code));
  if (message.empty()) message = curl_easy_strerror(code);
  if (!detail.empty()) absl::StrAppend(&message, ": ", Printable(detail));
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_LOGIN_DENIED:
      return absl::InvalidArgumentError(message);
    case CURLE_OUT_OF_MEMORY:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace cibad
