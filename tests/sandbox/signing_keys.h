// The keys that sign ID tokens, the JWKS that publishes them, and the signing itself (JWS, RFC
// 7515), on OpenSSL alone: the daemon validates with libjose, and the sandbox must not share its
// mistakes.

#ifndef CIBAD_TESTS_SANDBOX_SIGNING_KEYS_H_
#define CIBAD_TESTS_SANDBOX_SIGNING_KEYS_H_

#include <deque>
#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/sandbox/behaviour.h"
#include "tests/sandbox/openssl_handles.h"

namespace cibad {

struct SigningKey {
  KeyHandle key;
  std::string key_id;     // `kid`, like the real ones: public:UUID
  std::string algorithm;  // RS256 or ES256
};

// The key with a `kid` that is made of it, so that a restarted sandbox names it the same.
SigningKey NewSigningKey(KeyHandle key);

// The public half as a JWK (RFC 7517), JSON.
std::string PublicJwk(const SigningKey& key);

// Thread-safe.
class SigningKeys {
 public:
  SigningKeys(KeyHandle rsa, KeyHandle ec);

  std::string JwksJson() const;

  // The claims as a signed token, in the way of `kind`: well signed, or wrong in the way that it
  // names. Kinds that are about claims alone get the ordinary signature.
  std::string Sign(absl::string_view claims_json, IdTokenKind kind,
                   absl::string_view client_secret);

 private:
  std::string SignByNewKey(absl::string_view claims_json);
  const SigningKey& Stranger();

  const SigningKey rsa_;
  const SigningKey ec_;
  std::once_flag stranger_is_made_;
  SigningKey stranger_;  // RSA; never published
  mutable std::mutex mutex_;
  std::deque<SigningKey> new_keys_;  // published from when they signed, the newest last
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_SIGNING_KEYS_H_
