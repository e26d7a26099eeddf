// cibad-sandbox: plays Vipps Login on this machine until it is told to end.

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/folder.h"
#include "tests/sandbox/https_server.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/provider.h"
#include "tests/sandbox/test_numbers.h"

namespace cibad {
namespace {

// The sandbox's two sales units.
constexpr const char* kMsn = "123456";
constexpr const char* kClientId = "2f0c1a5e-5a4d-4f6b-9d53-cb1d5a0dbead";
constexpr const char* kOtherMsn = "654321";
constexpr const char* kOtherClientId = "90d4c1a2-1b59-4d0c-8f9d-5a1f0c1e7e57";

std::vector<Client> Clients(const Folder& folder, AuthenticationMethod method) {
  const Client first{kMsn, kClientId, folder.client_secret, method, folder.subscription_key};
  Client second = first;
  second.msn = kOtherMsn;
  if (method != AuthenticationMethod::kPartner) {
    second.client_id = kOtherClientId;
    second.client_secret = folder.client_secret_2;
  }
  return {first, second};
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "cibad-sandbox: %s\n", std::string(status.message()).c_str());
  return 1;
}

// From here on the signals that end the sandbox wait for WaitForEnd, in every thread.
sigset_t HoldEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void WaitForEnd(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
}

int Run(const SandboxOptions& options) {
  const sigset_t end_signals = HoldEndSignals();
  absl::StatusOr<Folder> folder = OpenFolder(options.dir);
  if (!folder.ok()) return Fail(folder.status());
  absl::StatusOr<std::unique_ptr<HttpsServer>> server = HttpsServer::Listen(
      {options.port, folder->certificates.server, folder->certificates.server_key});
  if (!server.ok()) return Fail(server.status());

  const std::string origin = absl::StrCat("https://localhost:", (*server)->port());
  const std::vector<Client> clients = Clients(*folder, options.method);
  Provider provider({origin, clients, options.interval, options.expires_in, options.token_life,
                     options.max_age, options.redirect_uris, options.webhook_to},
                    std::move(folder->rsa_key), std::move(folder->ec_key));
  absl::StatusOr<std::optional<SandboxMemory>> memory = TakeMemory(*folder);
  if (!memory.ok()) return Fail(memory.status());
  if (memory->has_value()) provider.Recall(**std::move(memory));
  absl::Status serving = (*server)->Serve([&provider](const Request& request, absl::Time now) {
    return provider.Handle(request, now);
  });
  if (!serving.ok()) return Fail(serving);

  const std::string issuer = absl::StrCat(origin, kIssuerPath);
  const absl::StatusOr<std::string> config = WriteDaemonConfig(*folder, issuer, clients.front());
  if (!config.ok()) return Fail(config.status());
  std::printf("cibad-sandbox: ready at %s, configuration for cibad in %s\n", issuer.c_str(),
              config->c_str());
  std::fflush(stdout);
  WaitForEnd(end_signals);
  server->reset();  // before the provider that it calls
  const absl::Status kept = KeepMemory(*folder, provider.Remember());
  return kept.ok() ? 0 : Fail(kept);
}

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) {
  const auto options = cibad::ReadOptions(argc, argv);
  if (const auto* exit_code = std::get_if<cibad::ExitCode>(&options)) return exit_code->value;
  if (std::get<cibad::SandboxOptions>(options).numbers) {
    std::fputs(cibad::TestNumbersText().c_str(), stdout);
    return 0;
  }
  return cibad::Run(std::get<cibad::SandboxOptions>(options));
}
