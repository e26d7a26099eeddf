// What the texts that a provider sends may consist of, before they are stored, sent on or logged.

#ifndef CIBAD_SERVER_PROVIDER_TEXT_RULES_H_
#define CIBAD_SERVER_PROVIDER_TEXT_RULES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cibad {

// Whether the text is fit for an HTTP header and a URL: visible ASCII only (0x21 to 0x7E), no
// blanks.
bool IsVisibleAscii(absl::string_view text);

// Whether the text is an absolute https URL with a host, and without credentials or a fragment; at
// most 2048 characters.
bool IsHttpsUrl(absl::string_view text);

// Whether the text can be a `sub`: 1 to 255 visible ASCII characters (OpenID Connect Core 2 and 8).
bool IsSubject(absl::string_view text);

// Makes a provider's sentence fit for the operator's log: one line of printable ASCII, at most 256
// characters, and without what may be a person's or a secret: if it holds six digits or more (a
// phone number, a birth number) they all become `*`, and long words that are no plain words (a
// token, an auth_req_id) become `...`.
std::string CleanDetail(absl::string_view text);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_TEXT_RULES_H_
