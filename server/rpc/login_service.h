// LoginService of proto/cibad/v1/login.proto: checks what callers send, hands it to the engine, and
// shows what comes back. It holds no login.

#ifndef CIBAD_SERVER_RPC_LOGIN_SERVICE_H_
#define CIBAD_SERVER_RPC_LOGIN_SERVICE_H_

#include <memory>
#include <mutex>

#include "cibad/v1/login.grpc.pb.h"
#include "server/engine/engine.h"
#include "server/rpc/watch_stream.h"

namespace cibad {

class LoginServiceImpl final : public v1::LoginService::CallbackService {
 public:
  // What may change while the service runs.
  struct Settings {
    SalesUnits sales_units;        // that starts may name
    size_t most_streams = 50'000;  // more WatchLogin streams are refused with RESOURCE_EXHAUSTED
  };

  // `engine` must outlive the service.
  LoginServiceImpl(Engine* engine, Settings settings);

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

  Engine* const engine_;
  std::mutex mutex_;
  std::shared_ptr<const Settings> settings_;  // under mutex_
  WatchStreams streams_;
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_LOGIN_SERVICE_H_
