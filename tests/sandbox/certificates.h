// Certificate authorities. The sandbox's own signs its server certificate, and then its key is
// gone: nobody can make another certificate that its `ca.pem` vouches for. Tests have others, whose
// certificates may be wrong in whatever way they need.

#ifndef CIBAD_TESTS_SANDBOX_CERTIFICATES_H_
#define CIBAD_TESTS_SANDBOX_CERTIFICATES_H_

#include <string>

#include "tests/sandbox/openssl_handles.h"

namespace cibad {

// What one certificate is about. By default it holds from a day ago, since machines that share a
// folder may disagree about the time, for ten years, so that no demonstration folder rots.
struct CertificateOptions {
  std::string common_name;
  std::string
      alternative_names;   // as OpenSSL writes them: DNS:a.example,URI:spiffe://a/b; empty: none
  bool is_server = false;  // or a client's
  long begins_in_hours = -24;
  long ends_in_hours = 24L * 3650;
};

struct Certified {
  std::string certificate;
  std::string key;
};

// Keys are EC P-256, texts PEM.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name);

  std::string certificate() const;
  // A new key, and a certificate about it.
  Certified Issue(const CertificateOptions& options) const;

 private:
  const std::string name_;
  const KeyHandle key_;
  CertificateHandle certificate_;
};

struct Certificates {
  std::string ca;      // what clients trust
  std::string server;  // for localhost, 127.0.0.1 and ::1
  std::string server_key;
};

// All PEM.
Certificates MakeCertificates();

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_CERTIFICATES_H_
