#include "server/provider/answers.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/provider/failed_answer.h"
#include "server/provider/profile_claims.h"
#include "server/provider/requests.h"
#include "server/provider/strict_json.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

using nlohmann::json;

constexpr size_t kMaxAuthReqIdBytes = 1024;
constexpr size_t kMaxTokenBytes = 16 << 10;
// An access token has to fit into a header of the requests that it is for.
constexpr size_t kMaxAccessTokenBytes = kMaxRequestHeaderBytes - kBearerHeader.size();
constexpr size_t kMaxUserinfoBytes = 128 << 10;
constexpr absl::Duration kDefaultInterval = absl::Seconds(5);  // CIBA 7.3

absl::Status Wrong(absl::string_view member, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(member, " ", what));
}

// A REQUIRED text that becomes a header or a form field: visible ASCII of a bounded length.
absl::StatusOr<std::string> ReadToken(const json& answer, const char* name, size_t max_bytes) {
  const json* member = FindMember(answer, name);
  if (member == nullptr) return Wrong(name, "is missing");
  const auto* text = member->get_ptr<const std::string*>();
  if (text == nullptr) return Wrong(name, "is not a string");
  if (text->empty() || text->size() > max_bytes) return Wrong(name, "is empty or too long");
  if (!IsVisibleAscii(*text)) return Wrong(name, "holds characters other than visible ASCII");
  return *text;
}

// A number, or digits in a string, which some deployments send. NaN is neither.
double NumberOf(const json& member) {
  if (member.is_number()) return member.get<double>();
  const auto* text = member.get_ptr<const std::string*>();
  double number = std::nan("");
  if (text != nullptr && std::all_of(text->begin(), text->end(), absl::ascii_isdigit) &&
      absl::SimpleAtod(*text, &number)) {
    return number;
  }
  return std::nan("");
}

// Whole seconds from 1 s to 24 h; a larger number is held at that, a smaller one than `min` is an
// error.
absl::StatusOr<absl::Duration> ReadSeconds(const json& member, const char* name, double min,
                                           double (*round)(double)) {
  constexpr double kMaxSeconds = 24 * 60 * 60;
  const double number = NumberOf(member);
  if (!(number >= min)) return Wrong(name, "is not a number of seconds that makes sense");
  return absl::Seconds(std::clamp(round(number), 1.0, kMaxSeconds));
}

absl::StatusOr<Acknowledgement> ReadAcknowledgement(const json& answer) {
  absl::StatusOr<std::string> auth_req_id = ReadToken(answer, "auth_req_id", kMaxAuthReqIdBytes);
  if (!auth_req_id.ok()) return auth_req_id.status();

  const json* expires_in = FindMember(answer, "expires_in");
  if (expires_in == nullptr) return Wrong("expires_in", "is missing");
  const auto lifetime = ReadSeconds(*expires_in, "expires_in", /*min=*/1, std::floor);
  if (!lifetime.ok()) return lifetime.status();

  absl::Duration interval = kDefaultInterval;
  if (const json* member = FindMember(answer, "interval"); member != nullptr) {
    const auto given = ReadSeconds(*member, "interval", /*min=*/0, std::ceil);
    if (!given.ok()) return given.status();
    interval = *given;
  }
  return Acknowledgement{*std::move(auth_req_id), *lifetime, interval};
}

absl::StatusOr<UserExists> ReadUserExists(const json& answer) {
  const json* exists = FindMember(answer, "exists");
  if (exists == nullptr) return Wrong("exists", "is missing");
  if (!exists->is_boolean()) return Wrong("exists", "is neither true nor false");
  return UserExists{exists->get<bool>()};
}

absl::StatusOr<TokenAnswer> ReadTokens(const json& answer) {
  absl::StatusOr<std::string> token_type = ReadToken(answer, "token_type", kMaxTokenBytes);
  if (!token_type.ok()) return token_type.status();
  if (!absl::EqualsIgnoreCase(*token_type, "bearer")) return Wrong("token_type", "is not Bearer");
  absl::StatusOr<std::string> access_token =
      ReadToken(answer, "access_token", kMaxAccessTokenBytes);
  if (!access_token.ok()) return access_token.status();
  absl::StatusOr<std::string> id_token = ReadToken(answer, "id_token", kMaxTokenBytes);
  if (!id_token.ok()) return id_token.status();

  TokenAnswer tokens{*std::move(access_token), *std::move(id_token), std::nullopt};
  if (const json* member = FindMember(answer, "expires_in"); member != nullptr) {
    const auto lifetime = ReadSeconds(*member, "expires_in", /*min=*/1, std::floor);
    if (!lifetime.ok()) return lifetime.status();
    tokens.expires_in = *lifetime;
  }
  return tokens;
}

absl::StatusOr<AccessToken> ReadAccessToken(const json& answer) {
  constexpr absl::Duration kUsualLife = absl::Minutes(10);
  const std::string type = TextOf(answer, "token_type");
  if (!type.empty() && !absl::EqualsIgnoreCase(type, "bearer"))
    return Wrong("token_type", "is not Bearer");
  absl::StatusOr<std::string> text = ReadToken(answer, "access_token", kMaxAccessTokenBytes);
  if (!text.ok()) return text.status();
  const json* expires_in = FindMember(answer, "expires_in");
  if (expires_in == nullptr) return AccessToken{Secret::Take(*std::move(text)), kUsualLife};
  const auto life = ReadSeconds(*expires_in, "expires_in", /*min=*/1, std::floor);
  if (!life.ok()) return life.status();
  return AccessToken{Secret::Take(*std::move(text)), *life};
}

// The answer's body as `read` understands it, or how the request failed.
template <typename Answer>
Outcome<Answer> Read(const HttpResult& result, absl::StatusOr<Answer> (*read)(const json&)) {
  if (std::optional<FailedAnswer> failure = ReadFailure(result)) {
    return std::visit([](auto& failed) { return Outcome<Answer>(std::move(failed)); }, *failure);
  }
  const auto& response = std::get<HttpResponse>(result);
  const absl::StatusOr<json> object = ParseJsonObject(response.body);
  if (!object.ok()) return Misunderstood(response, object.status().message());
  absl::StatusOr<Answer> answer = read(*object);
  if (!answer.ok()) return Misunderstood(response, answer.status().message());
  return *std::move(answer);
}

// A signed or encrypted userinfo answer has another type (OpenID Connect Core 5.3.2) and was not
// asked for.
bool IsJson(const HttpResponse& response) {
  const std::pair<absl::string_view, absl::string_view> type =
      absl::StrSplit(response.headers.Find("content-type"), absl::MaxSplits(';', 1));
  return absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(type.first), "application/json");
}

}  // namespace

Outcome<Acknowledgement> ReadBackchannelAnswer(const HttpResult& result) {
  return Read<Acknowledgement>(result, ReadAcknowledgement);
}

Outcome<UserExists> ReadUserExistsAnswer(const HttpResult& result) {
  return Read<UserExists>(result, ReadUserExists);
}

Outcome<TokenAnswer> ReadTokenAnswer(const HttpResult& result) {
  return Read<TokenAnswer>(result, ReadTokens);
}

Outcome<AccessToken> ReadAccessTokenAnswer(const HttpResult& result) {
  return Read<AccessToken>(result, ReadAccessToken);
}

Outcome<Profile> ReadUserinfoAnswer(const HttpResult& result) {
  const auto* response = std::get_if<HttpResponse>(&result);
  if (response != nullptr && response->status == 200) {
    if (!IsJson(*response))
      return Misunderstood(*response, "the content type is not application/json");
    if (response->body.size() > kMaxUserinfoBytes) return Misunderstood(*response, "too large");
  }
  return Read<Profile>(result, ReadProfile);
}

}  // namespace cibad
