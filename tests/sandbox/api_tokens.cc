#include "tests/sandbox/api_tokens.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/sandbox/answer.h"
#include "tests/sandbox/random_text.h"

namespace cibad {
namespace {

constexpr size_t kTokenBytes = 48;

Answer RefusedKeys(absl::string_view description) {
  return ErrorAnswer(401, "invalid_client", description);
}

}  // namespace

std::string ApiTokens::Give(const Client& client, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (auto token = tokens_.begin(); token != tokens_.end();) {
    const bool is_old = token->second.expire_time + absl::Hours(1) < now;
    token = is_old ? tokens_.erase(token) : std::next(token);
  }
  std::string token = RandomToken(kTokenBytes);
  tokens_[token] = {client.client_id, now + life_};
  return token;
}

ApiTokenVerdict ApiTokens::Check(absl::string_view token, const Client& client,
                                 absl::Time now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = tokens_.find(std::string(token));
  if (found == tokens_.end() || found->second.client_id != client.client_id) {
    return ApiTokenVerdict::kUnknown;
  }
  return now < found->second.expire_time ? ApiTokenVerdict::kGood : ApiTokenVerdict::kExpired;
}

void ApiTokens::Revoke() {
  const std::lock_guard<std::mutex> lock(mutex_);
  tokens_.clear();
}

std::vector<std::string> ApiTokens::All() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [token, facts] : tokens_) all.push_back(token);
  return all;
}

std::optional<Answer> RefuseTokenRequest(const Request& request, const Client& client) {
  for (const char* name : {"client_id", "client_secret", "ocp-apim-subscription-key"}) {
    if (CountHeader(request, name) != 1) {
      return RefusedKeys(absl::StrCat("The header ", name, " must be there once."));
    }
  }
  if (!IsSame(HeaderValue(request, "client_id"), client.client_id) ||
      !IsSame(HeaderValue(request, "client_secret"), client.client_secret)) {
    return RefusedKeys("The client or its secret is wrong.");
  }
  if (!IsSame(HeaderValue(request, "ocp-apim-subscription-key"), client.subscription_key)) {
    return RefusedKeys("The subscription key is wrong.");
  }
  return std::nullopt;
}

Answer AccessTokenAnswer(absl::string_view token, absl::Duration life) {
  const std::string seconds = absl::StrCat(absl::ToInt64Seconds(life));
  const nlohmann::ordered_json answer = {{"token_type", "Bearer"},
                                         {"expires_in", seconds},
                                         {"ext_expires_in", seconds},
                                         {"access_token", std::string(token)}};
  return JsonAnswer(200, answer.dump());
}

absl::string_view BearerToken(const Request& request) {
  absl::string_view value = HeaderValue(request, "authorization");
  if (CountHeader(request, "authorization") != 1 || !absl::ConsumePrefix(&value, "Bearer ")) {
    return "";
  }
  return value;
}

}  // namespace cibad
