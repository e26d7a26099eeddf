// The public keys with which a provider signs ID tokens (its JWKS, RFC 7517), reduced to those that
// may count: RSA keys of 2048 to 8192 bits for RS256 and P-256 keys for ES256. Which algorithm a
// key is good for is fixed when the set is read, never by a token: that is what defeats `none`,
// HMAC with a public key for the secret, and keys that a token brings along.

#ifndef CIBAD_SERVER_PROVIDER_KEY_SET_H_
#define CIBAD_SERVER_PROVIDER_KEY_SET_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/http/message.h"

namespace cibad {

enum class SignatureAlgorithm { kRs256, kEs256 };  // RFC 7518 3.1; no others are accepted

// The parts of a JWS in compact serialisation (RFC 7515 7.1), base64url as they came.
struct CompactJws {
  absl::string_view header;
  absl::string_view payload;
  absl::string_view signature;
};

enum class SignatureVerdict {
  kGenuine,     // made by a key of the set
  kForged,      // the key that is named did not make it
  kWrongKey,    // the key that is named is not one for the algorithm
  kUnknownKey,  // no key here is the one that is named, or none is named and none fits: is the set
                // out of date?
};

// Immutable, so that all workers can share one.
class KeySet {
 public:
  struct Key {
    std::string key_id;  // `kid`; empty: it has none
    SignatureAlgorithm algorithm;
    std::string jwk;  // JSON of the members that make the key, and of no others
  };

  explicit KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}

  // Judges a signature by the key of that id. An empty id: by every key for the algorithm. The
  // algorithm must be the one that the JWS's header names.
  SignatureVerdict Verify(const CompactJws& jws, SignatureAlgorithm algorithm,
                          absl::string_view key_id) const;

  size_t size() const { return keys_.size(); }

 private:
  const std::vector<Key> keys_;
};

// Reads a JWKS, ignoring keys for other uses or algorithms, symmetric keys and keys that are
// published with their private half. UNAVAILABLE: no answer, or not a 200. INVALID_ARGUMENT: not a
// JWKS, more than 100 keys, or none that may count.
absl::StatusOr<std::shared_ptr<const KeySet>> ReadKeySet(const HttpResult& result);

}  // namespace cibad

#endif  // CIBAD_SERVER_PROVIDER_KEY_SET_H_
