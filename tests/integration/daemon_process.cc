#include "tests/integration/daemon_process.h"

#include <utility>

namespace cibad {
namespace {

constexpr absl::Duration kLimit = absl::Minutes(3);

}  // namespace

absl::StatusOr<std::unique_ptr<DaemonProcess>> DaemonProcess::Start(
    const std::string& config_path) {
  absl::StatusOr<std::unique_ptr<DaemonProcess>> daemon = Launch(config_path);
  if (!daemon.ok()) return daemon.status();
  if (absl::Status status = (*daemon)->WaitUntilListening(); !status.ok()) return status;
  return daemon;
}

absl::StatusOr<std::unique_ptr<DaemonProcess>> DaemonProcess::Launch(
    const std::string& config_path, std::vector<std::string> launcher) {
  std::vector<std::string> arguments = std::move(launcher);
  for (const std::string& argument :
       {std::string(CIBAD_BINARY), std::string("--config"), config_path})
    arguments.push_back(argument);
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(std::move(arguments));
  if (!process.ok()) return process.status();
  return std::unique_ptr<DaemonProcess>(new DaemonProcess(*std::move(process)));
}

DaemonProcess::DaemonProcess(std::unique_ptr<ChildProcess> process)
    : process_(std::move(process)) {}

absl::Status DaemonProcess::WaitUntilListening() {
  return process_->WaitForLine(OutputStream::kStderr, "Listening", kLimit).status();
}

absl::Status DaemonProcess::WaitUntilServing() {
  return process_->WaitForLine(OutputStream::kStderr, "logins can start", kLimit).status();
}

absl::StatusOr<int> DaemonProcess::Stop() { return process_->Terminate(kLimit); }

absl::StatusOr<Ended> RunDaemon(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), CIBAD_BINARY);
  auto process = ChildProcess::Start(std::move(arguments));
  if (!process.ok()) return process.status();
  const absl::StatusOr<int> exit_code = (*process)->WaitForExit(kLimit);
  if (!exit_code.ok()) return exit_code.status();
  return Ended{*exit_code, (*process)->Output(OutputStream::kStdout),
               (*process)->Output(OutputStream::kStderr)};
}

}  // namespace cibad
