#include "server/rpc/login_service.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/engine/random.h"
#include "server/login/new_login.h"
#include "server/rpc/check_user.h"
#include "server/rpc/complete_call.h"
#include "server/rpc/login_message.h"
#include "server/rpc/start_request.h"
#include "server/rpc/status.h"

namespace cibad {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kLargestPageSize = 1000;

absl::Status CheckId(const std::string& id) {
  if (id.empty()) return absl::InvalidArgumentError("id: must not be empty");
  if (!IsLoginId(id)) return absl::NotFoundError("id: there is no such login");
  return absl::OkStatus();
}

// The reactor of one call, and its end.
class Call {
 public:
  explicit Call(grpc::CallbackServerContext* context)
      : context_(context), reactor_(context->DefaultReactor()) {}

  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

  // Ends the call; says when to try again where that makes sense.
  grpc::ServerUnaryReactor* Finish(const absl::Status& status) const {
    AddRetryPushback(status, context_);
    reactor_->Finish(ToGrpcStatus(status));
    return reactor_;
  }

  // Ends the call with what the engine gives.
  Engine::LoginDone Answer(v1::Login* response) const {
    return [call = *this, response](const absl::StatusOr<Login>& login) {
      if (login.ok()) *response = ToMessage(*login);
      call.Finish(login.status());
    };
  }

 private:
  grpc::CallbackServerContext* context_;
  grpc::ServerUnaryReactor* reactor_;
};

absl::StatusOr<ListQuery> ReadListRequest(const v1::ListLoginsRequest& message) {
  if (message.page_size() < 0 || message.page_size() > kLargestPageSize) {
    return absl::InvalidArgumentError("page_size: must be 1 to 1000, or 0 for the default of 100");
  }
  return ListQuery{
      .page_size = message.page_size() == 0 ? kDefaultPageSize : message.page_size(),
      .page_token = message.page_token(),
      .unfinished_only = message.unfinished_only(),
  };
}

}  // namespace

LoginServiceImpl::LoginServiceImpl(Engine* engine, Settings settings) : engine_(engine) {
  Apply(std::move(settings));
}

void LoginServiceImpl::Apply(Settings settings) {
  auto applied = std::make_shared<const Settings>(std::move(settings));
  const std::lock_guard lock(mutex_);
  settings_ = std::move(applied);
}

std::shared_ptr<const LoginServiceImpl::Settings> LoginServiceImpl::settings() {
  const std::lock_guard lock(mutex_);
  return settings_;
}

void LoginServiceImpl::EndStreams() {
  streams_.EndAll(
      absl::UnavailableError("the daemon is stopping; watch the login again in a moment"));
}

grpc::ServerUnaryReactor* LoginServiceImpl::StartLogin(grpc::CallbackServerContext* context,
                                                       const v1::StartLoginRequest* request,
                                                       v1::Login* response) {
  const Call call(context);
  absl::StatusOr<LoginRequest> start =
      ReadStartRequest(*request, settings()->sales_units, RandomBits<uint64_t>());
  if (!start.ok()) return call.Finish(start.status());
  engine_->StartLogin(*std::move(start), call.Answer(response));
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::CheckUser(grpc::CallbackServerContext* context,
                                                      const v1::CheckUserRequest* request,
                                                      v1::CheckUserResponse* response) {
  const Call call(context);
  const absl::StatusOr<UserQuestion> question =
      ReadCheckUserRequest(*request, settings()->sales_units);
  if (!question.ok()) return call.Finish(question.status());
  engine_->CheckUser(question->sales_unit, question->msisdn,
                     [call, response, question = *question](const auto& answer) {
                       if (answer.ok()) *response = ToMessage(question, *answer);
                       call.Finish(answer.status());
                     });
  return call.reactor();
}

grpc::ServerWriteReactor<v1::Login>* LoginServiceImpl::WatchLogin(
    grpc::CallbackServerContext* context, const v1::WatchLoginRequest* request) {
  const auto stream = std::make_shared<WatchStream>(&streams_, context);
  if (const absl::Status added = streams_.Add(stream, settings()->most_streams); !added.ok()) {
    stream->OnRefused(added);
  } else if (const absl::Status status = CheckId(request->id()); !status.ok()) {
    stream->OnRefused(status);
  } else {
    engine_->WatchLogin(request->id(), stream);
  }
  return stream.get();
}

grpc::ServerUnaryReactor* LoginServiceImpl::GetLogin(grpc::CallbackServerContext* context,
                                                     const v1::GetLoginRequest* request,
                                                     v1::Login* response) {
  const Call call(context);
  if (const absl::Status status = CheckId(request->id()); !status.ok()) return call.Finish(status);
  engine_->GetLogin(request->id(), call.Answer(response));
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::CancelLogin(grpc::CallbackServerContext* context,
                                                        const v1::CancelLoginRequest* request,
                                                        v1::Login* response) {
  const Call call(context);
  if (const absl::Status status = CheckId(request->id()); !status.ok()) return call.Finish(status);
  engine_->CancelLogin(request->id(), call.Answer(response));
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::CompleteLogin(grpc::CallbackServerContext* context,
                                                          const v1::CompleteLoginRequest* request,
                                                          v1::Login* response) {
  const auto call = std::make_shared<CompleteCall>(context, response, &streams_);
  absl::StatusOr<Callback> callback = ReadCompleteRequest(*request);
  if (const absl::Status added = streams_.Add(call, settings()->most_streams); !added.ok()) {
    call->OnRefused(added);
  } else if (const absl::Status status = CheckId(request->id()); !status.ok()) {
    call->OnRefused(status);
  } else if (!callback.ok()) {
    call->OnRefused(callback.status());
  } else {
    engine_->CompleteLogin(request->id(), *std::move(callback), call);
  }
  return call.get();
}

grpc::ServerUnaryReactor* LoginServiceImpl::AcknowledgeLogin(
    grpc::CallbackServerContext* context, const v1::AcknowledgeLoginRequest* request,
    google::protobuf::Empty*) {
  const Call call(context);
  if (const absl::Status status = CheckId(request->id()); !status.ok()) return call.Finish(status);
  engine_->AcknowledgeLogin(request->id(),
                            [call](const absl::Status& erased) { call.Finish(erased); });
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::ListLogins(grpc::CallbackServerContext* context,
                                                       const v1::ListLoginsRequest* request,
                                                       v1::ListLoginsResponse* response) {
  const Call call(context);
  const absl::StatusOr<ListQuery> query = ReadListRequest(*request);
  if (!query.ok()) return call.Finish(query.status());
  const absl::StatusOr<LoginPage> page = engine_->ListLogins(*query);
  if (!page.ok()) return call.Finish(page.status());
  for (const Login& login : page->logins) *response->add_logins() = ToMessageWithoutProfile(login);
  response->set_next_page_token(page->next_page_token);
  return call.Finish(absl::OkStatus());
}

grpc::ServerUnaryReactor* LoginServiceImpl::RegisterWebhook(
    grpc::CallbackServerContext* context, const v1::RegisterWebhookRequest* request,
    v1::RegisterWebhookResponse* response) {
  const Call call(context);
  const std::shared_ptr<const Settings> now = settings();
  const auto unit = FindSalesUnit(request->sales_unit(), now->sales_units);
  if (!unit.ok()) return call.Finish(unit.status());
  if (const absl::Status url = ParseWebhookUrl(request->url()).status(); !url.ok()) {
    return call.Finish(absl::InvalidArgumentError(absl::StrCat("url: ", url.message())));
  }
  engine_->webhooks().Register(
      **unit, request->url(),
      [call, response, url = request->url()](const absl::StatusOr<NewWebhook>& made) {
        if (made.ok()) {
          response->mutable_webhook()->set_id(made->id);
          response->mutable_webhook()->set_url(url);
          response->set_secret(made->secret);
        }
        call.Finish(made.status());
      });
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::ListWebhooks(grpc::CallbackServerContext* context,
                                                         const v1::ListWebhooksRequest* request,
                                                         v1::ListWebhooksResponse* response) {
  const Call call(context);
  const std::shared_ptr<const Settings> now = settings();
  const auto unit = FindSalesUnit(request->sales_unit(), now->sales_units);
  if (!unit.ok()) return call.Finish(unit.status());
  engine_->webhooks().List(
      **unit, [call, response](const absl::StatusOr<std::vector<RegisteredWebhook>>& webhooks) {
        if (webhooks.ok()) {
          for (const RegisteredWebhook& one : *webhooks) {
            v1::Webhook* webhook = response->add_webhooks();
            webhook->set_id(one.id);
            webhook->set_url(one.url);
          }
        }
        call.Finish(webhooks.status());
      });
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::DeleteWebhook(grpc::CallbackServerContext* context,
                                                          const v1::DeleteWebhookRequest* request,
                                                          google::protobuf::Empty*) {
  const Call call(context);
  const std::shared_ptr<const Settings> now = settings();
  const auto unit = FindSalesUnit(request->sales_unit(), now->sales_units);
  if (!unit.ok()) return call.Finish(unit.status());
  if (const absl::Status id = CheckWebhookId(request->id()); !id.ok()) return call.Finish(id);
  engine_->webhooks().Delete(**unit, request->id(),
                             [call](const absl::Status& deleted) { call.Finish(deleted); });
  return call.reactor();
}

}  // namespace cibad
