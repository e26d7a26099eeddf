// The little that the store asks of the file system beside SQLite: a descriptor that closes itself,
// and names that survive a power cut.

#ifndef CIBAD_SERVER_STORE_FILE_H_
#define CIBAD_SERVER_STORE_FILE_H_

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace cibad {

inline constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

class File {
 public:
  // As open(2); a file that it makes is the owner's only. `errno` tells why not.
  File(const std::string& path, int flags)
      : descriptor_(open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  bool ok() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

// The folder that the file is in.
inline std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Makes the file's folder remember the file's name through a power cut. False: `errno` tells why
// not.
inline bool SyncFolderOf(const std::string& path) {
  const File folder(FolderOf(path), O_RDONLY | O_DIRECTORY);
  return folder.ok() && fsync(folder.get()) == 0;
}

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_FILE_H_
