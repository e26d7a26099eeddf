// LoginService of proto/cibad/v1/login.proto: checks what callers send, hands it to the engine, and
// shows what comes back. It holds no login.

#ifndef CIBAD_SERVER_RPC_LOGIN_SERVICE_H_
#define CIBAD_SERVER_RPC_LOGIN_SERVICE_H_

#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cibad/v1/login.grpc.pb.h"
#include "server/engine/engine.h"
#include "server/http/clock.h"
#include "server/ops/audit.h"
#include "server/ops/caller_policy.h"
#include "server/rpc/caller.h"
#include "server/rpc/start_rates.h"
#include "server/rpc/watch_stream.h"

namespace cibad {

class LoginServiceImpl final : public v1::LoginService::CallbackService {
 public:
  // What may change while the service runs.
  struct Settings {
    SalesUnits sales_units;        // that starts may name
    CallerPolicies callers;        // what each may do
    size_t most_streams = 50'000;  // more WatchLogin streams are refused with RESOURCE_EXHAUSTED
  };

  // Both must outlive the service; `audit`: null: nobody is told of refusals.
  LoginServiceImpl(Engine* engine, AuditLog* audit, Settings settings);

  // Goes on with other settings; streams that are open stay. Thread-safe.
  void Apply(Settings settings);

  size_t open_streams() { return streams_.size(); }

  // Ends the open streams with UNAVAILABLE, so that their tills watch again, at the daemon that
  // comes next.
  void EndStreams();

  grpc::ServerUnaryReactor* StartLogin(grpc::CallbackServerContext* context,
                                       const v1::StartLoginRequest* request,
                                       v1::Login* response) override;
  grpc::ServerUnaryReactor* CheckUser(grpc::CallbackServerContext* context,
                                      const v1::CheckUserRequest* request,
                                      v1::CheckUserResponse* response) override;
  grpc::ServerWriteReactor<v1::Login>* WatchLogin(grpc::CallbackServerContext* context,
                                                  const v1::WatchLoginRequest* request) override;
  grpc::ServerUnaryReactor* GetLogin(grpc::CallbackServerContext* context,
                                     const v1::GetLoginRequest* request,
                                     v1::Login* response) override;
  grpc::ServerUnaryReactor* CancelLogin(grpc::CallbackServerContext* context,
                                        const v1::CancelLoginRequest* request,
                                        v1::Login* response) override;
  grpc::ServerUnaryReactor* CompleteLogin(grpc::CallbackServerContext* context,
                                          const v1::CompleteLoginRequest* request,
                                          v1::Login* response) override;
  grpc::ServerUnaryReactor* AcknowledgeLogin(grpc::CallbackServerContext* context,
                                             const v1::AcknowledgeLoginRequest* request,
                                             google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* ListLogins(grpc::CallbackServerContext* context,
                                       const v1::ListLoginsRequest* request,
                                       v1::ListLoginsResponse* response) override;
  grpc::ServerUnaryReactor* RegisterWebhook(grpc::CallbackServerContext* context,
                                            const v1::RegisterWebhookRequest* request,
                                            v1::RegisterWebhookResponse* response) override;
  grpc::ServerUnaryReactor* ListWebhooks(grpc::CallbackServerContext* context,
                                         const v1::ListWebhooksRequest* request,
                                         v1::ListWebhooksResponse* response) override;
  grpc::ServerUnaryReactor* DeleteWebhook(grpc::CallbackServerContext* context,
                                          const v1::DeleteWebhookRequest* request,
                                          google::protobuf::Empty* response) override;

 private:
  std::shared_ptr<const Settings> settings();

  // The caller, where it may call the RPC. UNAUTHENTICATED, PERMISSION_DENIED.
  absl::StatusOr<Caller> Admit(const grpc::CallbackServerContext& context, absl::string_view rpc);
  // The same for an RPC about one login; whether that is the caller's own the engine knows.
  // INVALID_ARGUMENT, NOT_FOUND: `id` is none.
  absl::StatusOr<Caller> AdmitForLogin(const grpc::CallbackServerContext& context,
                                       absl::string_view rpc, const std::string& id);
  // UNAVAILABLE: the audit trail is not written, so nothing may begin that it ought to tell of.
  absl::Status CheckTrail();
  // RESOURCE_EXHAUSTED: the caller starts too often.
  absl::Status AdmitStart(const Caller& caller);
  // Has the audit trail tell of a call that its caller is not allowed, or not now.
  void TellRefused(const Caller& caller, absl::string_view rpc, const absl::Status& status,
                   const LoginRequest* request = nullptr);
  // That a call has changed a webhook, or has not; empty `webhook`: there is none.
  void TellWebhook(const Caller& caller, absl::string_view rpc, const std::string& sales_unit,
                   const std::string& webhook, const absl::Status& status);

  Engine* const engine_;
  AuditLog* const audit_;
  std::mutex mutex_;
  std::shared_ptr<const Settings> settings_;  // under mutex_
  WatchStreams streams_;
  const Clock clock_;
  StartRates rates_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_LOGIN_SERVICE_H_
