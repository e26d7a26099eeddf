// The sandbox's folder: what it keeps there for itself, so that a restarted sandbox is the same
// provider, and what it puts there for the daemon.

#ifndef CIBAD_TESTS_SANDBOX_FOLDER_H_
#define CIBAD_TESTS_SANDBOX_FOLDER_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/sandbox/certificates.h"
#include "tests/sandbox/client.h"
#include "tests/sandbox/memory.h"
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

// Keeps what the sandbox remembers, for the next one in this folder. It has access tokens, so it is
// for the owner's eyes alone.
absl::Status KeepMemory(const Folder& folder, const SandboxMemory& memory);

// Takes up what was kept, or nothing where there is none. It is good for once, so that a sandbox
// that is killed has forgotten all, and does not go back to what an earlier one knew.
// INVALID_ARGUMENT: the file is not one of a sandbox's.
absl::StatusOr<std::optional<SandboxMemory>> TakeMemory(const Folder& folder);

// Writes a cibad.toml for this provider and its first sales unit, at once and as the last file, so
// that whoever sees it finds all ready. Returns its path.
absl::StatusOr<std::string> WriteDaemonConfig(const Folder& folder, const std::string& issuer,
                                              const Client& client);

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_FOLDER_H_
