// A program started by a test: what it prints can be waited for, and it never outlives the test.

#ifndef CIBAD_TESTS_SANDBOX_CHILD_PROCESS_H_
#define CIBAD_TESTS_SANDBOX_CHILD_PROCESS_H_

#include <sys/types.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cibad {

enum class OutputStream { kStdout, kStderr };

class ChildProcess {
 public:
  // Starts the program, `arguments[0]` being its path, with these NAME=value added to the test's
  // environment. Its standard input is empty. It gets SIGKILL when the thread that started it ends,
  // so start it on one that lives as long as it is needed. Fails if the program cannot be run.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(
      std::vector<std::string> arguments, std::vector<std::string> environment = {});

  // Kills it if it is still running.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool IsRunning();

  // The first whole line that contains the text, of all that the program has printed since its
  // start. When it ends without, or time runs out, the error tells what it did print.
  absl::StatusOr<std::string> WaitForLine(OutputStream stream, absl::string_view text,
                                          absl::Duration timeout = absl::Seconds(30));

  // Waits until it has ended and everything that it printed is here. Returns its exit code, or 128
  // plus the number of the signal that killed it, as shells do.
  absl::StatusOr<int> WaitForExit(absl::Duration timeout = absl::Seconds(30));

  // Asks it to end (SIGTERM), or makes it, and waits for that.
  absl::StatusOr<int> Terminate(absl::Duration timeout = absl::Seconds(30));
  absl::StatusOr<int> Kill();

  // Sends a signal; does nothing when the program has ended.
  void Signal(int number);

  // All that was printed so far, up to 16 MiB of each stream: whatever the program wrote before
  // something else that the test knows of, an answer or a file, is there.
  std::string Output(OutputStream stream);

 private:
  struct Captured {
    int pipe = -1;
    std::string text;
    bool ended = false;
  };

  ChildProcess(pid_t pid, int pid_handle, int stdout_pipe, int stderr_pipe);
  Captured& Of(OutputStream stream) { return captured_[static_cast<size_t>(stream)]; }
  void ReadPipes();
  // Takes what is in the pipe, if anything is. Needs the mutex.
  void ReadOnce(Captured& captured);
  bool WaitForEnd(absl::Duration timeout);
  void Reap();

  const pid_t pid_;
  const int pid_handle_;  // readable once the program has ended
  bool is_reaped_ = false;
  int exit_code_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  Captured captured_[2];
  std::thread reader_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_CHILD_PROCESS_H_
