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
  // The soonest of those in client_ca_file, which may be over; the infinite future without any.
  absl::Time client_ca_end = absl::InfiniteFuture();

  std::string certificate;
  Secret key;
  std::string client_ca;
};

// Reads the files. INVALID_ARGUMENT, with a message that begins with the key at fault, as in
// "key_file: ": one of them cannot be read or parsed, the key is not the certificate's, which has
// to be the first of its file, or the certificate is not valid at `now`. Authorities that have
// ended are no error: with them no caller gets through its handshake.
absl::StatusOr<TlsMaterial> ReadTlsFiles(const TlsFiles& files, absl::Time now);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_TLS_FILES_H_
