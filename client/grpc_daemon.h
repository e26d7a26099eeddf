// The daemon over gRPC. All of gRPC is behind this header; its threads do nothing but post events.

#ifndef CIBAD_CLIENT_GRPC_DAEMON_H_
#define CIBAD_CLIENT_GRPC_DAEMON_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"
#include "client/daemon.h"
#include "client/event.h"
#include "client/security.h"

namespace cibad {

constexpr absl::Duration kCallDeadline = absl::Seconds(10);
constexpr absl::Duration kWatchDeadline = absl::Seconds(60);

class GrpcDaemon : public Daemon {
 public:
  // `target` is gRPC's (see TargetOf). Connects on the first call. `post` is called from gRPC's
  // threads and must outlive this.
  GrpcDaemon(const std::string& target, const Security& security, std::function<void(Event)> post);
  // Cancels what is under way and waits until nothing can be posted any more.
  ~GrpcDaemon() override;

  void StartLogin(const v1::StartLoginRequest& request) override;
  void GetLogin(const std::string& id) override;
  void CancelLogin(const std::string& id) override;
  void CompleteLogin(const v1::CompleteLoginRequest& request) override;
  void AcknowledgeLogin(const std::string& id) override;
  void CheckUser(const v1::CheckUserRequest& request) override;
  void ListLogins(const v1::ListLoginsRequest& request) override;
  void RegisterWebhook(const v1::RegisterWebhookRequest& request) override;
  void ListWebhooks(const v1::ListWebhooksRequest& request) override;
  void DeleteWebhook(const v1::DeleteWebhookRequest& request) override;
  void WatchLogin(const std::string& id) override;

 private:
  class Calls;
  std::unique_ptr<Calls> calls_;
};

}  // namespace cibad

#endif  // CIBAD_CLIENT_GRPC_DAEMON_H_
