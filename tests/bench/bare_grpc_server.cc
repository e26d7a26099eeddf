// What a start is measured beside: a gRPC server on the same kind of listener, with the same
// messages, that does nothing: StartLogin answers at once, WatchLogin writes one message and then
// stays open.
//
// usage: bare_grpc_server ADDRESS

#include <grpcpp/grpcpp.h>

#include <cstdio>

#include "cibad/v1/login.grpc.pb.h"

namespace cibad {
namespace {

class BareStream : public grpc::ServerWriteReactor<v1::Login> {
 public:
  BareStream() {
    login_.set_id("0123456789ABCDEFGHJKMNPQRS");
    login_.set_state(v1::Login::PENDING);
    StartWrite(&login_);
  }
  void OnWriteDone(bool) override {}
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  v1::Login login_;
};

class BareService : public v1::LoginService::CallbackService {
  grpc::ServerUnaryReactor* StartLogin(grpc::CallbackServerContext* context,
                                       const v1::StartLoginRequest*, v1::Login* login) override {
    login->set_id("0123456789ABCDEFGHJKMNPQRS");
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerWriteReactor<v1::Login>* WatchLogin(grpc::CallbackServerContext*,
                                                  const v1::WatchLoginRequest*) override {
    return new BareStream;
  }
};

}  // namespace
}  // namespace cibad

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  cibad::BareService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::puts("ready");
  std::fflush(stdout);
  server->Wait();
}
