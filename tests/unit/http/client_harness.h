// A CurlClient on a loop that the test's own thread runs until the answers are there.

#ifndef CIBAD_TESTS_UNIT_HTTP_CLIENT_HARNESS_H_
#define CIBAD_TESTS_UNIT_HTTP_CLIENT_HARNESS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/http/clock.h"
#include "server/http/curl_client.h"
#include "server/http/event_loop.h"
#include "server/http/message.h"

namespace cibad {

inline HttpRequest Get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

inline HttpRequest Post(std::string url, std::string body) {
  HttpRequest request;
  request.method = HttpMethod::kPost;
  request.url = std::move(url);
  request.body = std::move(body);
  return request;
}

struct ClientHarness {
  explicit ClientHarness(CurlClientOptions options)
      : loop(MonotonicClock()), client(loop, std::move(options)) {}

  // Sends them all at once; gives the results in the order of the requests.
  std::vector<HttpResult> ExchangeAll(std::vector<HttpRequest> requests) {
    std::vector<HttpResult> results(requests.size());
    size_t missing = requests.size();
    for (size_t i = 0; i < requests.size(); ++i) {
      client.Send(std::move(requests[i]), [&, i](HttpResult result) {
        results[i] = std::move(result);
        if (--missing == 0) loop.Stop();
      });
    }
    loop.Run();
    return results;
  }

  HttpResult Exchange(HttpRequest request) {
    std::vector<HttpRequest> requests;
    requests.push_back(std::move(request));
    return std::move(ExchangeAll(std::move(requests))[0]);
  }

  EventLoop loop;
  CurlClient client;
};

// What a result is, in one line, so that a test compares it and a red one shows it: "200 body" or
// "UNAVAILABLE, may have arrived" or "UNAVAILABLE, not sent".
inline std::string Summary(const HttpResult& result) {
  if (const auto* response = std::get_if<HttpResponse>(&result)) {
    return absl::StrCat(response->status, " ", response->body);
  }
  const auto& error = std::get<HttpError>(result);
  return absl::StrCat(absl::StatusCodeToString(error.status.code()),
                      error.may_have_arrived ? ", may have arrived" : ", not sent");
}

inline std::string ErrorText(const HttpResult& result) {
  const auto* error = std::get_if<HttpError>(&result);
  return error == nullptr ? "" : std::string(error->status.message());
}

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_HTTP_CLIENT_HARNESS_H_
