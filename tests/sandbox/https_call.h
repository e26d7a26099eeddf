// One HTTPS request at a time, for tests that speak to the sandbox themselves.

#ifndef CIBAD_TESTS_SANDBOX_HTTPS_CALL_H_
#define CIBAD_TESTS_SANDBOX_HTTPS_CALL_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace cibad {

struct HttpsCall {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers = {};  // "Name: value"
  std::string body = {};
  std::string ca_file;  // nobody else is trusted
};

struct HttpsReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Fails when no whole answer comes.
absl::StatusOr<HttpsReply> Perform(const HttpsCall& call);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_HTTPS_CALL_H_
