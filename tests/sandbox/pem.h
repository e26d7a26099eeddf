// Keys and certificates as PEM text, which is how they are kept in files and handed to the TLS
// server.

#ifndef CIBAD_TESTS_SANDBOX_PEM_H_
#define CIBAD_TESTS_SANDBOX_PEM_H_

#include <string>

#include "tests/sandbox/openssl_handles.h"

namespace cibad {

KeyHandle MakeRsaKey();  // 2048 bits
KeyHandle MakeEcKey();   // P-256

std::string PrivateKeyPem(const KeyHandle& key);  // PKCS #8, unencrypted
std::string PublicKeyPem(const KeyHandle& key);
std::string CertificatePem(const CertificateHandle& certificate);

// The private key in the text; empty if there is none.
KeyHandle KeyFromPem(const std::string& pem);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_PEM_H_
