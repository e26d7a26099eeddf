// A program run as a child, on pipes or on a terminal of its own, and talked to like a person
// would.

#ifndef CIBAD_TESTS_UNIT_CLIENT_CHILD_PROCESS_H_
#define CIBAD_TESTS_UNIT_CLIENT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace cibad {

class ChildProcess {
 public:
  enum class Output { kPipes, kTerminal };

  // Starts `arguments[0]` with the environment of the test plus `environment` ("NAME=value");
  // COLUMNS, NO_COLOR and CIBAD_SERVER are not passed on. A terminal is 80 columns wide and in an
  // UTF-8 locale.
  ChildProcess(std::vector<std::string> arguments, Output output,
               const std::vector<std::string>& environment = {});
  // Kills the child if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Waits until stdout (on a terminal: everything) holds the text; false if it does not within the
  // time that a test may take, or the child ends without it.
  bool WaitForOutput(const std::string& text);
  bool WaitForError(const std::string& text);

  // Everything that came on stdout and stderr so far.
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

  void Signal(int number) const;
  // Types on the child's terminal: "\x03" is Ctrl-C.
  void Type(const std::string& keys) const;
  // Gives the terminal another width; the child gets SIGWINCH.
  void Resize(int columns) const;
  // Waits until the child is stopped (as by Ctrl-Z).
  bool WaitUntilStopped() const;

  // Waits for the end. The exit status, or -1 where a signal ended it or it did not end in time.
  int Wait();

 private:
  enum class Progress { kSome, kEnd, kNone };
  Progress Read(int timeout_ms);
  bool WaitFor(const std::string& text, const std::string& in);

  pid_t pid_ = -1;
  int out_descriptor_ = -1;
  int err_descriptor_ = -1;
  std::string out_;
  std::string err_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_CLIENT_CHILD_PROCESS_H_
