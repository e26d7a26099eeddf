#include "tests/sandbox/https_call.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cibad {
namespace {

constexpr long kTimeoutSeconds = 60;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

size_t AddToBody(char* piece, size_t, size_t size, void* reply) {
  static_cast<HttpsReply*>(reply)->body.append(piece, size);
  return size;
}

size_t AddHeader(char* line, size_t, size_t size, void* reply) {
  const absl::string_view text(line, size);
  const size_t colon = text.find(':');
  if (colon != absl::string_view::npos) {
    static_cast<HttpsReply*>(reply)->headers[absl::AsciiStrToLower(text.substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(text.substr(colon + 1)));
  }
  return size;
}

}  // namespace

absl::StatusOr<HttpsReply> Perform(const HttpsCall& call) {
  const std::unique_ptr<CURL, FreeHandle> handle(curl_easy_init());
  std::unique_ptr<curl_slist, FreeList> headers;
  for (const std::string& header : call.headers) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  }
  HttpsReply reply;
  curl_easy_setopt(handle.get(), CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle.get(), CURLOPT_CAINFO, call.ca_file.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(handle.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &AddToBody);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERFUNCTION, &AddHeader);
  curl_easy_setopt(handle.get(), CURLOPT_HEADERDATA, &reply);
  if (call.method == "POST") {
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(call.body.size()));
    curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, call.body.c_str());
  }
  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    return absl::UnavailableError(absl::StrCat(call.url, ": ", curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  return reply;
}

}  // namespace cibad
