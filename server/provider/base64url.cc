#include "server/provider/base64url.h"

#include "absl/strings/escaping.h"

namespace cibad {

std::optional<std::string> DecodeBase64Url(absl::string_view text) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(text, &bytes)) return std::nullopt;
  // Encoding again shows padding, blanks and stray bits in the last character: the decoder let them
  // pass.
  if (absl::WebSafeBase64Escape(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace cibad
