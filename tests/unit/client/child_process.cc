#include "tests/unit/client/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

extern char** environ;

namespace cibad {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kLongestWait(20);

void Check(bool fulfilled, const char* what) {
  if (fulfilled) return;
  std::perror(what);
  std::abort();
}

std::vector<std::string> ChildEnvironment(const std::vector<std::string>& added) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    bool passed_on = true;
    for (const char* name :
         {"COLUMNS=", "NO_COLOR=", "CIBAD_SERVER=", "TERM=", "LC_ALL=", "LC_CTYPE=", "LANG="}) {
      passed_on = passed_on && text.rfind(name, 0) != 0;
    }
    if (passed_on) result.push_back(text);
  }
  // What is added comes first, and the first of two variables of one name counts.
  result.insert(result.begin(), added.begin(), added.end());
  result.insert(result.end(), {"TERM=xterm-256color", "LC_ALL=C.UTF-8"});
  return result;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A session of its own, so that a terminal opened becomes its controlling one; no signal ignored or
// blocked.
void SetAttributes(posix_spawnattr_t* attributes) {
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_init(attributes);
  posix_spawnattr_setsigdefault(attributes, &all);
  posix_spawnattr_setsigmask(attributes, &none);
  posix_spawnattr_setflags(attributes,
                           POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
}

pid_t Spawn(std::vector<std::string> arguments, std::vector<std::string> environment,
            const posix_spawn_file_actions_t* actions) {
  posix_spawnattr_t attributes;
  SetAttributes(&attributes);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments[0].c_str(), actions, &attributes,
                                Pointers(arguments).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  errno = error;
  Check(error == 0, "posix_spawn");
  return pid;
}

}  // namespace

ChildProcess::ChildProcess(std::vector<std::string> arguments, Output output,
                           const std::vector<std::string>& environment) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  std::vector<int> for_child;
  if (output == Output::kTerminal) {
    int child_side = -1;
    winsize size{};
    size.ws_col = 80;
    size.ws_row = 40;
    std::array<char, 64> name{};
    Check(openpty(&out_descriptor_, &child_side, name.data(), nullptr, &size) == 0, "openpty");
    fcntl(out_descriptor_, F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_addopen(&actions, 0, name.data(), O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    for_child = {child_side};
  } else {
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    Check(pipe2(out.data(), O_CLOEXEC) == 0 && pipe2(err.data(), O_CLOEXEC) == 0, "pipe2");
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    out_descriptor_ = out[0];
    err_descriptor_ = err[0];
    for_child = {out[1], err[1]};
  }
  for (const int descriptor : for_child) fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  pid_ = Spawn(std::move(arguments), ChildEnvironment(environment), &actions);
  for (const int descriptor : for_child) close(descriptor);
  posix_spawn_file_actions_destroy(&actions);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close(out_descriptor_);
  if (err_descriptor_ >= 0) close(err_descriptor_);
}

bool ChildProcess::WaitForOutput(const std::string& text) { return WaitFor(text, out_); }

bool ChildProcess::WaitForError(const std::string& text) { return WaitFor(text, err_); }

void ChildProcess::Signal(int number) const { kill(pid_, number); }

void ChildProcess::Type(const std::string& keys) const {
  Check(write(out_descriptor_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()),
        "write to the terminal");
}

void ChildProcess::Resize(int columns) const {
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = 40;
  Check(ioctl(out_descriptor_, TIOCSWINSZ, &size) == 0, "TIOCSWINSZ");
}

bool ChildProcess::WaitUntilStopped() const {
  int status = 0;
  return waitpid(pid_, &status, WUNTRACED) == pid_ && WIFSTOPPED(status);
}

int ChildProcess::Wait() {
  const Clock::time_point deadline = Clock::now() + kLongestWait;
  while (Clock::now() < deadline) {
    if (Read(/*timeout_ms=*/100) != Progress::kEnd) continue;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  return -1;
}

ChildProcess::Progress ChildProcess::Read(int timeout_ms) {
  // A closed end is marked by -1 only here: poll() leaves negative descriptors alone.
  std::array<pollfd, 2> descriptors{{{out_descriptor_, POLLIN, 0}, {err_descriptor_, POLLIN, 0}}};
  if (poll(descriptors.data(), descriptors.size(), timeout_ms) <= 0) return Progress::kNone;
  bool any = false;
  for (size_t i = 0; i < descriptors.size(); ++i) {
    if (descriptors[i].revents == 0) continue;
    std::array<char, 4096> buffer{};
    const ssize_t size = read(descriptors[i].fd, buffer.data(), buffer.size());
    if (size <= 0) continue;  // the end; EIO on a terminal
    any = true;
    (i == 0 ? out_ : err_).append(buffer.data(), static_cast<size_t>(size));
  }
  if (any) return Progress::kSome;
  // Without data, what woke poll() is the end of one of the two; stdout's is the child's.
  return descriptors[0].revents != 0 ? Progress::kEnd : Progress::kNone;
}

bool ChildProcess::WaitFor(const std::string& text, const std::string& in) {
  const Clock::time_point deadline = Clock::now() + kLongestWait;
  while (in.find(text) == std::string::npos) {
    if (Clock::now() >= deadline || Read(/*timeout_ms=*/100) == Progress::kEnd) {
      return in.find(text) != std::string::npos;
    }
  }
  return true;
}

}  // namespace cibad
