#include "tests/sandbox/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" {  // the header of glibc 2.36 does not say so itself
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

constexpr size_t kMaxCaptured = size_t{16} << 20;
constexpr int kCannotRun = 127;
constexpr int kKilledBySignal = 128;
constexpr absl::Duration kKillTimeout = absl::Seconds(30);

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

absl::StatusOr<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);  // the test's end; what the program has is a file of its own
  return Pipe{ends[0], ends[1]};
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What comes later in the list wins, because it is put before: getenv takes the first.
std::vector<std::string> WithOwnEnvironment(std::vector<std::string> added) {
  for (char** entry = environ; *entry != nullptr; ++entry) added.emplace_back(*entry);
  return added;
}

// The child's side of fork: only what is safe between fork and exec in a program with threads.
[[noreturn]] void RunProgram(pid_t parent, int stdout_end, int stderr_end, char* const* arguments,
                             char* const* environment) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotRun);  // it died before it could be watched
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(stdout_end, STDOUT_FILENO);
  dup2(stderr_end, STDERR_FILENO);
  execve(arguments[0], arguments, environment);
  _exit(kCannotRun);
}

// The first whole line with the text in it.
std::optional<std::string> FindLine(const std::string& output, absl::string_view text) {
  size_t start = 0;
  for (size_t end = output.find('\n'); end != std::string::npos; end = output.find('\n', start)) {
    const absl::string_view line(output.data() + start, end - start);
    if (line.find(text) != absl::string_view::npos) return std::string(line);
    start = end + 1;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    std::vector<std::string> arguments, std::vector<std::string> environment) {
  if (arguments.empty() || access(arguments[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat("no program that can be run: ", arguments.empty() ? "" : arguments[0]));
  }
  std::vector<std::string> whole_environment = WithOwnEnvironment(std::move(environment));
  const std::vector<char*> argument_pointers = Pointers(arguments);
  const std::vector<char*> environment_pointers = Pointers(whole_environment);
  const absl::StatusOr<Pipe> out = MakePipe();
  if (!out.ok()) return out.status();
  const absl::StatusOr<Pipe> err = MakePipe();
  if (!err.ok()) {
    close(out->read_end);
    close(out->write_end);
    return err.status();
  }

  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    RunProgram(parent, out->write_end, err->write_end, argument_pointers.data(),
               environment_pointers.data());
  }
  close(out->write_end);
  close(err->write_end);
  if (pid < 0) return absl::ErrnoToStatus(errno, "cannot fork");
  return std::unique_ptr<ChildProcess>(
      new ChildProcess(pid, pidfd_open(pid, 0), out->read_end, err->read_end));
}

ChildProcess::ChildProcess(pid_t pid, int pid_handle, int stdout_pipe, int stderr_pipe)
    : pid_(pid), pid_handle_(pid_handle) {
  Of(OutputStream::kStdout).pipe = stdout_pipe;
  Of(OutputStream::kStderr).pipe = stderr_pipe;
  reader_ = std::thread([this] { ReadPipes(); });
}

ChildProcess::~ChildProcess() {
  Signal(SIGKILL);
  WaitForEnd(absl::InfiniteDuration());
  // A grandchild may hold the pipes open: what it prints is of no interest any more.
  for (Captured& captured : captured_) {
    const std::lock_guard<std::mutex> lock(mutex_);
    captured.ended = true;
  }
  reader_.join();
  for (const Captured& captured : captured_) close(captured.pipe);
  close(pid_handle_);
}

// Runs on its own thread, so that the program is never held up by a full pipe.
void ChildProcess::ReadPipes() {
  constexpr int kPeriodMs =
      100;  // in which a destructor is noticed that will not wait for a grandchild
  while (true) {
    std::array<pollfd, 2> waiting{};
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (size_t i = 0; i < waiting.size(); ++i) {
        waiting[i] = {captured_[i].ended ? -1 : captured_[i].pipe, POLLIN, 0};
      }
      if (waiting[0].fd < 0 && waiting[1].fd < 0) return;
    }
    poll(waiting.data(), waiting.size(), kPeriodMs);
    for (size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      const std::lock_guard<std::mutex> lock(mutex_);
      ReadOnce(captured_[i]);
    }
  }
}

void ChildProcess::ReadOnce(Captured& captured) {
  std::array<char, 65536> piece{};
  const ssize_t count = read(captured.pipe, piece.data(), piece.size());
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) {
    captured.ended = true;
  } else {
    const size_t room = kMaxCaptured - captured.text.size();
    captured.text.append(piece.data(), std::min(static_cast<size_t>(count), room));
  }
  changed_.notify_all();
}

absl::StatusOr<std::string> ChildProcess::WaitForLine(OutputStream stream, absl::string_view text,
                                                      absl::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(timeout);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    if (std::optional<std::string> line = FindLine(Of(stream).text, text)) return *line;
    const bool has_time = std::chrono::steady_clock::now() < deadline;
    // Its last words may be on the other stream, and still on their way.
    const bool has_ended = Of(OutputStream::kStdout).ended && Of(OutputStream::kStderr).ended;
    if (has_ended || !has_time) {
      return absl::NotFoundError(absl::StrCat(has_time ? "the program ended" : "time ran out",
                                              " before a line with \"", text, "\" came; stdout:\n",
                                              Of(OutputStream::kStdout).text, "stderr:\n",
                                              Of(OutputStream::kStderr).text));
    }
    changed_.wait_until(lock, deadline);
  }
}

bool ChildProcess::WaitForEnd(absl::Duration timeout) {
  if (is_reaped_) return true;
  pollfd ended = {pid_handle_, POLLIN, 0};
  const int milliseconds = timeout == absl::InfiniteDuration()
                               ? -1
                               : static_cast<int>(absl::ToInt64Milliseconds(timeout));
  int ready = 0;
  do {
    ready = poll(&ended, 1, milliseconds);
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return false;
  Reap();
  return true;
}

void ChildProcess::Reap() {
  int status = 0;
  waitpid(pid_, &status, 0);
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : kKilledBySignal + WTERMSIG(status);
  is_reaped_ = true;
}

bool ChildProcess::IsRunning() { return !WaitForEnd(absl::ZeroDuration()); }

absl::StatusOr<int> ChildProcess::WaitForExit(absl::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(timeout);
  if (!WaitForEnd(timeout)) {
    return absl::DeadlineExceededError(
        absl::StrCat("the program still runs; stderr:\n", Output(OutputStream::kStderr)));
  }
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait_until(lock, deadline, [this] { return captured_[0].ended && captured_[1].ended; });
  return exit_code_;
}

absl::StatusOr<int> ChildProcess::Terminate(absl::Duration timeout) {
  Signal(SIGTERM);
  return WaitForExit(timeout);
}

absl::StatusOr<int> ChildProcess::Kill() {
  Signal(SIGKILL);
  return WaitForExit(kKillTimeout);
}

void ChildProcess::Signal(int number) {
  if (IsRunning()) kill(pid_, number);
}

std::string ChildProcess::Output(OutputStream stream) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Captured& captured = Of(stream);
  int waiting = 0;  // a program that never falls silent is not waited for
  if (!captured.ended) ioctl(captured.pipe, FIONREAD, &waiting);
  const size_t whole = captured.text.size() + static_cast<size_t>(waiting);
  while (!captured.ended && captured.text.size() < std::min(whole, kMaxCaptured)) {
    ReadOnce(captured);
  }
  return captured.text;
}

}  // namespace cibad
