// A key that the store's records are sealed with, as a value: a secret of 32 bytes, and a name for
// it that may be shown.

#ifndef CIBAD_SERVER_STORE_SEALING_KEY_H_
#define CIBAD_SERVER_STORE_SEALING_KEY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/login/secret.h"

namespace cibad {

// Names a key without telling anything of it. Kept beside every record, in the clear.
using SealingKeyId = int64_t;

class SealingKey {
 public:
  static constexpr size_t kBytes = 32;  // AES-256, and the output of HMAC-SHA-256

  // The key in a key file: base64 (RFC 4648, 4) of 32 bytes in one line, as `openssl rand -base64
  // 32` prints it. Takes the text over and wipes it. INVALID_ARGUMENT: it is no such line; to be
  // read after "the file NAME ", and quotes nothing of it.
  static absl::StatusOr<SealingKey> FromText(std::string text);

  // A new one. UNAVAILABLE: OpenSSL has no random bytes.
  static absl::StatusOr<SealingKey> Random();

  // What FromText reads, with the line break. The caller wipes it (WipeText).
  std::string ToText() const;

  SealingKeyId id() const { return id_; }

  // A key of its own for each purpose: HKDF-Expand (RFC 5869, 2.3) with this key as the
  // pseudorandom key, which it is, and the purpose as `info`.
  SealingKey ForPurpose(absl::string_view purpose) const;

  const Secret& bytes() const { return bytes_; }

  friend bool operator==(const SealingKey&, const SealingKey&) = default;

 private:
  explicit SealingKey(Secret bytes);

  Secret bytes_;
  SealingKeyId id_ = 0;
};

// The keys of a store, as its config names them.
struct StoreKeys {
  static constexpr size_t kMaxKeys = 8;  // the first and the old ones together

  std::string key_file;              // where `key` is from, or is to be made
  std::optional<SealingKey> key;     // seals and opens; absent: there is no such file yet
  std::vector<SealingKey> old_keys;  // open what they once sealed
};

// Makes a new key and its file, for the owner's eyes only. The file appears whole or not at all,
// and is on the disk when this returns; one that is there already is left alone (ALREADY_EXISTS).
// Every error is one line that names the file.
absl::StatusOr<SealingKey> MakeKeyFile(const std::string& path);

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_SEALING_KEY_H_
