// A whole ID token, from somebody who has not the key.

#include <memory>
#include <string>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/provider/id_token.h"
#include "server/provider/key_set.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"
#include "tests/fuzz/token_key.h"

namespace cibad::fuzz {
namespace {

const KeySet& PublishedKeys() {
  static const std::shared_ptr<const KeySet> keys =
      ReadKeySet(AnswerOf(absl::StrCat("200\n\n{\"keys\":[{\"kid\":\"", kKeyId, "\",",
                                       kPublicMembers, "}]}")))
          .value();
  return *keys;
}

}  // namespace

// The corpus has one token that the key did sign, over kHeader and kClaims. Whatever else is
// accepted is a forgery.
void FuzzIdToken(absl::string_view input) {
  const IdTokenCheck check = VerifyIdToken(input, PublishedKeys(), Expected());
  if (const auto* refused = std::get_if<RefusedIdToken>(&check)) {
    RequireLogText(refused->detail, 256);
  }
  if (!std::holds_alternative<AcceptedIdToken>(check)) return;
  const std::string genuine = absl::StrCat(absl::WebSafeBase64Escape(kHeader), ".",
                                           absl::WebSafeBase64Escape(kClaims), ".");
  Require(absl::StartsWith(input, genuine), "nobody without the key makes a token");
}

}  // namespace cibad::fuzz
