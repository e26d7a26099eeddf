#include "client/grpc_daemon.h"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "cibad/v1/login.grpc.pb.h"

namespace cibad {
namespace {

constexpr int kFirstReconnectMs = 100;
constexpr int kMaxReconnectMs = 2000;

std::shared_ptr<grpc::ChannelCredentials> MakeCredentials(const Security& security) {
  if (!security.use_tls) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({security.ca, security.key, security.certificate});
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target, const Security& security) {
  grpc::ChannelArguments arguments;
  // The daemon is near: gRPC's own pauses between connects (1 s growing to 2 min) would outlast our
  // patience, and a proxy from the environment has no business here.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(target, MakeCredentials(security), arguments);
}

}  // namespace

// The calls under way. Each is known by its context from before it starts until after its last
// event.
class GrpcDaemon::Calls {
 public:
  Calls(const std::string& target, const Security& security, std::function<void(Event)> post)
      : channel_(MakeChannel(target, security)),
        token_(security.token),
        stub_(v1::LoginService::NewStub(channel_)),
        post_(std::move(post)) {}

  ~Calls() {
    std::unique_lock<std::mutex> lock(mutex_);
    const std::set<std::shared_ptr<grpc::ClientContext>> open = open_;
    // Unlocked: gRPC may end a call, and so come to Close, from within TryCancel.
    lock.unlock();
    for (const auto& context : open) context->TryCancel();
    lock.lock();
    none_open_.wait(lock, [this] { return open_.empty(); });
  }

  v1::LoginService::Stub::async_interface* stub() { return stub_->async(); }
  void Post(Event event) { post_(std::move(event)); }

  std::shared_ptr<grpc::ClientContext> Open(absl::Duration deadline) {
    auto context = std::make_shared<grpc::ClientContext>();
    context->set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    if (!token_.empty()) context->AddMetadata("authorization", "Bearer " + token_);
    const std::lock_guard<std::mutex> lock(mutex_);
    open_.insert(context);
    return context;
  }

  void Close(const std::shared_ptr<grpc::ClientContext>& context) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_.erase(context);
    if (open_.empty()) none_open_.notify_all();
  }

  CallResult ResultOf(const grpc::Status& status) {
    CallResult result;
    result.status = absl::Status(
        static_cast<absl::StatusCode>(status.error_code()),
        absl::string_view(status.error_message().data(), status.error_message().size()));
    // gRPC does not say whether a status is the daemon's or its own, but the channel's state does:
    // it becomes idle when a connection is lost, and failing (or connecting once more) when none
    // could be made.
    switch (channel_->GetState(/*try_to_connect=*/false)) {
      case GRPC_CHANNEL_READY:
        result.contact = Contact::kAnswered;
        break;
      case GRPC_CHANNEL_IDLE:
        result.contact = Contact::kBroken;
        break;
      default:
        result.contact = Contact::kNone;
    }
    return result;
  }

  // Makes a unary call: `start(context, request, response, callback)` starts it, `event(result,
  // response)` makes its event.
  template <typename Request, typename Response, typename Start, typename MakeEvent>
  void Call(const Request& request, Start start, MakeEvent event,
            absl::Duration deadline = kCallDeadline) {
    struct Exchange {
      std::shared_ptr<grpc::ClientContext> context;
      Request request;
      Response response;
    };
    auto exchange = std::make_shared<Exchange>();
    exchange->context = Open(deadline);
    exchange->request = request;
    start(exchange->context.get(), &exchange->request, &exchange->response,
          [this, exchange, event](const grpc::Status& status) {
            Post(event(ResultOf(status), std::move(exchange->response)));
            Close(exchange->context);
          });
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string token_;  // empty: none is sent
  const std::unique_ptr<v1::LoginService::Stub> stub_;
  const std::function<void(Event)> post_;
  std::mutex mutex_;
  std::condition_variable none_open_;
  std::set<std::shared_ptr<grpc::ClientContext>> open_;
};

namespace {

LoginAnswer MakeLoginAnswer(CallResult result, v1::Login login) {
  return {std::move(result), std::move(login)};
}

ListAnswer MakeListAnswer(CallResult result, v1::ListLoginsResponse page) {
  return {std::move(result), std::move(page)};
}

// Owns itself from Start until gRPC is done with it.
template <typename Calls>
class Watch : public grpc::ClientReadReactor<v1::Login> {
 public:
  static void Start(Calls* calls, const std::string& id) { (new Watch(calls, id))->StartWatch(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    calls_->Post(WatchUpdate{login_});
    StartRead(&login_);
  }

  void OnDone(const grpc::Status& status) override {
    calls_->Post(WatchEnded{calls_->ResultOf(status)});
    calls_->Close(context_);
    delete this;
  }

 private:
  Watch(Calls* calls, const std::string& id)
      : calls_(calls), context_(calls->Open(kWatchDeadline)) {
    request_.set_id(id);
  }

  void StartWatch() {
    calls_->stub()->WatchLogin(context_.get(), &request_, this);
    StartRead(&login_);
    StartCall();
  }

  Calls* const calls_;
  const std::shared_ptr<grpc::ClientContext> context_;
  v1::WatchLoginRequest request_;
  v1::Login login_;
};

}  // namespace

GrpcDaemon::GrpcDaemon(const std::string& target, const Security& security,
                       std::function<void(Event)> post)
    : calls_(std::make_unique<Calls>(target, security, std::move(post))) {}

GrpcDaemon::~GrpcDaemon() = default;

void GrpcDaemon::StartLogin(const v1::StartLoginRequest& request) {
  calls_->Call<v1::StartLoginRequest, v1::Login>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->StartLogin(context, sent, answer, std::move(done));
      },
      MakeLoginAnswer);
}

void GrpcDaemon::GetLogin(const std::string& id) {
  v1::GetLoginRequest request;
  request.set_id(id);
  calls_->Call<v1::GetLoginRequest, v1::Login>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->GetLogin(context, sent, answer, std::move(done));
      },
      MakeLoginAnswer);
}

void GrpcDaemon::CancelLogin(const std::string& id) {
  v1::CancelLoginRequest request;
  request.set_id(id);
  calls_->Call<v1::CancelLoginRequest, v1::Login>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->CancelLogin(context, sent, answer, std::move(done));
      },
      MakeLoginAnswer);
}

void GrpcDaemon::CompleteLogin(const v1::CompleteLoginRequest& request) {
  calls_->Call<v1::CompleteLoginRequest, v1::Login>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->CompleteLogin(context, sent, answer, std::move(done));
      },
      MakeLoginAnswer, kWatchDeadline);  // it is answered when the login has ended
}

void GrpcDaemon::AcknowledgeLogin(const std::string& id) {
  v1::AcknowledgeLoginRequest request;
  request.set_id(id);
  calls_->Call<v1::AcknowledgeLoginRequest, google::protobuf::Empty>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->AcknowledgeLogin(context, sent, answer, std::move(done));
      },
      [](CallResult result, const google::protobuf::Empty&) {
        return AcknowledgeAnswer{std::move(result)};
      });
}

void GrpcDaemon::CheckUser(const v1::CheckUserRequest& request) {
  calls_->Call<v1::CheckUserRequest, v1::CheckUserResponse>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->CheckUser(context, sent, answer, std::move(done));
      },
      [](CallResult result, v1::CheckUserResponse user) {
        return UserAnswer{std::move(result), std::move(user)};
      });
}

void GrpcDaemon::ListLogins(const v1::ListLoginsRequest& request) {
  calls_->Call<v1::ListLoginsRequest, v1::ListLoginsResponse>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->ListLogins(context, sent, answer, std::move(done));
      },
      MakeListAnswer);
}

void GrpcDaemon::RegisterWebhook(const v1::RegisterWebhookRequest& request) {
  calls_->Call<v1::RegisterWebhookRequest, v1::RegisterWebhookResponse>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->RegisterWebhook(context, sent, answer, std::move(done));
      },
      [](CallResult result, v1::RegisterWebhookResponse response) {
        return RegisterWebhookAnswer{std::move(result), std::move(response)};
      });
}

void GrpcDaemon::ListWebhooks(const v1::ListWebhooksRequest& request) {
  calls_->Call<v1::ListWebhooksRequest, v1::ListWebhooksResponse>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->ListWebhooks(context, sent, answer, std::move(done));
      },
      [](CallResult result, v1::ListWebhooksResponse response) {
        return ListWebhooksAnswer{std::move(result), std::move(response)};
      });
}

void GrpcDaemon::DeleteWebhook(const v1::DeleteWebhookRequest& request) {
  calls_->Call<v1::DeleteWebhookRequest, google::protobuf::Empty>(
      request,
      [this](auto* context, auto* sent, auto* answer, auto done) {
        calls_->stub()->DeleteWebhook(context, sent, answer, std::move(done));
      },
      [](CallResult result, const google::protobuf::Empty&) {
        return DeleteWebhookAnswer{std::move(result)};
      });
}

void GrpcDaemon::WatchLogin(const std::string& id) { Watch<Calls>::Start(calls_.get(), id); }

}  // namespace cibad
