// A request to the sandbox and its answer, as plain values: everything that decides about a request
// is a function of these and of the time, and only https_server.cc knows of sockets.

#ifndef CIBAD_TESTS_SANDBOX_MESSAGE_H_
#define CIBAD_TESTS_SANDBOX_MESSAGE_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/behaviour.h"

namespace cibad {

struct Request {
  std::string method;
  std::string path;
  bool has_query = false;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body = {};
  absl::Time arrival_time;   // when its header had been read
  int open_connections = 0;  // to the server at that moment
};

// How often the header is there.
inline size_t CountHeader(const Request& request, absl::string_view lower_case_name) {
  return request.headers.count(std::string(lower_case_name));
}

// The header's value, the first where there are several; an empty string where there is none.
inline absl::string_view HeaderValue(const Request& request, absl::string_view lower_case_name) {
  const auto found = request.headers.find(std::string(lower_case_name));
  return found == request.headers.end() ? absl::string_view() : absl::string_view(found->second);
}

struct Answer {
  int status = 200;
  std::multimap<std::string, std::string> headers = {};
  std::string body = {};
  absl::Duration delay = absl::ZeroDuration();
  Delivery delivery = Delivery::kWhole;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_MESSAGE_H_
