// The access tokens that a client gets for itself from /accesstoken/get, and proves its calls with
// where its partner keys alone do not serve.

#ifndef CIBAD_TESTS_SANDBOX_API_TOKENS_H_
#define CIBAD_TESTS_SANDBOX_API_TOKENS_H_

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/client.h"
#include "tests/sandbox/message.h"

namespace cibad {

enum class ApiTokenVerdict {
  kGood,
  kUnknown,  // or another client's; after a restart of the sandbox no fault of the client's
  kExpired,
};

// Thread-safe.
class ApiTokens {
 public:
  explicit ApiTokens(absl::Duration life) : life_(life) {}

  std::string Give(const Client& client, absl::Time now);
  ApiTokenVerdict Check(absl::string_view token, const Client& client, absl::Time now) const;

  // Forgets all of them, before their time.
  void Revoke();

  std::vector<std::string> All() const;

 private:
  struct Token {
    std::string client_id;
    absl::Time expire_time;
  };

  const absl::Duration life_;
  mutable std::mutex mutex_;
  std::map<std::string, Token> tokens_;  // under mutex_
};

// The refusal of a request to /accesstoken/get that is not the client's, or nothing.
std::optional<Answer> RefuseTokenRequest(const Request& request, const Client& client);

// The good answer of /accesstoken/get. `expires_in` is a string, as some deployments send it.
Answer AccessTokenAnswer(absl::string_view token, absl::Duration life);

// The bearer token of a request; empty where there is none, or not just one.
absl::string_view BearerToken(const Request& request);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_API_TOKENS_H_
