// JSON as this daemon accepts it from others: one object, in UTF-8, nothing twice, nothing deep.
// What comes over the network is hostile until it has passed here; what has passed can be read
// without surprises, and every reader of it reads the same.

#ifndef CIBAD_SERVER_PROVIDER_STRICT_JSON_H_
#define CIBAD_SERVER_PROVIDER_STRICT_JSON_H_

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cibad {

constexpr size_t kMaxJsonBytes = kMaxResponseBodyBytes;

// Objects and arrays within each other, the outermost included. Nothing that a provider sends is
// deeper than half of this, and it keeps recursive code, here and in the clients of the API, off
// the end of the stack.
constexpr int kMaxJsonDepth = 16;

// Reads one JSON object (RFC 8259). INVALID_ARGUMENT, saying why without quoting the text, if it is
// anything else, is too large or too deep, is not UTF-8, begins with a byte order mark, holds a
// NUL, a number that no double holds, or an object that names a member twice (RFC 7493 2.3: readers
// differ in which one they take).
absl::StatusOr<nlohmann::json> ParseJsonObject(absl::string_view text);

// The member of that name, or nullptr where there is none or it is null, which some serialisers
// write for "none".
const nlohmann::json* FindMember(const nlohmann::json& object, const char* name);

// The member's text, or nullptr where it is anything else; TextOf then gives an empty text.
const std::string* FindText(const nlohmann::json& object, const char* name);
std::string TextOf(const nlohmann::json& object, const char* name);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_STRICT_JSON_H_
