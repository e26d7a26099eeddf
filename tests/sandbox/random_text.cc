#include "tests/sandbox/random_text.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cassert>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr size_t kUuidBytes = 16;

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  const int done =
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count));
  assert(done == 1);
  static_cast<void>(done);
  return bytes;
}

// RFC 9562: the version and the variant are fixed bits.
std::string UuidText(std::string bytes) {
  assert(bytes.size() >= kUuidBytes);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  const std::string hex = absl::BytesToHexString(absl::string_view(bytes).substr(0, kUuidBytes));
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

}  // namespace

std::string RandomToken(size_t bytes) { return absl::WebSafeBase64Escape(RandomBytes(bytes)); }

std::string RandomUuid() { return UuidText(RandomBytes(kUuidBytes)); }

std::string UuidOf(absl::string_view text) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return UuidText(digest);
}

}  // namespace cibad
