// RunLogin: starts a login, safely repeated until the daemon has answered, and follows it.

#include <algorithm>
#include <csignal>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "client/commands.h"
#include "client/exit_code.h"
#include "client/follow_login.h"
#include "client/problem.h"
#include "client/retry.h"

namespace cibad {
namespace {

class StartedLogin {
 public:
  StartedLogin(const Session& session, const v1::StartLoginRequest& request)
      : session_(session), request_(request), retry_(session.retry_for) {}

  // Gives the login, or nothing where it could not be started: then exit_code() says why.
  std::optional<v1::Login> Run() {
    Send();
    while (!login_ && !exit_code_) {
      const Event event = session_.events.Next(std::min(next_try_, leave_at_));
      if (const auto* answer = std::get_if<LoginAnswer>(&event)) {
        OnAnswer(*answer);
      } else if (const auto* signal = std::get_if<SignalCame>(&event)) {
        OnSignal(signal->number);
      } else if (session_.events.Now() >= leave_at_) {
        Leave(interrupted_by_);
      } else if (session_.events.Now() >= next_try_) {
        Send();
      }
    }
    return login_;
  }

  int exit_code() const { return *exit_code_; }
  bool interrupted() const { return interrupted_by_ != 0; }

 private:
  void Send() {
    next_try_ = absl::InfiniteFuture();
    session_.daemon.StartLogin(request_);
  }

  void OnAnswer(const LoginAnswer& answer) {
    const CallResult& result = answer.result;
    had_contact_ = had_contact_ || result.contact != Contact::kNone;
    if (result.status.ok()) {
      login_ = answer.login;
      return;
    }
    // Safe whatever the daemon made of this try: the request has a request_id.
    const bool can_try_again = CanPass(result.status) && had_contact_ && !interrupted();
    const bool is_first = !retry_.failing();
    const std::optional<absl::Time> next =
        can_try_again ? retry_.Failed(session_.events.Now()) : std::nullopt;
    if (!next) {
      Fail(result);
      return;
    }
    const Problem problem = Explain(result, session_.address);
    if (is_first) {
      session_.display.ShowNote(absl::StrCat(problem.message, ". Trying again for ",
                                             absl::FormatDuration(session_.retry_for), "."));
    }
    next_try_ = *next;
  }

  void OnSignal(int signal) {
    if (HandleTerminalSignal(session_, signal)) return;
    const bool call_is_under_way = next_try_ == absl::InfiniteFuture();
    if (interrupted() || signal == SIGQUIT || !call_is_under_way) {
      Leave(signal);
      return;
    }
    // The login's id, which cancelling takes, comes with the answer.
    session_.display.ShowCancelling();
    interrupted_by_ = signal;
    leave_at_ = session_.events.Now() + kCancelPatience;
  }

  void Fail(const CallResult& result) {
    Problem problem = Explain(result, session_.address);
    // What the daemon refused does not exist; what it did not answer may.
    const bool a_try_may_have_worked = CanPass(result.status) && retry_.failing();
    if (result.contact == Contact::kBroken || a_try_may_have_worked ||
        absl::IsDeadlineExceeded(result.status)) {
      problem.hint = MayExistHint();
    }
    session_.display.ShowProblem(problem);
    exit_code_ = problem.exit_code;
  }

  void Leave(int signal) {
    session_.display.ShowNote(MayExistHint());
    exit_code_ = kExitSignalBase + signal;
  }

  std::string MayExistHint() const {
    return absl::StrCat(
        "The login may have been started all the same: see cibactl list --unfinished. Starting it "
        "again is safe with --request-id ",
        request_.request_id());
  }

  const Session& session_;
  const v1::StartLoginRequest& request_;
  Retry retry_;
  bool had_contact_ = false;
  std::optional<v1::Login> login_;
  std::optional<int> exit_code_;
  absl::Time next_try_ = absl::InfiniteFuture();  // infinite: a call is under way
  int interrupted_by_ = 0;
  absl::Time leave_at_ = absl::InfiniteFuture();
};

}  // namespace

int RunLogin(const Session& session, const v1::StartLoginRequest& request) {
  StartedLogin start(session, request);
  const std::optional<v1::Login> login = start.Run();
  if (!login) return start.exit_code();
  FollowedLogin followed(session, login->id(), OnInterrupt::kCancelLogin);
  followed.Begin(*login);
  if (start.interrupted()) followed.Cancel();
  return followed.Run();
}

}  // namespace cibad
