#include "server/store/sealer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/login/random.h"

namespace cibad {
namespace {

constexpr char kFormat = 1;
constexpr size_t kNonceBytes = 12;  // what GCM takes as it is (SP 800-38D, 5.2.1.1)
constexpr size_t kTagBytes = 16;
constexpr size_t kEnvelopeHeaderBytes = 1 + sizeof(SealingKeyId);
constexpr size_t kFrameBytes = kEnvelopeHeaderBytes + kNonceBytes + kTagBytes;
constexpr absl::string_view kRecordPurpose = "cibad store record 1";
// Named after what was hashed first: files that are about have hashes of it.
constexpr absl::string_view kHashPurpose = "cibad store request_id 1";

constexpr int kEncrypt = 1;
constexpr int kDecrypt = 0;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string EnvelopeHeader(SealingKeyId id) {
  std::string header(1, kFormat);
  for (int shift = 56; shift >= 0; shift -= 8) {
    header.push_back(static_cast<char>(static_cast<uint64_t>(id) >> shift));
  }
  return header;
}

SealingKeyId KeyIdIn(absl::string_view header) {
  uint64_t id = 0;
  for (size_t i = 1; i < kEnvelopeHeaderBytes; ++i)
    id = id << 8 | static_cast<unsigned char>(header[i]);
  return static_cast<SealingKeyId>(id);
}

// What is authenticated with the record without being in it. The parts before the id are of one
// length, so that no two logins have the same.
std::string AssociatedData(absl::string_view header, absl::string_view login_id) {
  return absl::StrCat(kRecordPurpose, header, login_id);
}

// One run of the cipher over `input`, its result in `output`, of the same length.
bool RunCipher(EVP_CIPHER_CTX* context, absl::string_view nonce, absl::string_view associated,
               absl::string_view input, unsigned char* output) {
  int length = 0;
  return EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, Bytes(nonce), -1) == 1 &&
         EVP_CipherUpdate(context, nullptr, &length, Bytes(associated),
                          static_cast<int>(associated.size())) == 1 &&
         EVP_CipherUpdate(context, output, &length, Bytes(input), static_cast<int>(input.size())) ==
             1;
}

}  // namespace

struct Sealer::Key {
  explicit Key(const SealingKey& key)
      : id(key.id()),
        hash(MakeHash(key.ForPurpose(kHashPurpose))),
        seal(MakeCipher(key.ForPurpose(kRecordPurpose), kEncrypt)),
        open(MakeCipher(key.ForPurpose(kRecordPurpose), kDecrypt)) {}

  struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const {
      EVP_CIPHER_CTX_free(context);
    }  // and wipes it
  };
  using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

  struct FreeHash {
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  };
  using HashContext = std::unique_ptr<EVP_MAC_CTX, FreeHash>;

  // An HMAC-SHA-256 that has the key; null: OpenSSL has no memory.
  static HashContext MakeHash(const SealingKey& key) {
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> algorithm(
        EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr), EVP_MAC_free);
    HashContext context(algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm.get()));
    std::string digest = "SHA256";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    if (context == nullptr || EVP_MAC_init(context.get(), Bytes(key.bytes().Reveal()),
                                           SealingKey::kBytes, parameters) != 1) {
      return nullptr;
    }
    return context;
  }

  // A cipher that has the key and lacks the nonce only; null: OpenSSL has no memory.
  static CipherContext MakeCipher(const SealingKey& key, int direction) {
    CipherContext context(EVP_CIPHER_CTX_new());
    if (context == nullptr ||
        EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.bytes().Reveal()),
                          nullptr, direction) != 1) {
      return nullptr;
    }
    return context;
  }

  SealingKeyId id;
  HashContext hash;
  CipherContext seal;
  CipherContext open;
};

Sealer::Sealer(const std::vector<SealingKey>& keys) : keys_(keys) {
  assert(!keys.empty());
  ready_.reserve(keys.size());
  for (const SealingKey& key : keys) ready_.emplace_back(key);
}

Sealer::Sealer(const Sealer& other) : Sealer(other.keys_) {}
Sealer::Sealer(Sealer&& other) noexcept = default;
Sealer& Sealer::operator=(Sealer&& other) noexcept = default;
Sealer::~Sealer() = default;

SealingKeyId Sealer::key_id() const { return ready_.front().id; }

bool Sealer::HasKey(SealingKeyId id) const {
  return std::any_of(ready_.begin(), ready_.end(), [id](const Key& key) { return key.id == id; });
}

absl::StatusOr<std::string> Sealer::Seal(absl::string_view login_id,
                                         absl::string_view record) const {
  const Key& key = ready_.front();
  std::string sealed = EnvelopeHeader(key.id);
  const std::string associated = AssociatedData(sealed, login_id);
  sealed.resize(kFrameBytes + record.size());
  unsigned char* nonce = Bytes(sealed) + kEnvelopeHeaderBytes;
  unsigned char* ciphertext = nonce + kNonceBytes;
  unsigned char* tag = ciphertext + record.size();
  int length = 0;
  FillWithRandomBits(nonce, kNonceBytes);
  if (key.seal == nullptr ||
      !RunCipher(key.seal.get(),
                 absl::string_view(sealed).substr(kEnvelopeHeaderBytes, kNonceBytes), associated,
                 record, ciphertext) ||
      EVP_CipherFinal_ex(key.seal.get(), tag, &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(key.seal.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) != 1) {
    return absl::UnavailableError(
        absl::StrCat("login ", login_id, " cannot be sealed: OpenSSL has no memory"));
  }
  return sealed;
}

absl::StatusOr<std::string> Sealer::Open(absl::string_view login_id,
                                         absl::string_view sealed) const {
  const absl::Status damaged =
      absl::DataLossError(absl::StrCat("the stored record of login ", login_id, " is damaged"));
  if (sealed.size() < kFrameBytes || sealed[0] != kFormat) return damaged;
  const absl::string_view header = sealed.substr(0, kEnvelopeHeaderBytes);
  const absl::string_view nonce = sealed.substr(kEnvelopeHeaderBytes, kNonceBytes);
  const absl::string_view ciphertext =
      sealed.substr(kEnvelopeHeaderBytes + kNonceBytes, sealed.size() - kFrameBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const auto key =
      std::find_if(ready_.begin(), ready_.end(),
                   [id = KeyIdIn(header)](const Key& candidate) { return candidate.id == id; });
  if (key == ready_.end()) return damaged;
  std::string record(ciphertext.size(), '\0');
  int length = 0;
  if (key->open == nullptr ||
      !RunCipher(key->open.get(), nonce, AssociatedData(header, login_id), ciphertext,
                 Bytes(record)) ||
      EVP_CIPHER_CTX_ctrl(key->open.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) != 1 ||
      EVP_CipherFinal_ex(key->open.get(), Bytes(tag), &length) != 1) {
    return damaged;
  }
  return record;
}

std::vector<std::string> Sealer::HashesOf(absl::string_view text) const {
  std::vector<std::string> hashes;
  hashes.reserve(ready_.size());
  for (const Key& key : ready_) {
    std::string hash(SealingKey::kBytes, '\0');
    // Begun anew with the key that it has.
    [[maybe_unused]] const bool done =
        key.hash != nullptr && EVP_MAC_init(key.hash.get(), nullptr, 0, nullptr) == 1 &&
        EVP_MAC_update(key.hash.get(), Bytes(text), text.size()) == 1 &&
        EVP_MAC_final(key.hash.get(), Bytes(hash), nullptr, hash.size()) == 1;
    assert(done);
    hashes.push_back(std::move(hash));
  }
  return hashes;
}

}  // namespace cibad
