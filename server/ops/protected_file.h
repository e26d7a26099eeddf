// Reads the files that the config names, with a limit on their size and, for secrets, a look at who
// may read them. Each error is to be read after "FILE:LINE: KEY: "; none quotes what is in the
// file.

#ifndef CIBAD_SERVER_OPS_PROTECTED_FILE_H_
#define CIBAD_SERVER_OPS_PROTECTED_FILE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/login/secret.h"
#include "server/store/sealing_key.h"

namespace cibad {

// The contents of a regular file of at most `max_bytes`. With `refuse_others`, one whose mode lets
// every user of the machine read, write or run it is refused.
absl::StatusOr<std::string> ReadProtectedFile(const std::string& path, size_t max_bytes,
                                              bool refuse_others);

// The client secret in a file: one line, of which the line break at the end is not a part. `path`
// may begin with
// `${CREDENTIALS_DIRECTORY}/`. The mode of a file there is the service manager's business;
// everywhere else it must keep other users out.
absl::StatusOr<Secret> ReadClientSecret(const std::string& path);

// The subscription key in a file, by the same rules.
absl::StatusOr<Secret> ReadSubscriptionKey(const std::string& path);

// The PEM in a file of a private key, by the same rules but for its lines.
absl::StatusOr<Secret> ReadPrivateKeyFile(const std::string& path);

// The store's key in a file (SealingKey::FromText), by the same rules. Absent: there is no such
// file and it may be made; a credential is never made.
absl::StatusOr<std::optional<SealingKey>> ReadSealingKey(const std::string& path);

// Whether the file can be read and holds a PEM certificate.
absl::Status CheckCaFile(const std::string& path);

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_PROTECTED_FILE_H_
