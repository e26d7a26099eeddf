#include "server/provider/callback_query.h"

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/login/secret.h"
#include "server/provider/text_rules.h"

namespace cibad {
namespace {

constexpr size_t kMaxQueryBytes = 8 << 10;
constexpr size_t kMaxParameters = 32;
constexpr size_t kMaxCodeBytes = 2048;
constexpr size_t kMaxStateBytes = 256;

using Parameters = std::map<std::string, std::string>;

absl::Status WrongQuery(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("callback_query: ", what));
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// One name or value, percent- and plus-decoded (application/x-www-form-urlencoded).
std::optional<std::string> DecodeQueryText(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

absl::StatusOr<Parameters> SplitQuery(absl::string_view query) {
  if (query.size() > kMaxQueryBytes) return WrongQuery("longer than 8 KiB");
  query = absl::StripPrefix(query, "?");
  if (!IsVisibleAscii(query) || absl::StrContains(query, '#')) {
    return WrongQuery("not the query of a URL, encoded as it stood there");
  }
  Parameters parameters;
  for (const absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> pair =
        absl::StrSplit(part, absl::MaxSplits('=', 1));
    std::optional<std::string> name = DecodeQueryText(pair.first);
    std::optional<std::string> value = DecodeQueryText(pair.second);
    if (!name || !value || name->empty()) return WrongQuery("a parameter is not well encoded");
    if (parameters.size() >= kMaxParameters) return WrongQuery("more than 32 parameters");
    if (!parameters.emplace(*std::move(name), *std::move(value)).second) {
      return WrongQuery("a parameter is there twice");
    }
  }
  return parameters;
}

std::optional<std::string> TakeParameter(Parameters& parameters, const char* name) {
  auto node = parameters.extract(name);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

bool IsCode(absl::string_view code) {
  return !code.empty() && code.size() <= kMaxCodeBytes && IsVisibleAscii(code);
}

}  // namespace

absl::StatusOr<Callback> ReadCallbackQuery(absl::string_view query) {
  absl::StatusOr<Parameters> parameters = SplitQuery(query);
  if (!parameters.ok()) return parameters.status();
  std::optional<std::string> code = TakeParameter(*parameters, "code");
  const std::optional<std::string> error = TakeParameter(*parameters, "error");
  Callback callback;
  callback.state = TakeParameter(*parameters, "state");
  if (callback.state && callback.state->size() > kMaxStateBytes) {
    return WrongQuery("state: longer than 256 characters");
  }
  if (code.has_value() == error.has_value()) {
    return WrongQuery(code ? "both code and error" : "neither code nor error");
  }
  if (code) {
    if (!IsCode(*code)) return WrongQuery("code: empty, too long, or not visible ASCII");
    callback.answer = *std::move(code);
    return callback;
  }
  if (error->empty()) return WrongQuery("error: empty");
  const std::string description =
      TakeParameter(*parameters, "error_description").value_or(std::string());
  callback.answer = ProviderError{/*http_status=*/0, CleanProviderCode(*error),
                                  CleanDetail(description), std::nullopt};
  return callback;
}

absl::StatusOr<Callback> ReadCallbackCode(absl::string_view code) {
  if (IsCode(code)) return Callback{std::string(code), std::nullopt, /*is_whole=*/false};
  return absl::InvalidArgumentError("code: empty, too long, or not visible ASCII");
}

absl::Status CheckCallbackState(const Callback& callback, absl::string_view state) {
  if (state.empty() || !callback.is_whole) return absl::OkStatus();
  if (!callback.state) return WrongQuery("state: missing; the login was started with one");
  if (EqualInConstantTime(*callback.state, state)) return absl::OkStatus();
  return WrongQuery("state: not that of this login");
}

}  // namespace cibad
