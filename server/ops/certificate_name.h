// Names in client certificates, and the patterns of the config that stand for many of them. A name
// has parts: those of a URI ("spiffe://shop/till/17") are what stands between its slashes, those of
// any other ("till-17.shop.example") what stands between its dots. In a pattern each `*` stands for
// one or more characters of one part: "*.tills.example.com" is any till of that domain, but neither
// the domain itself nor "a.b.tills.example.com".

#ifndef CIBAD_SERVER_OPS_CERTIFICATE_NAME_H_
#define CIBAD_SERVER_OPS_CERTIFICATE_NAME_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cibad {

// Whether a name can be a caller's: 1 to 256 visible ASCII characters, and no `*`, which a wildcard
// certificate has and which would pass for many names at once.
bool IsCertificateName(absl::string_view name);

// INVALID_ARGUMENT, to be read after "FILE:LINE: KEY: ": no name can fit the pattern.
absl::Status CheckCertificatePattern(absl::string_view pattern);

// Whether the pattern stands for the name. The pattern "*" alone stands for every name. Upper and
// lower case are the same but in URIs.
bool MatchesCertificateName(absl::string_view pattern, absl::string_view name);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_CERTIFICATE_NAME_H_
