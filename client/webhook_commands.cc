#include "client/webhook_commands.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/await.h"
#include "client/exit_code.h"

namespace cibad {
namespace {

// A new file that only its owner can read. It is removed again unless something is kept in it.
class SecretFile {
 public:
  explicit SecretFile(std::string path)
      : path_(std::move(path)),
        file_(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)),
        error_(file_ < 0 ? errno : 0) {}
  ~SecretFile() {
    if (file_ < 0) return;
    close(file_);
    if (!is_kept_) unlink(path_.c_str());
  }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  bool is_open() const { return file_ >= 0; }
  std::string error() const { return std::strerror(error_); }

  // Whether the whole line is on the disk.
  bool Keep(const std::string& secret) {
    const std::string line = secret + "\n";
    is_kept_ = write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
               fsync(file_) == 0;
    if (!is_kept_) error_ = errno;
    return is_kept_;
  }

 private:
  const std::string path_;
  const int file_;
  int error_ = 0;
  bool is_kept_ = false;
};

int ShowFileProblem(const Session& session, const std::string& message, const std::string& hint) {
  session.display.ShowProblem({"FAILED_PRECONDITION", message, hint, kExitError});
  return kExitError;
}

}  // namespace

int RunRegisterWebhook(const Session& session, const v1::RegisterWebhookRequest& request,
                       const std::string& secret_file) {
  SecretFile file(secret_file);
  if (!file.is_open()) {
    return ShowFileProblem(
        session, absl::StrCat("cannot make the file ", secret_file, ": ", file.error()),
        "Name a file that does not exist yet, in a folder that you may write to");
  }
  session.daemon.RegisterWebhook(request);
  const auto answer = Await<RegisterWebhookAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  const v1::RegisterWebhookResponse& made = std::get<RegisterWebhookAnswer>(answer).response;
  if (!file.Keep(made.secret())) {
    return ShowFileProblem(
        session,
        absl::StrCat("the webhook is registered as ", made.webhook().id(),
                     ", but its secret could not be written to ", secret_file, ": ", file.error()),
        absl::StrCat("cibactl webhook delete ", made.webhook().id(), ", and register it again"));
  }
  session.display.ShowAnswer(made.webhook(), {made.webhook().id()});
  session.display.ShowNote(absl::StrCat("The webhook is registered; its secret is in ", secret_file,
                                        ", which the daemon's webhook_secret_files is to name."));
  return kExitSuccess;
}

int RunListWebhooks(const Session& session, const v1::ListWebhooksRequest& request) {
  session.daemon.ListWebhooks(request);
  const auto answer = Await<ListWebhooksAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  const v1::ListWebhooksResponse& response = std::get<ListWebhooksAnswer>(answer).response;
  for (const v1::Webhook& webhook : response.webhooks()) {
    session.display.ShowAnswer(webhook, {webhook.id(), webhook.url()});
  }
  if (response.webhooks().empty()) session.display.ShowNote("No webhook is registered.");
  return kExitSuccess;
}

int RunDeleteWebhook(const Session& session, const v1::DeleteWebhookRequest& request) {
  session.daemon.DeleteWebhook(request);
  const auto answer = Await<DeleteWebhookAnswer>(session);
  if (const int* exit_code = std::get_if<int>(&answer)) return *exit_code;
  session.display.ShowNote("The webhook is deleted.");
  return kExitSuccess;
}

}  // namespace cibad
