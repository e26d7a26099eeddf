#include "client/follow_login.h"

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "client/countdown.h"
#include "client/exit_code.h"

namespace cibad {
namespace {

constexpr absl::Duration kCancelRetryPause = absl::Milliseconds(250);

}  // namespace

FollowedLogin::FollowedLogin(const Session& session, std::string id, OnInterrupt on_interrupt)
    : session_(session),
      id_(std::move(id)),
      on_interrupt_(on_interrupt),
      retry_(session.retry_for) {}

void FollowedLogin::Begin(const v1::Login& login) {
  had_contact_ = true;
  Show(login);
  missed_changes_ = false;
}

void FollowedLogin::Cancel() {
  if (exit_code_) return;
  next_countdown_ = absl::InfiniteFuture();
  cancel_until_ = session_.events.Now() + kCancelPatience;
  SendCancel();
}

int FollowedLogin::Run() {
  if (!exit_code_) OpenWatch();
  while (!exit_code_) {
    const Event event = session_.events.Next(NextWake());
    std::visit([this](const auto& happened) { On(happened); }, event);
    if (!exit_code_) DoWhatIsDue();
  }
  return *exit_code_;
}

void FollowedLogin::On(const WatchUpdate& update) {
  had_contact_ = true;
  watch_has_spoken_ = true;
  if (retry_.failing()) session_.display.ShowNote("Connected to cibad again.");
  retry_.Succeeded();
  Show(update.login);
  missed_changes_ = false;
}

void FollowedLogin::On(const WatchEnded& ended) {
  const absl::Status& status = ended.result.status;
  const bool spoke = std::exchange(watch_has_spoken_, false);
  if (!CanPass(status)) {
    Fail(Explain(ended.result, session_.address));
  } else if (status.code() == absl::StatusCode::kDeadlineExceeded && spoke) {
    OpenWatch();  // it has stood for as long as a watch may
  } else {
    LoseContact(ended.result);
  }
}

void FollowedLogin::On(const LoginAnswer& answer) {
  if (answer.result.status.ok()) {
    Show(answer.login);
  } else if (CanPass(answer.result.status)) {
    next_cancel_ = session_.events.Now() + kCancelRetryPause;
  } else {
    Fail(Explain(answer.result, session_.address));
  }
}

void FollowedLogin::On(const SignalCame& signal) {
  if (HandleTerminalSignal(session_, signal.number)) return;
  const bool cancelling = cancel_until_ != absl::InfiniteFuture();
  if (on_interrupt_ == OnInterrupt::kCancelLogin && !cancelling && signal.number != SIGQUIT) {
    session_.display.ShowCancelling();
    Cancel();
  } else {
    Leave(signal.number);
  }
}

absl::Time FollowedLogin::NextWake() const {
  return std::min({next_countdown_, next_watch_, next_cancel_, cancel_until_});
}

void FollowedLogin::DoWhatIsDue() {
  const absl::Time now = session_.events.Now();
  if (now >= cancel_until_) {
    Fail(
        {"DEADLINE_EXCEEDED", "cibad did not confirm that the login is cancelled",
         absl::StrCat("It may go on. Look: cibactl get ", id_, ". Try again: cibactl cancel ", id_),
         kExitError});
    return;
  }
  if (now >= next_cancel_) SendCancel();
  if (now >= next_watch_) OpenWatch();
  if (now >= next_countdown_) ShowTimeLeft();
}

void FollowedLogin::OpenWatch() {
  next_watch_ = absl::InfiniteFuture();
  session_.daemon.WatchLogin(id_);
}

void FollowedLogin::SendCancel() {
  next_cancel_ = absl::InfiniteFuture();
  session_.daemon.CancelLogin(id_);
}

// A watch that was opened anew begins with the state that is known already: it is not shown twice.
void FollowedLogin::Show(const v1::Login& login) {
  const absl::Time now = session_.events.Now();
  if (login_ && login_->state() == login.state()) return;
  daemon_clock_.Learn(login, /*is_fresh=*/!missed_changes_, now);
  login_ = login;
  session_.display.ShowState(login, daemon_clock_.LeftOf(login, now));
  next_countdown_ = absl::InfiniteFuture();
  if (HasEnded(login)) {
    exit_code_ = ExitCodeOf(login);
  } else if (cancel_until_ == absl::InfiniteFuture()) {
    ShowTimeLeft();
  }
}

void FollowedLogin::ShowTimeLeft() {
  next_countdown_ = absl::InfiniteFuture();
  if (!session_.display.CountsDown() || login_->state() != v1::Login::PENDING) return;
  const absl::Time now = session_.events.Now();
  const std::optional<TimeLeft> time_left = daemon_clock_.LeftOf(*login_, now);
  if (!time_left) return;
  session_.display.ShowTimeLeft(*time_left);
  next_countdown_ = now + UntilNextChange(*time_left);
}

void FollowedLogin::LoseContact(const CallResult& result) {
  missed_changes_ = true;
  // A daemon that was never there is reported at once: nothing says that it will come.
  if (!had_contact_ && result.contact == Contact::kNone) {
    Fail(Explain(result, session_.address));
    return;
  }
  const bool is_first = !retry_.failing();
  const std::optional<absl::Time> next = retry_.Failed(session_.events.Now());
  if (!next) {
    Fail(ExplainLostContact(result, session_.address, id_));
    return;
  }
  if (is_first) {
    session_.display.ShowNote(absl::StrCat("Lost the connection to cibad. Trying again for ",
                                           absl::FormatDuration(session_.retry_for), "."));
  }
  next_watch_ = *next;
}

void FollowedLogin::Fail(const Problem& problem) {
  session_.display.ShowProblem(problem);
  exit_code_ = problem.exit_code;
}

void FollowedLogin::Leave(int signal) {
  session_.display.ShowNote(absl::StrCat(
      cancel_until_ != absl::InfiniteFuture()
          ? "Left before cibad confirmed that the login is cancelled. It may go on: cibactl get "
          : "The login goes on. Watch it again: cibactl watch ",
      id_));
  exit_code_ = kExitSignalBase + signal;
}

}  // namespace cibad
