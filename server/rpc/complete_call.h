// One CompleteLogin call: it hands over what the customer's browser brought, and answers with the
// login when that has ended.

#ifndef CIBAD_SERVER_RPC_COMPLETE_CALL_H_
#define CIBAD_SERVER_RPC_COMPLETE_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cibad/v1/login.pb.h"
#include "server/engine/watcher.h"
#include "server/provider/callback_query.h"
#include "server/rpc/watch_stream.h"

namespace cibad {

// What the call brings. INVALID_ARGUMENT: neither a code nor a query, or one that cannot be read.
absl::StatusOr<Callback> ReadCompleteRequest(const v1::CompleteLoginRequest& message);

// Lives until gRPC has done with it (OnDone), held by WatchStreams; the engine holds it weakly.
class CompleteCall final : public grpc::ServerUnaryReactor,
                           public Watcher,
                           public std::enable_shared_from_this<CompleteCall> {
 public:
  // `context` and `response` are gRPC's, and live until OnDone.
  CompleteCall(grpc::CallbackServerContext* context, v1::Login* response, WatchStreams* streams)
      : context_(context), response_(response), streams_(streams) {}

  void OnLogin(const Login& login) override;
  void OnRefused(const absl::Status& status) override { End(status, nullptr); }

 private:
  void OnCancel() override;
  void OnDone() override;

  // Answers, once: with `login`, or with what went wrong.
  void End(const absl::Status& status, const Login* login);

  grpc::CallbackServerContext* const context_;
  v1::Login* const response_;
  WatchStreams* const streams_;
  std::mutex mutex_;
  bool is_answered_ = false;  // under mutex_
};

}  // namespace cibad

#endif  // CIBAD_SERVER_RPC_COMPLETE_CALL_H_
