// The certificate that the daemon shows its callers, its key, and the authority whose certificates
// callers show: the files of the config's [tls] section, and what is in them, found to be fit for
// use.

#ifndef CIBAD_SERVER_OPS_TLS_FILES_H_
#define CIBAD_SERVER_OPS_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/login/secret.h"

namespace cibad {

struct TlsFiles {
  std::string certificate_file;  // PEM: the daemon's own certificate first, then those above it
  std::string key_file;          // PEM; not open to all users
  std::string client_ca_file;    // PEM; empty: no client certificate is asked for

  bool operator==(const TlsFiles& other) const = default;
};

// What the files hold.
struct TlsMaterial {
  // Of the daemon's own certificate.
  absl::Time end;

  std::string certificate;
  Secret key;
  std::string client_ca;
};

// Reads the files. INVALID_ARGUMENT, with a message that begins with the key at fault, as in
// "key_file: ": one of them cannot be read or parsed, the key is not the certificate's, or the
// certificate is not valid at `now`.
absl::StatusOr<TlsMaterial> ReadTlsFiles(const TlsFiles& files, absl::Time now);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_TLS_FILES_H_
