#include "server/ops/protected_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/ops/config_checks.h"

namespace cibad {
namespace {

constexpr mode_t kOthers = S_IRWXO;

absl::Status Unreadable() {
  return absl::InvalidArgumentError(absl::StrCat("cannot be read: ", std::strerror(errno)));
}

absl::Status AboutFile(const std::string& path, const absl::Status& status) {
  return status.ok() ? status
                     : absl::InvalidArgumentError(
                           absl::StrCat("the file ", Quoted(path), " ", status.message()));
}

// All that a file holds, of at most `limit` bytes; more is left unread. The room for it is made by
// its size, which is only a guess: it may grow meanwhile, and the kernel's own files say 0.
absl::StatusOr<std::string> ReadToEnd(int file, off_t size, size_t limit) {
  constexpr size_t kLeastBytes = 512;
  std::string contents;
  size_t length = 0;
  // One byte more than there should be: the read that finds the end needs room.
  size_t room = std::min(limit, std::max(kLeastBytes, static_cast<size_t>(size) + 1));
  while (length < limit) {
    if (length == contents.size()) {
      contents.resize(room);
      room = std::min(limit, 2 * room);
    }
    const ssize_t got = read(file, contents.data() + length, contents.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable();
    if (got == 0) break;
    length += static_cast<size_t>(got);
  }
  contents.resize(length);
  return contents;
}

absl::StatusOr<std::string> ReadOpenFile(int file, const std::string& path, size_t max_bytes,
                                         bool refuse_others) {
  struct stat facts {};
  if (fstat(file, &facts) != 0) return Unreadable();
  if (!S_ISREG(facts.st_mode)) return absl::InvalidArgumentError("is not a regular file");
  if (refuse_others && (facts.st_mode & kOthers) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("is open to every user of this machine; run: chmod o-rwx ", path));
  }
  absl::StatusOr<std::string> contents = ReadToEnd(file, facts.st_size, max_bytes + 1);
  if (contents.ok() && contents->size() > max_bytes)
    return absl::InvalidArgumentError(absl::StrCat("is larger than ", max_bytes, " bytes"));
  return contents;
}

struct SecretFile {
  std::string path;
  bool is_credential = false;  // of the service manager, whose business its mode is
};

// What `path` of a config means: itself, or a file where the service manager puts credentials.
absl::StatusOr<SecretFile> FindSecretFile(const std::string& path) {
  constexpr absl::string_view kVariable = "${CREDENTIALS_DIRECTORY}/";
  if (!absl::StartsWith(path, kVariable)) return SecretFile{path, false};
  const absl::string_view name = absl::StripPrefix(path, kVariable);
  // As systemd names them: no path, so that what is behind the variable is what the unit loaded.
  if (name.empty() || absl::StrContains(name, '/') || name == "..") {
    return absl::InvalidArgumentError(
        "must have the name of one credential behind ${CREDENTIALS_DIRECTORY}/");
  }
  const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "CREDENTIALS_DIRECTORY is not set; start cibad from a systemd unit with LoadCredential=",
        name, ":FILE, or write the path of the file"));
  }
  return SecretFile{absl::StrCat(folder, "/", name), true};
}

absl::StatusOr<std::string> ReadSecretFile(const SecretFile& file) {
  constexpr size_t kMaxBytes = 4096;
  return ReadProtectedFile(file.path, kMaxBytes, /*refuse_others=*/!file.is_credential);
}

// The one line of a secret's file, if `check` finds nothing wrong with it.
absl::StatusOr<Secret> ReadLine(const std::string& path, absl::Status (*check)(absl::string_view)) {
  const absl::StatusOr<SecretFile> file = FindSecretFile(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<std::string> contents = ReadSecretFile(*file);
  if (!contents.ok()) return AboutFile(file->path, contents.status());
  absl::string_view line = *contents;
  if (absl::ConsumeSuffix(&line, "\n")) absl::ConsumeSuffix(&line, "\r");
  const absl::Status status = check(line);
  Secret secret(line);
  WipeText(*contents);
  if (!status.ok()) return AboutFile(file->path, status);
  return secret;
}

}  // namespace

absl::StatusOr<std::string> ReadProtectedFile(const std::string& path, size_t max_bytes,
                                              bool refuse_others) {
  // NONBLOCK: opening a FIFO must not wait for its writer.
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return Unreadable();
  absl::StatusOr<std::string> contents = ReadOpenFile(file, path, max_bytes, refuse_others);
  close(file);
  return contents;
}

absl::StatusOr<Secret> ReadClientSecret(const std::string& path) {
  return ReadLine(path, CheckClientSecret);
}

absl::StatusOr<Secret> ReadSubscriptionKey(const std::string& path) {
  return ReadLine(path, CheckSubscriptionKey);
}

absl::StatusOr<Secret> ReadPrivateKeyFile(const std::string& path) {
  constexpr size_t kMaxBytes = 64 << 10;
  const absl::StatusOr<SecretFile> file = FindSecretFile(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<std::string> contents =
      ReadProtectedFile(file->path, kMaxBytes, /*refuse_others=*/!file->is_credential);
  if (!contents.ok()) return AboutFile(file->path, contents.status());
  return Secret::Take(*std::move(contents));
}

absl::StatusOr<std::optional<SealingKey>> ReadSealingKey(const std::string& path) {
  const absl::StatusOr<SecretFile> file = FindSecretFile(path);
  if (!file.ok()) return file.status();
  if (!file->is_credential && access(file->path.c_str(), F_OK) != 0 && errno == ENOENT) {
    return std::nullopt;
  }
  absl::StatusOr<std::string> contents = ReadSecretFile(*file);
  if (!contents.ok()) return AboutFile(file->path, contents.status());
  absl::StatusOr<SealingKey> key = SealingKey::FromText(*std::move(contents));
  if (!key.ok()) return AboutFile(file->path, key.status());
  return *key;
}

absl::Status CheckCaFile(const std::string& path) {
  constexpr size_t kMaxBytes = 16 << 20;  // the system's whole bundle has some 200 KiB
  const absl::StatusOr<std::string> contents =
      ReadProtectedFile(path, kMaxBytes, /*refuse_others=*/false);
  if (!contents.ok()) return AboutFile(path, contents.status());
  if (absl::StrContains(*contents, "-----BEGIN CERTIFICATE-----")) return absl::OkStatus();
  return AboutFile(path,
                   absl::InvalidArgumentError(
                       "holds no certificate; it must be PEM, with a BEGIN CERTIFICATE line"));
}

}  // namespace cibad
