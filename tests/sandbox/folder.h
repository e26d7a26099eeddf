// The sandbox's folder: what it keeps there for itself, so that a restarted sandbox is the same
// provider, and what it puts there for the daemon.

#ifndef CIBAD_TESTS_SANDBOX_FOLDER_H_
#define CIBAD_TESTS_SANDBOX_FOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/sandbox/certificates.h"
#include "tests/sandbox/client.h"
#include "tests/sandbox/openssl_handles.h"

namespace cibad {

struct Folder {
  std::string path;  // absolute
  Certificates certificates;
  KeyHandle rsa_key;  // these two sign ID tokens
  KeyHandle ec_key;
  std::string client_secret;
  std::string client_secret_2;  // of the second sales unit
  std::string subscription_key;
};

// Opens the folder: reads what an earlier sandbox left there, or makes the folder and everything in
// it. What is secret is for the owner's eyes alone. Fails with the name of the file that cannot be
// read or written.
absl::StatusOr<Folder> OpenFolder(const std::string& path);

// Writes a cibad.toml for this provider and its first sales unit, at once and as the last file, so
// that whoever sees it finds all ready. Returns its path.
absl::StatusOr<std::string> WriteDaemonConfig(const Folder& folder, const std::string& issuer,
                                              const Client& client);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_FOLDER_H_
