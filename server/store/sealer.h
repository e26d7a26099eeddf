// Seals what the store keeps, so that a stolen database file tells nothing about anyone: each
// record with AES-256-GCM (NIST SP 800-38D) under a key that is not in the database, bound to the
// login that it is of. Opening it proves that not one bit of it was changed, nor the record moved
// to another login. (That a row is the newest of its login is not proven: who can write to the
// database can put an older one back.)
//
// A sealed record is
//
//     format, 1 byte | key id, 8 | nonce, 12 | ciphertext | tag, 16
//
// Nonces are random. With them one key may seal at most 2^32 records (SP 800-38D, 8.3): past that,
// two with the same nonce, which would give both away, are likelier than 2^-32. A login takes four
// or five records, so a key is good for some 800 million logins, and ought to be replaced
// (StoreKeys) well before: once a year is enough for 25 logins a second, without a pause.

#ifndef CIBAD_SERVER_STORE_SEALER_H_
#define CIBAD_SERVER_STORE_SEALER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/store/sealing_key.h"

namespace cibad {

// The keys of one store, ready for use. Not thread-safe, not even where it is const: the ciphers
// keep state. A copy is as good.
class Sealer {
 public:
  // The first key seals, all open. There is at least one.
  explicit Sealer(const std::vector<SealingKey>& keys);
  Sealer(const Sealer& other);
  Sealer& operator=(Sealer&& other) noexcept;
  Sealer(Sealer&& other) noexcept;
  ~Sealer();

  const std::vector<SealingKey>& keys() const { return keys_; }
  // The key that seals.
  SealingKeyId key_id() const;
  bool HasKey(SealingKeyId id) const;

  // UNAVAILABLE: OpenSSL has no memory.
  absl::StatusOr<std::string> Seal(absl::string_view login_id, absl::string_view record) const;

  // DATA_LOSS: these are not the bytes that Seal gave for that login, or the key is not known. The
  // message names the login only.
  absl::StatusOr<std::string> Open(absl::string_view login_id, absl::string_view sealed) const;

  // What stands in the database for a text that has to be found there, a till's request_id or a
  // caller's name: HMAC-SHA-256 under each of the keys, the sealing one first. Without the key
  // nobody can tell whether a guess is right.
  std::vector<std::string> HashesOf(absl::string_view text) const;

 private:
  struct Key;
  std::vector<SealingKey> keys_;
  std::vector<Key> ready_;  // as many, in the same order
};

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_SEALER_H_
