#include "tests/unit/client/fake_daemon_server.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "cibad/v1/login.grpc.pb.h"

namespace cibad {
namespace {

constexpr std::chrono::seconds kPatience(20);
// How soon a watch whose client has gone notices it.
constexpr std::chrono::milliseconds kCancelCheck(20);

}  // namespace

class FakeDaemonServer::Service : public v1::LoginService::Service {
 public:
  explicit Service(std::string listen) : listen_(std::move(listen)) {
    Script& script = script_;
    script.login.set_id("01TESTLOGIN");
    script.login.set_state(v1::Login::STARTING);
    script.login.set_masked_phone_number("47*****678");
  }

  void Start() {
    Change([](Script& script) { script.stopping = false; });
    grpc::ServerBuilder builder;
    builder.AddListeningPort(listen_, grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) {
      std::fprintf(stderr, "cannot listen on %s\n", listen_.c_str());
      std::abort();
    }
  }

  void Stop() {
    if (server_ == nullptr) return;
    Change([](Script& script) { script.stopping = true; });
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  void Change(const std::function<void(Script&)>& change) {
    const std::lock_guard<std::mutex> lock(mutex_);
    change(script_);
    changed_.notify_all();
  }

  bool WaitUntil(const std::function<bool(const Script&)>& condition) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return condition(script_); });
  }

  int port() const { return port_; }

  grpc::Status StartLogin(grpc::ServerContext* /*context*/, const v1::StartLoginRequest* request,
                          v1::Login* login) override {
    std::unique_lock<std::mutex> lock(mutex_);
    script_.starts.push_back(*request);
    changed_.notify_all();
    if (!script_.start_errors.empty()) {
      const auto code = static_cast<grpc::StatusCode>(script_.start_errors.front());
      script_.start_errors.erase(script_.start_errors.begin());
      return {code, script_.error_message};
    }
    changed_.wait_for(lock, kPatience,
                      [this] { return script_.answers_start || script_.stopping; });
    if (script_.stopping) return {grpc::StatusCode::UNAVAILABLE, "stopping"};
    *login = script_.login;
    return grpc::Status::OK;
  }

  grpc::Status WatchLogin(grpc::ServerContext* context, const v1::WatchLoginRequest* /*request*/,
                          grpc::ServerWriter<v1::Login>* writer) override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++script_.watches;
    changed_.notify_all();
    if (script_.read_error != 0) return ReadError();
    for (int told = -1; !script_.stopping && !context->IsCancelled();) {
      if (told == script_.revision) {
        changed_.wait_for(lock, kCancelCheck);
        continue;
      }
      told = script_.revision;
      const v1::Login login = script_.login;
      lock.unlock();
      writer->Write(login);
      lock.lock();
      if (login.state() >= v1::Login::COMPLETED) return grpc::Status::OK;
    }
    return {grpc::StatusCode::UNAVAILABLE, "stopping"};
  }

  grpc::Status GetLogin(grpc::ServerContext* /*context*/, const v1::GetLoginRequest* /*request*/,
                        v1::Login* login) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (script_.read_error != 0) return ReadError();
    *login = script_.login;
    return grpc::Status::OK;
  }

  grpc::Status CancelLogin(grpc::ServerContext* /*context*/,
                           const v1::CancelLoginRequest* /*request*/, v1::Login* login) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++script_.cancels;
    if (script_.cancel_works && script_.login.state() < v1::Login::COMPLETED) {
      script_.login.set_state(v1::Login::CANCELLED);
      ++script_.revision;
    }
    changed_.notify_all();
    *login = script_.login;
    return grpc::Status::OK;
  }

  grpc::Status ListLogins(grpc::ServerContext* /*context*/, const v1::ListLoginsRequest* request,
                          v1::ListLoginsResponse* response) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    script_.lists.push_back(*request);
    if (script_.read_error != 0) return ReadError();
    *response->add_logins() = script_.login;
    return grpc::Status::OK;
  }

 private:
  grpc::Status ReadError() const {
    return {static_cast<grpc::StatusCode>(script_.read_error), script_.error_message};
  }

  const std::string listen_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  Script script_;
  std::unique_ptr<grpc::Server> server_;
};

FakeDaemonServer::FakeDaemonServer(const std::string& listen)
    : service_(std::make_unique<Service>(listen)) {}

FakeDaemonServer::~FakeDaemonServer() { Stop(); }

void FakeDaemonServer::Start() { service_->Start(); }

int FakeDaemonServer::port() const { return service_->port(); }

void FakeDaemonServer::Stop() { service_->Stop(); }

void FakeDaemonServer::MoveTo(v1::Login::State state) {
  Change([state](Script& script) {
    script.login.set_state(state);
    ++script.revision;
  });
}

void FakeDaemonServer::Change(const std::function<void(Script&)>& change) {
  service_->Change(change);
}

bool FakeDaemonServer::WaitUntil(const std::function<bool(const Script&)>& condition) {
  return service_->WaitUntil(condition);
}

}  // namespace cibad
