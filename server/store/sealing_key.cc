#include "server/store/sealing_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cassert>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cibad {
namespace {

constexpr absl::string_view kIdLabel = "cibad store key id 1";
constexpr size_t kTextLength = 44;  // base64 of 32 bytes, with its padding

absl::Status NotAKey(absl::string_view how) {
  return absl::InvalidArgumentError(
      absl::StrCat(how, "; make a key with: openssl rand -base64 32"));
}

// The first bytes of a hash that is of nothing else, so it tells nothing of the key.
SealingKeyId IdOf(const SealingKey::Bytes& bytes) {
  std::string text(kIdLabel);
  text.append(bytes.begin(), bytes.end());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  WipeText(text);
  uint64_t id = 0;
  for (size_t i = 0; i < sizeof(id); ++i) id = id << 8 | hash.at(i);
  return static_cast<SealingKeyId>(id);
}

}  // namespace

void WipeText(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

SealingKey::SealingKey(const Bytes& bytes) : bytes_(bytes), id_(IdOf(bytes)) {}

SealingKey::~SealingKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

absl::StatusOr<SealingKey> SealingKey::FromText(std::string text) {
  absl::string_view line = text;
  if (absl::ConsumeSuffix(&line, "\n")) absl::ConsumeSuffix(&line, "\r");
  std::string decoded;
  // abseil's decoder lets spaces and missing padding pass; one key has one text here.
  const bool is_base64 = absl::Base64Unescape(line, &decoded) && [&] {
    std::string again = absl::Base64Escape(decoded);
    const bool is_same = again == line;
    WipeText(again);
    return is_same;
  }();
  const bool is_empty = line.empty();
  Bytes bytes{};
  const size_t length = decoded.size();
  if (is_base64 && length == kBytes) std::copy_n(decoded.begin(), kBytes, bytes.begin());
  WipeText(decoded);
  WipeText(text);
  if (is_empty) return NotAKey("is empty");
  if (!is_base64) return NotAKey("must hold one line, the base64 of a key, and nothing else");
  if (length != kBytes) {
    return NotAKey(absl::StrCat("holds ", length, " bytes in base64, where a key has ", kBytes));
  }
  SealingKey key(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

absl::StatusOr<SealingKey> SealingKey::Random() {
  Bytes bytes{};
  if (RAND_priv_bytes(bytes.data(), kBytes) != 1) {
    return absl::UnavailableError("OpenSSL has no random bytes");
  }
  SealingKey key(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return key;
}

std::string SealingKey::ToText() const {
  std::string text;
  text.reserve(kTextLength + 1);  // so that growing leaves no copy behind
  absl::Base64Escape(absl::string_view(reinterpret_cast<const char*>(bytes_.data()), kBytes),
                     &text);
  text.push_back('\n');
  return text;
}

SealingKey SealingKey::ForPurpose(absl::string_view purpose) const {
  std::string info(purpose);
  info.push_back('\x01');  // the number of the only block
  Bytes derived{};
  [[maybe_unused]] const unsigned char* done =
      HMAC(EVP_sha256(), bytes_.data(), kBytes, reinterpret_cast<const unsigned char*>(info.data()),
           info.size(), derived.data(), nullptr);
  assert(done != nullptr);
  SealingKey key(derived);
  OPENSSL_cleanse(derived.data(), derived.size());
  return key;
}

bool operator==(const SealingKey& a, const SealingKey& b) {
  return CRYPTO_memcmp(a.bytes_.data(), b.bytes_.data(), SealingKey::kBytes) == 0;
}

}  // namespace cibad
