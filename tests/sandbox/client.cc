#include "tests/sandbox/client.h"

#include <openssl/crypto.h>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "tests/sandbox/answer.h"

namespace cibad {
namespace {

Answer InvalidClient(absl::string_view description) {
  Answer answer = ErrorAnswer(401, "invalid_client", description);
  answer.headers.emplace("WWW-Authenticate", "Basic realm=\"sandbox\"");
  return answer;
}

std::optional<Answer> RefuseBasic(absl::string_view authorization, const Client& client) {
  constexpr absl::string_view kScheme = "Basic ";
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return InvalidClient("The Authorization header is not of the Basic scheme.");
  }
  std::string pair;
  if (!absl::Base64Unescape(authorization.substr(kScheme.size()), &pair)) {
    return InvalidClient("The Basic credentials are not base64.");
  }
  const size_t colon = pair.find(':');
  if (colon == std::string::npos) return InvalidClient("The Basic credentials lack a colon.");
  // RFC 6749, 2.3.1: both halves are form-encoded first. Vipps says nothing of it, and what its
  // secrets are made of (base64) means the same either way, but for the plus; so both readings are
  // accepted.
  const absl::StatusOr<std::string> id = DecodeFormText(pair.substr(0, colon));
  const absl::StatusOr<std::string> secret = DecodeFormText(pair.substr(colon + 1));
  const bool encoded_matches = id.ok() && secret.ok() && IsSame(*id, client.client_id) &&
                               IsSame(*secret, client.client_secret);
  const bool plain_matches = IsSame(pair.substr(0, colon), client.client_id) &&
                             IsSame(pair.substr(colon + 1), client.client_secret);
  if (encoded_matches || plain_matches) return std::nullopt;
  return InvalidClient("The client or its secret is wrong.");
}

}  // namespace

bool IsSame(absl::string_view given, absl::string_view expected) {
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

std::optional<Answer> RefuseClient(const Request& request, const Form& form, const Client& client) {
  const size_t authorizations = CountHeader(request, "authorization");
  const bool has_secret = form.count("client_secret") > 0;
  if (authorizations > 1) return InvalidClient("There is more than one Authorization header.");
  if (authorizations == 1 && has_secret) {
    return InvalidClient("The client authenticates in two ways at once (RFC 6749, 2.3).");
  }
  if (authorizations == 1) {
    if (client.method == AuthenticationMethod::kPost) {
      return InvalidClient("client_secret_basic is not switched on for the sales unit.");
    }
    if (form.count("client_id") > 0 && FormValue(form, "client_id") != client.client_id) {
      return InvalidClient("client_id is not the one of the Authorization header.");
    }
    return RefuseBasic(HeaderValue(request, "authorization"), client);
  }
  if (!has_secret) return InvalidClient("The client does not authenticate.");
  if (client.method == AuthenticationMethod::kBasic) {
    return InvalidClient("client_secret_post is not switched on for the sales unit.");
  }
  if (IsSame(FormValue(form, "client_id"), client.client_id) &&
      IsSame(FormValue(form, "client_secret"), client.client_secret)) {
    return std::nullopt;
  }
  return InvalidClient("The client or its secret is wrong.");
}

}  // namespace cibad
