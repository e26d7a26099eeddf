// The daemon as cibactl sees it: calls that go out now and are answered later, as events.
// GrpcDaemon is the real one; tests have their own, with simulated time.

#ifndef CIBAD_CLIENT_DAEMON_H_
#define CIBAD_CLIENT_DAEMON_H_

#include <string>

#include "cibad/v1/login.pb.h"

namespace cibad {

class Daemon {
 public:
  virtual ~Daemon() = default;

  // Each is answered by one LoginAnswer, within the call's deadline.
  virtual void StartLogin(const v1::StartLoginRequest& request) = 0;
  virtual void GetLogin(const std::string& id) = 0;
  virtual void CancelLogin(const std::string& id) = 0;
  virtual void CompleteLogin(const v1::CompleteLoginRequest& request) = 0;
  virtual void AcknowledgeLogin(const std::string& id) = 0;

  // Is answered by one UserAnswer.
  virtual void CheckUser(const v1::CheckUserRequest& request) = 0;

  // Is answered by one ListAnswer.
  virtual void ListLogins(const v1::ListLoginsRequest& request) = 0;

  // Each is answered by one answer of its own kind.
  virtual void RegisterWebhook(const v1::RegisterWebhookRequest& request) = 0;
  virtual void ListWebhooks(const v1::ListWebhooksRequest& request) = 0;
  virtual void DeleteWebhook(const v1::DeleteWebhookRequest& request) = 0;

  // Is answered by WatchUpdates and then one WatchEnded. The watch ends with DEADLINE_EXCEEDED
  // after a minute or so: watch again. That is how a daemon that hangs is told from a customer who
  // takes their time.
  virtual void WatchLogin(const std::string& id) = 0;
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_DAEMON_H_
