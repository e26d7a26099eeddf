// Follows one login from where it stands to its end, through lost connections, and cancels it if
// asked to. This is what `cibactl login` does once the login is started, and all that `cibactl
// watch` does.

#ifndef CIBAD_CLIENT_FOLLOW_LOGIN_H_
#define CIBAD_CLIENT_FOLLOW_LOGIN_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"
#include "client/commands.h"
#include "client/event.h"
#include "client/problem.h"
#include "client/retry.h"
#include "client/time_left.h"

namespace cibad {

enum class OnInterrupt { kLeave, kCancelLogin };

class FollowedLogin {
 public:
  FollowedLogin(const Session& session, std::string id, OnInterrupt on_interrupt);

  // Takes the login as the start's answer gave it. Before Run.
  void Begin(const v1::Login& login);

  // Asks the daemon to cancel the login; Run ends within kCancelPatience then.
  void Cancel();

  // Watches until the login has ended, or nothing more can be learned of it. Gives the exit status.
  int Run();

 private:
  void On(const WatchUpdate& update);
  void On(const WatchEnded& ended);
  void On(const LoginAnswer& answer);  // to CancelLogin
  void On(const AcknowledgeAnswer& /*answer*/) {}
  void On(const UserAnswer& /*answer*/) {}
  void On(const ListAnswer& /*answer*/) {}
  void On(const RegisterWebhookAnswer& /*answer*/) {}
  void On(const ListWebhooksAnswer& /*answer*/) {}
  void On(const DeleteWebhookAnswer& /*answer*/) {}
  void On(const SignalCame& signal);
  void On(const TimeCame& /*time*/) {}

  absl::Time NextWake() const;
  void DoWhatIsDue();
  void OpenWatch();
  void SendCancel();
  void Show(const v1::Login& login);
  void ShowTimeLeft();
  void LoseContact(const CallResult& result);
  void Fail(const Problem& problem);
  void Leave(int signal);

  const Session& session_;
  const std::string id_;
  const OnInterrupt on_interrupt_;
  std::optional<int> exit_code_;

  std::optional<v1::Login> login_;  // as last shown
  DaemonClock daemon_clock_;
  absl::Time next_countdown_ = absl::InfiniteFuture();

  bool had_contact_ = false;       // ever
  bool watch_has_spoken_ = false;  // the present watch has given the login at least once
  bool missed_changes_ = true;     // so an update may tell of something that happened long ago
  Retry retry_;
  absl::Time next_watch_ = absl::InfiniteFuture();  // finite: no watch is open

  absl::Time cancel_until_ = absl::InfiniteFuture();  // finite: the login is being cancelled
  absl::Time next_cancel_ = absl::InfiniteFuture();   // finite: the last CancelLogin failed
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_FOLLOW_LOGIN_H_
