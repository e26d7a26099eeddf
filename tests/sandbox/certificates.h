// The sandbox's own certificate authority and the server certificate by it. The authority's key
// signs once and is gone: nobody can make another certificate that its `ca.pem` vouches for.

#ifndef CIBAD_TESTS_SANDBOX_CERTIFICATES_H_
#define CIBAD_TESTS_SANDBOX_CERTIFICATES_H_

#include <string>

namespace cibad {

struct Certificates {
  std::string ca;      // what clients trust
  std::string server;  // for localhost, 127.0.0.1 and ::1
  std::string server_key;
};

// All PEM. The keys are EC P-256; the certificates hold for ten years, so that no demonstration
// folder rots.
Certificates MakeCertificates();

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_CERTIFICATES_H_
