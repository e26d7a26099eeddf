// libcurl's error codes in the daemon's own terms.

#ifndef CIBAD_SERVER_HTTP_CURL_ERROR_H_
#define CIBAD_SERVER_HTTP_CURL_ERROR_H_

#include <curl/curl.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cibad {

// INVALID_ARGUMENT for a URL that libcurl cannot use, RESOURCE_EXHAUSTED for want of memory,
// UNAVAILABLE for all that can go wrong between here and the server; CURLE_OK means that the
// exchange ended without an answer. `detail` is libcurl's longer text, where it is fit to be shown
// ("" if not); it is made printable.
absl::Status StatusOfCurl(CURLcode code, absl::string_view detail);

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_CURL_ERROR_H_
