#include "server/login/scope.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

constexpr absl::string_view kOpenid = "openid";
constexpr std::array<absl::string_view, 10> kKnown = {
    kOpenid,     "name",   "phoneNumber", "email",      "address",
    "birthDate", "gender", "nin",         "customFlow", "delegatedConsents",
};

absl::Status UnknownScope(const std::string& scope) {
  if (scope == "nnin") {
    return absl::InvalidArgumentError(
        "scopes: nnin is not accepted for logins by phone number; ask for nin");
  }
  constexpr size_t kMostShown = 40;
  return absl::InvalidArgumentError(
      absl::StrCat("scopes: no such scope: \"", absl::CHexEscape(scope.substr(0, kMostShown)),
                   "\"; one scope an entry, of ", absl::StrJoin(kKnown, ", ")));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> NormalizeScopes(const std::vector<std::string>& scopes) {
  if (scopes.empty()) {
    return absl::InvalidArgumentError("scopes: give at least one, such as name or phoneNumber");
  }
  std::vector<std::string> normalized = {std::string(kOpenid)};
  for (const std::string& scope : scopes) {
    if (std::find(kKnown.begin(), kKnown.end(), scope) == kKnown.end()) return UnknownScope(scope);
    const bool is_new = std::find(normalized.begin(), normalized.end(), scope) == normalized.end();
    if (is_new) normalized.push_back(scope);
  }
  return normalized;
}

std::string JoinScopes(const std::vector<std::string>& scopes) {
  return absl::StrJoin(scopes, " ");
}

std::vector<absl::string_view> SplitScopes(absl::string_view scope) {
  if (scope.empty()) return {};
  return absl::StrSplit(scope, ' ');
}

}  // namespace cibad
