// The daemon as a test uses it: a real cibad with a config file, ready to be spoken to, and gone
// with the test.

#ifndef CIBAD_TESTS_INTEGRATION_DAEMON_PROCESS_H_
#define CIBAD_TESTS_INTEGRATION_DAEMON_PROCESS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/sandbox/child_process.h"

namespace cibad {

class DaemonProcess {
 public:
  // Starts the daemon and waits until it listens; the provider may be down.
  static absl::StatusOr<std::unique_ptr<DaemonProcess>> Start(const std::string& config_path);

  // Starts the daemon, and waits for nothing. `launcher` is a program that becomes it, with the
  // arguments that go before the daemon's own.
  static absl::StatusOr<std::unique_ptr<DaemonProcess>> Launch(
      const std::string& config_path, std::vector<std::string> launcher = {});

  absl::Status WaitUntilListening();

  // Waits until the provider is known and logins can start.
  absl::Status WaitUntilServing();

  // SIGTERM; gives the exit code.
  absl::StatusOr<int> Stop();

  // What it has written to stderr since its start.
  std::string Log() const { return process_->Output(OutputStream::kStderr); }

  ChildProcess& process() { return *process_; }

 private:
  explicit DaemonProcess(std::unique_ptr<ChildProcess> process);

  const std::unique_ptr<ChildProcess> process_;
};

// What a program that ended by itself has left.
struct Ended {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Runs the daemon with these arguments until it ends by itself.
absl::StatusOr<Ended> RunDaemon(std::vector<std::string> arguments);

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_DAEMON_PROCESS_H_
