// The check of an ID token (OpenID Connect Core 3.1.3.7, CIBA 10.1.1): the one place where it is
// decided that somebody has logged in.

#ifndef CIBAD_SERVER_PROVIDER_ID_TOKEN_H_
#define CIBAD_SERVER_PROVIDER_ID_TOKEN_H_

#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/outcome.h"
#include "server/provider/key_set.h"

namespace cibad {

// What the ID token of a login has to say.
struct IdTokenExpectations {
  absl::string_view issuer;
  absl::string_view client_id;  // not looked at where there is an `msn`
  absl::string_view auth_req_id;
  absl::string_view access_token;  // that came with it
  absl::Time now;                  // by the wall clock
  // Not empty: the `msn` claim must equal it, in place of `aud` the client_id. With partner keys
  // the audience is the merchant's client, which the partner does not know.
  absl::string_view msn = "";
  // On a web page the claim is all that ties the browser to the login: it must be there.
  bool auth_req_id_is_required = false;
};

// No key of the set made the signature, though a newer set may have the one that did: fetch the
// keys again, once, and check again. If that gives UnknownKey as well, the ID token is to be
// refused.
struct UnknownKey {};

using IdTokenCheck = std::variant<AcceptedIdToken, RefusedIdToken, UnknownKey>;

// Checks everything: form, algorithm, signature, then each claim. Nothing of the payload is looked
// at before the signature has proven genuine. A refusal names the check that failed, never a value.
IdTokenCheck VerifyIdToken(absl::string_view id_token, const KeySet& keys,
                           const IdTokenExpectations& expected);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_ID_TOKEN_H_
