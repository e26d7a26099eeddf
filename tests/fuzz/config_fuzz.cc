// The config file. It is the operator's, but a mistake in it must end in a line that can be read.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "server/ops/config.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/targets.h"
#include "tests/sandbox/certificates.h"

namespace cibad::fuzz {
namespace {

constexpr char kSecret[] = "s3cret-hunter2";

void Write(const std::string& path, absl::string_view contents) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Require(file >= 0 && write(file, contents.data(), contents.size()) ==
                           static_cast<ssize_t>(contents.size()),
          "the folder can be written to");
  close(file);
}

// A folder in memory with the files that the corpus names, removed at the end.
class Folder {
 public:
  Folder() {
    Require(mkdtemp(path_.data()) != nullptr, "there is room in /dev/shm");
    Write(path_ + "/secret", kSecret);
    Write(path_ + "/store.key", "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n");
    const CertificateAuthority authority("the CA");
    const Certified server = authority.Issue({.common_name = "cibad", .is_server = true});
    Write(path_ + "/tls.pem", server.certificate);
    Write(path_ + "/tls_key.pem", server.key);
    Write(path_ + "/client_ca.pem", authority.certificate());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string File(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/dev/shm/cibad_fuzz_XXXXXX";
};

// Whether a value may be a path out of the folder: the files of this machine are not looked at.
bool LeavesTheFolder(absl::string_view text) {
  for (const absl::string_view sign : {"\"/", "'/", "..", "\n/", "\r/", "\\", "$"}) {
    if (absl::StrContains(text, sign)) return true;
  }
  return false;
}

}  // namespace

void FuzzConfig(absl::string_view input) {
  static const Folder folder;
  if (LeavesTheFolder(input)) return;
  static const std::string path = folder.File("cibad.toml");
  Write(path, input);
  const absl::StatusOr<Config> config = LoadConfig(path);
  if (!config.ok()) {
    const absl::string_view message = config.status().message();
    Require(absl::StartsWith(message, path), "a mistake is said with its file");
    Require(!absl::StrContains(message, "\n"), "a mistake is said in one line");
    Require(absl::StrContains(input, kSecret) || !absl::StrContains(message, kSecret),
            "a secret is not said");
    return;
  }
  Require(!config->listen.empty() && !config->sales_units.empty() && !config->callers.empty(),
          "a good config has what it needs");
  Require(absl::StartsWith(config->issuer, "https://"), "the issuer is https");
}

}  // namespace cibad::fuzz
