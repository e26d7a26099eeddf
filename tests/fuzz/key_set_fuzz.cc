// A JWKS.

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "server/provider/key_set.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"

namespace cibad::fuzz {

void FuzzKeySet(absl::string_view input) {
  HttpResponse response;
  response.status = 200;
  response.body = std::string(input);
  const absl::StatusOr<std::shared_ptr<const KeySet>> keys = ReadKeySet(response);
  if (!keys.ok()) return RequireLogText(keys.status().message(), 1024);
  Require((*keys)->size() >= 1 && (*keys)->size() <= 100, "a set holds 1 to 100 keys");
  // Zeros are nobody's signature: r = s = 0 for ES256, 0 to whatever exponent for RS256.
  const std::string zeros = absl::WebSafeBase64Escape(std::string(64, '\0'));
  for (const auto algorithm : {SignatureAlgorithm::kEs256, SignatureAlgorithm::kRs256}) {
    Require((*keys)->Verify({"e30", "e30", zeros}, algorithm, "") != SignatureVerdict::kGenuine,
            "zeros are nobody's signature");
  }
}

}  // namespace cibad::fuzz
