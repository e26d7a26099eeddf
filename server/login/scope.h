// The scopes that Vipps knows for a login by phone number: what a customer can be asked to share.

#ifndef CIBAD_SERVER_LOGIN_SCOPE_H_
#define CIBAD_SERVER_LOGIN_SCOPE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cibad {

// The scopes to send: `openid` first (CIBA 7.1), then those given, in their order, each once.
// INVALID_ARGUMENT, with a message that begins with "scopes", where none is given or one is not
// known; `nnin` is among those.
absl::StatusOr<std::vector<std::string>> NormalizeScopes(const std::vector<std::string>& scopes);

// The one text that a list of scopes is sent and held as, with a space between two of them (RFC
// 6749, 3.3), and the list that it was, as views into that text.
std::string JoinScopes(const std::vector<std::string>& scopes);
std::vector<absl::string_view> SplitScopes(absl::string_view scope);

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_SCOPE_H_
