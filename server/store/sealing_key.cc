#include "server/store/sealing_key.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <cassert>
#include <utility>

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
SealingKeyId IdOf(const Secret& bytes) {
  std::string text = absl::StrCat(kIdLabel, bytes.Reveal());
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  WipeText(text);
  uint64_t id = 0;
  for (size_t i = 0; i < sizeof(id); ++i) id = id << 8 | hash.at(i);
  return static_cast<SealingKeyId>(id);
}

}  // namespace

SealingKey::SealingKey(Secret bytes) : bytes_(std::move(bytes)), id_(IdOf(bytes_)) {}

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
  const size_t length = decoded.size();
  Secret bytes = Secret::Take(std::move(decoded));
  WipeText(text);
  if (is_empty) return NotAKey("is empty");
  if (!is_base64) return NotAKey("must hold one line, the base64 of a key, and nothing else");
  if (length != kBytes) {
    return NotAKey(absl::StrCat("holds ", length, " bytes in base64, where a key has ", kBytes));
  }
  return SealingKey(std::move(bytes));
}

absl::StatusOr<SealingKey> SealingKey::Random() {
  std::string bytes(kBytes, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(bytes.data()), kBytes) != 1) {
    return absl::UnavailableError("OpenSSL has no random bytes");
  }
  return SealingKey(Secret::Take(std::move(bytes)));
}

std::string SealingKey::ToText() const {
  std::string text;
  text.reserve(kTextLength + 1);  // so that growing leaves no copy behind
  absl::Base64Escape(bytes_.Reveal(), &text);
  text.push_back('\n');
  return text;
}

SealingKey SealingKey::ForPurpose(absl::string_view purpose) const {
  std::string info(purpose);
  info.push_back('\x01');  // the number of the only block
  std::string derived(kBytes, '\0');
  [[maybe_unused]] const unsigned char* done =
      HMAC(EVP_sha256(), bytes_.Reveal().data(), kBytes,
           reinterpret_cast<const unsigned char*>(info.data()), info.size(),
           reinterpret_cast<unsigned char*>(derived.data()), nullptr);
  assert(done != nullptr);
  return SealingKey(Secret::Take(std::move(derived)));
}

}  // namespace cibad
