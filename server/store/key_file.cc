// MakeKeyFile of sealing_key.h: the one place that writes a key.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/store/file.h"
#include "server/store/sealing_key.h"

namespace cibad {
namespace {

absl::Status CannotMake(const std::string& path) {
  return absl::ErrnoToStatus(errno,
                             absl::StrCat("store key file ", path, ": cannot make the file"));
}

// Whether all of the text is on the disk.
bool WriteDurably(int file, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(file) == 0;
}

}  // namespace

absl::StatusOr<SealingKey> MakeKeyFile(const std::string& path) {
  absl::StatusOr<SealingKey> key = SealingKey::Random();
  if (!key.ok()) return key.status();
  // Of this process alone: whatever is there is what an earlier one left behind when it broke off.
  const std::string fresh = absl::StrCat(path, "-new-", getpid());
  std::remove(fresh.c_str());
  absl::Status status;
  {
    const File file(fresh, O_CREAT | O_EXCL | O_WRONLY);
    if (!file.ok()) return CannotMake(path);
    std::string text = key->ToText();
    if (fchmod(file.get(), kOwnerOnly) != 0 || !WriteDurably(file.get(), text)) {
      status = CannotMake(path);
    }
    WipeText(text);
  }
  // Never replaces: two keys for one store would be one too few.
  if (status.ok() &&
      renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
    status = CannotMake(path);
  if (!status.ok()) std::remove(fresh.c_str());
  if (status.ok() && !SyncFolderOf(path)) status = CannotMake(path);
  if (!status.ok()) return status;
  return key;
}

}  // namespace cibad
