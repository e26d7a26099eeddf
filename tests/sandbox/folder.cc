#include "tests/sandbox/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tests/sandbox/pem.h"
#include "tests/sandbox/random_text.h"

namespace cibad {
namespace {

constexpr mode_t kForAll = 0644;
constexpr mode_t kForOwner = 0600;
constexpr size_t kClientSecretBytes = 32;
constexpr const char* kMemoryFile = "/sandbox.json";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Whole or not at all: written beside, then renamed.
absl::Status WriteFile(const std::string& path, absl::string_view text, mode_t mode) {
  const std::string beside = absl::StrCat(path, ".new");
  unlink(beside.c_str());
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", beside));
  bool is_written = true;
  while (is_written && !text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    is_written = written > 0;
    if (is_written) text.remove_prefix(static_cast<size_t>(written));
  }
  if (close(file) != 0 || !is_written) {
    return absl::DataLossError(absl::StrCat("cannot write ", beside));
  }
  if (rename(beside.c_str(), path.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

// What the file says, or what `make` makes, which is written to it then.
absl::StatusOr<std::string> ReadOrMake(const std::string& path, mode_t mode,
                                       const std::function<std::string()>& make) {
  if (std::error_code error; std::filesystem::exists(path, error)) return ReadFile(path);
  std::string text = make();
  if (absl::Status status = WriteFile(path, text, mode); !status.ok()) return status;
  return text;
}

// The three belong together, so they are kept only if all are there. ca.pem comes last.
absl::StatusOr<Certificates> OpenCertificates(const std::string& dir) {
  const std::string ca_file = dir + "/ca.pem";
  const std::string server_file = dir + "/server.pem";
  const std::string key_file = dir + "/server_key.pem";
  const absl::StatusOr<std::string> ca = ReadFile(ca_file);
  const absl::StatusOr<std::string> server = ReadFile(server_file);
  const absl::StatusOr<std::string> key = ReadFile(key_file);
  if (ca.ok() && server.ok() && key.ok()) return Certificates{*ca, *server, *key};

  Certificates made = MakeCertificates();
  if (absl::Status s = WriteFile(key_file, made.server_key, kForOwner); !s.ok()) return s;
  if (absl::Status s = WriteFile(server_file, made.server, kForAll); !s.ok()) return s;
  if (absl::Status s = WriteFile(ca_file, made.ca, kForAll); !s.ok()) return s;
  return made;
}

absl::StatusOr<KeyHandle> OpenKey(const std::string& path, KeyHandle (*make)()) {
  const absl::StatusOr<std::string> pem =
      ReadOrMake(path, kForOwner, [&] { return PrivateKeyPem(make()); });
  if (!pem.ok()) return pem.status();
  KeyHandle key = KeyFromPem(*pem);
  if (key == nullptr) return absl::InvalidArgumentError(absl::StrCat("no private key in ", path));
  return key;
}

// Standard base64 with its padding, like the real ones. No plus: see client.cc.
std::string MakeClientSecret() {
  std::string secret;
  do {
    std::string bytes;
    absl::WebSafeBase64Unescape(RandomToken(kClientSecretBytes), &bytes);
    secret = absl::Base64Escape(bytes);
  } while (secret.find('+') != std::string::npos);
  return secret + "\n";
}

std::string TomlString(absl::string_view text) {
  return absl::StrCat("\"", absl::CEscape(text), "\"");
}

const char* AuthMethodOf(const Client& client) {
  switch (client.method) {
    case AuthenticationMethod::kPost:
      return "client_secret_post";
    case AuthenticationMethod::kPartner:
      return "partner_keys";
    default:
      return "client_secret_basic";
  }
}

}  // namespace

absl::StatusOr<Folder> OpenFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  Folder folder;
  folder.path = std::filesystem::canonical(path, error).string();
  if (error) return absl::InvalidArgumentError(absl::StrCat("cannot make the folder ", path));

  absl::StatusOr<Certificates> certificates = OpenCertificates(folder.path);
  if (!certificates.ok()) return certificates.status();
  folder.certificates = *std::move(certificates);

  absl::StatusOr<KeyHandle> rsa = OpenKey(folder.path + "/signing_key_rs256.pem", &MakeRsaKey);
  if (!rsa.ok()) return rsa.status();
  folder.rsa_key = *std::move(rsa);
  absl::StatusOr<KeyHandle> ec = OpenKey(folder.path + "/signing_key_es256.pem", &MakeEcKey);
  if (!ec.ok()) return ec.status();
  folder.ec_key = *std::move(ec);

  const struct {
    const char* file;
    std::string& secret;
  } secrets[] = {{"/client_secret", folder.client_secret},
                 {"/client_secret_2", folder.client_secret_2},
                 {"/subscription_key", folder.subscription_key}};
  for (const auto& [file, secret] : secrets) {
    const absl::StatusOr<std::string> text =
        ReadOrMake(folder.path + file, kForOwner, &MakeClientSecret);
    if (!text.ok()) return text.status();
    secret = std::string(absl::StripSuffix(*text, "\n"));
  }
  return folder;
}

absl::Status KeepMemory(const Folder& folder, const SandboxMemory& memory) {
  return WriteFile(folder.path + kMemoryFile, WriteMemory(memory), kForOwner);
}

absl::StatusOr<std::optional<SandboxMemory>> TakeMemory(const Folder& folder) {
  const std::string path = folder.path + kMemoryFile;
  if (std::error_code error; !std::filesystem::exists(path, error)) return std::nullopt;
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  absl::StatusOr<SandboxMemory> memory = ReadMemory(*text);
  if (!memory.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", memory.status().message(), "; remove it to begin anew"));
  }
  unlink(path.c_str());
  return *std::move(memory);
}

absl::StatusOr<std::string> WriteDaemonConfig(const Folder& folder, const std::string& issuer,
                                              const Client& client) {
  const std::string socket = "unix:" + folder.path + "/cibad.sock";
  const std::string config = absl::StrFormat(
      R"(# Made by cibad-sandbox for the provider that it plays. Written anew at every start.

[listen]
grpc = [%s]

[provider]
issuer = %s
ca_file = %s

[[caller]]
name = "everyone"
listeners = [%s]
rpcs = ["*"]
sales_units = ["*"]
scopes = ["*"]
redirect_uris = ["*"]
starts_per_minute = 1000000
pending_logins = 1000000

[[sales_unit]]
msn = %s
client_id = %s
client_secret_file = %s
subscription_key_file = %s
auth_method = "%s"
default_scopes = ["name", "phoneNumber"]

[store]
path = %s
key_file = %s

[log]
level = "info"

# Its customers are made for being asked again and again.
[limits]
starts_per_number = 1000000
)",
      TomlString(socket), TomlString(issuer), TomlString(folder.path + "/ca.pem"),
      TomlString(socket), TomlString(client.msn), TomlString(client.client_id),
      TomlString(folder.path + "/client_secret"), TomlString(folder.path + "/subscription_key"),
      AuthMethodOf(client), TomlString(folder.path + "/cibad.db"),
      TomlString(folder.path + "/cibad.key"));
  const std::string path = folder.path + "/cibad.toml";
  if (absl::Status status = WriteFile(path, config, kForAll); !status.ok()) return status;
  return path;
}

}  // namespace cibad
