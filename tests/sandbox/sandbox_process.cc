#include "tests/sandbox/sandbox_process.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/https_call.h"

namespace cibad {
namespace {

// Its keys take seconds to make, and minutes on a machine that is busy enough.
constexpr absl::Duration kReadyLimit = absl::Minutes(4);
constexpr absl::string_view kReadyLine = "cibad-sandbox: ready at https://localhost:";

absl::StatusOr<std::string> MakeFolder() {
  const char* parent = std::getenv("TMPDIR");
  std::string path = absl::StrCat(parent == nullptr ? "/tmp" : parent, "/cibad-sandbox-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot make a folder like ", path));
  }
  return path;
}

absl::StatusOr<int> PortInReadyLine(absl::string_view line) {
  line.remove_prefix(kReadyLine.size());
  int port = 0;
  if (!absl::SimpleAtoi(line.substr(0, line.find('/')), &port)) {
    return absl::InternalError("the sandbox's ready line has no port");
  }
  return port;
}

absl::StatusOr<std::map<std::string, int64_t>> Numbers(const absl::StatusOr<std::string>& json,
                                                       const std::string& member = "") {
  if (!json.ok()) return json.status();
  nlohmann::json object = nlohmann::json::parse(*json, nullptr, false);
  if (!member.empty() && object.is_object()) object = object[member];
  if (!object.is_object()) return absl::InternalError("the sandbox does not tell numbers");
  std::map<std::string, int64_t> numbers;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_number_integer()) return absl::InternalError("the sandbox does not tell numbers");
    numbers[name] = value.get<int64_t>();
  }
  return numbers;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SandboxProcess>> SandboxProcess::Start(
    const SandboxSettings& settings) {
  absl::StatusOr<std::string> folder = MakeFolder();
  if (!folder.ok()) return folder.status();
  std::unique_ptr<SandboxProcess> sandbox(new SandboxProcess(*std::move(folder), settings));
  if (absl::Status status = sandbox->Run(); !status.ok()) return status;
  return sandbox;
}

SandboxProcess::SandboxProcess(std::string folder, SandboxSettings settings)
    : folder_(std::move(folder)), settings_(std::move(settings)) {}

SandboxProcess::~SandboxProcess() {
  process_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status SandboxProcess::Run() {
  std::vector<std::string> command = {CIBAD_SANDBOX_BINARY,
                                      "--dir",
                                      folder_,
                                      "--port",
                                      absl::StrCat(port_),
                                      "--interval",
                                      absl::StrCat(settings_.interval_seconds),
                                      "--expires-in",
                                      absl::StrCat(settings_.expires_in_seconds),
                                      "--auth-method",
                                      settings_.auth_method,
                                      "--token-life",
                                      absl::StrCat(settings_.token_life_seconds),
                                      "--max-age",
                                      absl::StrCat(settings_.max_age_seconds)};
  for (const std::string& uri : settings_.redirect_uris) {
    command.insert(command.end(), {"--redirect-uri", uri});
  }
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(command);
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  const absl::StatusOr<std::string> line =
      process_->WaitForLine(OutputStream::kStdout, kReadyLine, kReadyLimit);
  if (!line.ok()) return line.status();
  const absl::StatusOr<int> port = PortInReadyLine(*line);
  if (!port.ok()) return port.status();
  port_ = *port;
  return absl::OkStatus();
}

std::string SandboxProcess::url() const { return absl::StrCat("https://localhost:", port_); }

std::string SandboxProcess::issuer() const {
  return absl::StrCat(url(), "/access-management-1.0/access/");
}

absl::Status SandboxProcess::Approve(absl::string_view msisdn) {
  return Post(absl::StrCat("/sandbox/phones/", msisdn, "/approve"));
}

absl::Status SandboxProcess::Deny(absl::string_view msisdn) {
  return Post(absl::StrCat("/sandbox/phones/", msisdn, "/deny"));
}

absl::Status SandboxProcess::ApproveAll() { return Post("/sandbox/approve-all"); }

absl::StatusOr<std::vector<std::string>> SandboxProcess::AccessTokens() const {
  const absl::StatusOr<std::string> text = Get("/sandbox/access-tokens");
  if (!text.ok()) return text.status();
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return json.value("access_tokens", std::vector<std::string>());
}

absl::Status SandboxProcess::RevokeAccessTokens() { return Post("/sandbox/revoke-access-tokens"); }

absl::Status SandboxProcess::SpoilDiscovery(absl::string_view fault) {
  return Post(absl::StrCat("/sandbox/discovery/", fault));
}

absl::Status SandboxProcess::SpoilJwks(absl::string_view fault) {
  return Post(absl::StrCat("/sandbox/jwks/", fault));
}

absl::StatusOr<std::string> SandboxProcess::NumbersText() const { return Get("/sandbox/numbers"); }

absl::StatusOr<std::string> SandboxProcess::Redirect(absl::string_view msisdn) const {
  const absl::StatusOr<std::string> text =
      Get(absl::StrCat("/sandbox/phones/", msisdn, "/redirect"));
  if (!text.ok()) return text.status();
  const auto json = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return json.value("location", "");
}

absl::StatusOr<std::string> SandboxProcess::RegisterWebhook(
    absl::string_view registered_url) const {
  const absl::StatusOr<HttpsReply> reply = Perform({.method = "POST",
                                                    .url = absl::StrCat(url(), "/sandbox/webhooks"),
                                                    .body = std::string(registered_url),
                                                    .ca_file = ca_file()});
  if (!reply.ok()) return reply.status();
  const nlohmann::json made = nlohmann::json::parse(reply->body, nullptr, false);
  if (reply->status == 201 && made.is_object()) return made.value("secret", "");
  return absl::InternalError(absl::StrCat("the sandbox answers ", reply->status));
}

absl::Status SandboxProcess::DeliverPingsTo(absl::string_view address) const {
  return Post(absl::StrCat("/sandbox/pings/to/", address));
}

absl::Status SandboxProcess::SetPings(absl::string_view mode) const {
  return Post(absl::StrCat("/sandbox/pings/", mode));
}

absl::StatusOr<std::map<std::string, int64_t>> SandboxProcess::PingCounts() const {
  return Numbers(Get("/sandbox/pings"));
}

absl::StatusOr<std::map<std::string, int64_t>> SandboxProcess::Violations() const {
  return Numbers(Get("/sandbox/violations"));
}

absl::StatusOr<std::map<std::string, int64_t>> SandboxProcess::Totals() const {
  return Numbers(Get("/sandbox/totals"));
}

absl::StatusOr<std::map<std::string, int64_t>> SandboxProcess::BackchannelRequestsByPhone() const {
  return Numbers(LoginsJson(), "backchannel_requests_by_phone");
}

absl::StatusOr<std::string> SandboxProcess::LoginsJson() const { return Get("/sandbox/logins"); }

absl::Status SandboxProcess::Stop() {
  const absl::StatusOr<int> exit_code = process_->Terminate();
  if (!exit_code.ok()) return exit_code.status();
  if (*exit_code == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the sandbox ended with exit code ", *exit_code, ":\n",
                                          process_->Output(OutputStream::kStderr)));
}

absl::Status SandboxProcess::Kill() { return process_->Kill().status(); }

absl::Status SandboxProcess::Restart() {
  if (process_->IsRunning()) {
    if (absl::Status status = Stop(); !status.ok()) return status;
  }
  return Run();
}

absl::StatusOr<std::string> SandboxProcess::Get(absl::string_view path) const {
  absl::StatusOr<HttpsReply> reply =
      Perform({.url = absl::StrCat(url(), path), .ca_file = ca_file()});
  if (!reply.ok()) return reply.status();
  if (reply->status != 200) {
    return absl::InternalError(absl::StrCat("the sandbox answers ", reply->status, " at ", path));
  }
  return std::move(reply->body);
}

absl::Status SandboxProcess::Post(absl::string_view path) const {
  const absl::StatusOr<HttpsReply> reply =
      Perform({.method = "POST", .url = absl::StrCat(url(), path), .ca_file = ca_file()});
  if (!reply.ok()) return reply.status();
  if (reply->status == 200) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("the sandbox answers ", reply->status, " at ", path));
}

}  // namespace cibad
