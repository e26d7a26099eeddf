#include "tests/sandbox/pem.h"

#include <openssl/pem.h>

#include <cassert>

namespace cibad {
namespace {

constexpr size_t kRsaBits = 2048;

BioHandle NewBuffer() {
  BioHandle buffer(BIO_new(BIO_s_mem()));
  assert(buffer != nullptr);
  return buffer;
}

std::string TextOf(const BioHandle& buffer) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(buffer.get(), &text);
  assert(length > 0);
  return {text, static_cast<size_t>(length)};
}

}  // namespace

KeyHandle MakeRsaKey() {
  KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kRsaBits));
  assert(key != nullptr);
  return key;
}

KeyHandle MakeEcKey() {
  KeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  assert(key != nullptr);
  return key;
}

std::string PrivateKeyPem(const KeyHandle& key) {
  const BioHandle buffer = NewBuffer();
  PEM_write_bio_PKCS8PrivateKey(buffer.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(buffer);
}

std::string PublicKeyPem(const KeyHandle& key) {
  const BioHandle buffer = NewBuffer();
  PEM_write_bio_PUBKEY(buffer.get(), key.get());
  return TextOf(buffer);
}

std::string CertificatePem(const CertificateHandle& certificate) {
  const BioHandle buffer = NewBuffer();
  PEM_write_bio_X509(buffer.get(), certificate.get());
  return TextOf(buffer);
}

KeyHandle KeyFromPem(const std::string& pem) {
  const BioHandle buffer(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return KeyHandle(PEM_read_bio_PrivateKey(buffer.get(), nullptr, nullptr, nullptr));
}

}  // namespace cibad
