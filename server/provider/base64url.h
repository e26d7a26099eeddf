// Base64url as JOSE writes it (RFC 7515 2): no padding, no line breaks, one spelling for each
// value. The library's decoder is more tolerant than a signature check may be.

#ifndef CIBAD_SERVER_PROVIDER_BASE64URL_H_
#define CIBAD_SERVER_PROVIDER_BASE64URL_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cibad {

// Nothing, if the text is not the one base64url spelling of some bytes.
std::optional<std::string> DecodeBase64Url(absl::string_view text);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_BASE64URL_H_
