// A certificate authority for one test and the server certificates that it signs, made in memory
// when the test starts and written where the client under test can read them.

#ifndef CIBAD_TESTS_UNIT_HTTP_TEST_CERTIFICATE_H_
#define CIBAD_TESTS_UNIT_HTTP_TEST_CERTIFICATE_H_

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace cibad {

struct OpenSslDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// A certificate and its key.
struct TestCertificate {
  std::unique_ptr<X509, OpenSslDeleter> certificate;
  std::unique_ptr<EVP_PKEY, OpenSslDeleter> key;
};

class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();  // removes the file
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // The authority's certificate in PEM.
  const std::string& file() const { return file_; }

  // `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1".
  TestCertificate Issue(const std::string& names) const;

 private:
  TestCertificate self_;
  std::string file_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_HTTP_TEST_CERTIFICATE_H_
