// The query that a customer's browser brings.

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/provider/callback_query.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {
namespace {

std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const unsigned char c : text) absl::StrAppend(&escaped, "%", absl::Hex(c, absl::kZeroPad2));
  return escaped;
}

}  // namespace

void FuzzCallbackQuery(absl::string_view input) {
  const absl::StatusOr<Callback> taken_out = ReadCallbackCode(input);
  if (taken_out.ok()) {
    Require(std::get<std::string>(taken_out->answer) == input, "a code stays as it is");
  }
  const absl::StatusOr<Callback> callback = ReadCallbackQuery(input);
  if (!callback.ok()) return RequireLogText(callback.status().message(), 256);
  if (const auto* error = std::get_if<ProviderError>(&callback->answer)) {
    RequireLogText(error->code, 64);
    RequireLogText(error->detail, 1024);
    return;
  }
  const std::string code = std::get<std::string>(callback->answer);
  Require(ReadCallbackCode(code).ok(), "a code is one");
  std::string query = absl::StrCat("?code=", Escaped(code));
  if (callback->state) absl::StrAppend(&query, "&state=", Escaped(*callback->state));
  if (query.size() > 8192) return;
  const absl::StatusOr<Callback> again = ReadCallbackQuery(query);
  Require(
      again.ok() && std::get<std::string>(again->answer) == code && again->state == callback->state,
      "what was read reads the same again");
  if (!callback->state) return;
  Require(CheckCallbackState(*callback, *callback->state).ok(), "a state is its own");
  Require(!CheckCallbackState(*callback, *callback->state + "x").ok(), "and no other's");
}

}  // namespace cibad::fuzz
