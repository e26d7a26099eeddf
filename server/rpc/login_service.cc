#include "server/rpc/login_service.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/http/clock.h"
#include "server/login/new_login.h"
#include "server/login/random.h"
#include "server/rpc/check_user.h"
#include "server/rpc/complete_call.h"
#include "server/rpc/login_message.h"
#include "server/rpc/policy.h"
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
      if (login.ok()) *response = ToMessage(*login, WallClockShift());
      call.Finish(login.status());
    };
  }

 private:
  grpc::CallbackServerContext* context_;
  grpc::ServerUnaryReactor* reactor_;
};

absl::StatusOr<ListQuery> ReadListRequest(const v1::ListLoginsRequest& message,
                                          const Caller& caller) {
  if (message.page_size() < 0 || message.page_size() > kLargestPageSize) {
    return absl::InvalidArgumentError("page_size: must be 1 to 1000, or 0 for the default of 100");
  }
  return ListQuery{
      .caller = caller.name,
      .page_size = message.page_size() == 0 ? kDefaultPageSize : message.page_size(),
      .page_token = message.page_token(),
      .unfinished_only = message.unfinished_only(),
  };
}

}  // namespace

LoginServiceImpl::LoginServiceImpl(Engine* engine, AuditLog* audit, Settings settings)
    : engine_(engine), audit_(audit), clock_(MonotonicClock()) {
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

void LoginServiceImpl::TellRefused(const Caller& caller, absl::string_view rpc,
                                   const absl::Status& status, const LoginRequest* request) {
  const bool is_refusal = absl::IsPermissionDenied(status) || absl::IsResourceExhausted(status) ||
                          absl::IsAlreadyExists(status) || absl::IsNotFound(status);
  if (audit_ != nullptr && is_refusal) audit_->Refused(caller.name, rpc, status, request);
}

void LoginServiceImpl::TellWebhook(const Caller& caller, absl::string_view rpc,
                                   const std::string& sales_unit, const std::string& webhook,
                                   const absl::Status& status) {
  if (audit_ != nullptr) audit_->ChangedWebhook(caller.name, rpc, sales_unit, webhook, status);
}

absl::Status LoginServiceImpl::CheckTrail() {
  if (audit_ == nullptr || audit_->status().ok()) return absl::OkStatus();
  return absl::UnavailableError("the audit trail cannot be written now; try again in a moment");
}

absl::Status LoginServiceImpl::AdmitStart(const Caller& caller) {
  return rates_.Admit(caller.name, caller.policy->starts_per_minute, clock_());
}

void LoginServiceImpl::EndStreams() {
  streams_.EndAll(
      absl::UnavailableError("the daemon is stopping; watch the login again in a moment"));
}

absl::StatusOr<Caller> LoginServiceImpl::Admit(const grpc::CallbackServerContext& context,
                                               absl::string_view rpc) {
  absl::StatusOr<Caller> caller = CallerOf(context, settings()->callers);
  if (!caller.ok()) return caller;
  if (absl::Status status = CheckRpc(*caller->policy, rpc); !status.ok()) {
    TellRefused(*caller, rpc, status);
    return status;
  }
  return caller;
}

absl::StatusOr<Caller> LoginServiceImpl::AdmitForLogin(const grpc::CallbackServerContext& context,
                                                       absl::string_view rpc,
                                                       const std::string& id) {
  absl::StatusOr<Caller> caller = Admit(context, rpc);
  if (!caller.ok()) return caller;
  if (absl::Status status = CheckId(id); !status.ok()) return status;
  return caller;
}

grpc::ServerUnaryReactor* LoginServiceImpl::StartLogin(grpc::CallbackServerContext* context,
                                                       const v1::StartLoginRequest* request,
                                                       v1::Login* response) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = Admit(*context, "StartLogin");
  if (!caller.ok()) return call.Finish(caller.status());
  const absl::StatusOr<Shared<LoginRequest>> start =
      ReadStartRequest(*request, *caller, settings()->sales_units, RandomBits<uint64_t>());
  if (!start.ok()) {
    TellRefused(*caller, "StartLogin", start.status());
    return call.Finish(start.status());
  }
  absl::Status allowed = CheckStart(*caller->policy, **start);
  if (allowed.ok()) allowed = CheckTrail();
  if (allowed.ok()) allowed = AdmitStart(*caller);
  if (!allowed.ok()) {
    TellRefused(*caller, "StartLogin", allowed, &**start);
    return call.Finish(allowed);
  }
  const Engine::StartOptions options = {caller->policy->pending_logins, request->replace_pending()};
  engine_->StartLogin(
      *start, options,
      [this, call, response, caller = *caller, start = *start](const absl::StatusOr<Login>& login) {
        if (!login.ok()) TellRefused(caller, "StartLogin", login.status(), &*start);
        call.Answer(response)(login);
      });
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::CheckUser(grpc::CallbackServerContext* context,
                                                      const v1::CheckUserRequest* request,
                                                      v1::CheckUserResponse* response) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = Admit(*context, "CheckUser");
  if (!caller.ok()) return call.Finish(caller.status());
  const absl::StatusOr<Shared<LoginRequest>> question =
      ReadCheckUserRequest(*request, *caller, settings()->sales_units);
  if (!question.ok()) {
    TellRefused(*caller, "CheckUser", question.status());
    return call.Finish(question.status());
  }
  // Who may ask without end learns of every number whether it has an account.
  absl::Status allowed = CheckTrail();
  if (allowed.ok()) allowed = AdmitStart(*caller);
  if (!allowed.ok()) {
    TellRefused(*caller, "CheckUser", allowed, &**question);
    return call.Finish(allowed);
  }
  engine_->CheckUser(*question, [this, call, response,
                                 question = *question](const absl::StatusOr<UserExists>& answer) {
    if (audit_ != nullptr) audit_->Checked(*question, answer.status());
    if (answer.ok()) *response = ToMessage(*question, *answer);
    call.Finish(answer.status());
  });
  return call.reactor();
}

grpc::ServerWriteReactor<v1::Login>* LoginServiceImpl::WatchLogin(
    grpc::CallbackServerContext* context, const v1::WatchLoginRequest* request) {
  const auto stream = std::make_shared<WatchStream>(&streams_, context);
  const absl::StatusOr<Caller> caller = AdmitForLogin(*context, "WatchLogin", request->id());
  if (const absl::Status added = streams_.Add(stream, settings()->most_streams); !added.ok()) {
    stream->OnRefused(added);
  } else if (!caller.ok()) {
    stream->OnRefused(caller.status());
  } else {
    engine_->WatchLogin(caller->name, request->id(), stream);
  }
  return stream.get();
}

grpc::ServerUnaryReactor* LoginServiceImpl::GetLogin(grpc::CallbackServerContext* context,
                                                     const v1::GetLoginRequest* request,
                                                     v1::Login* response) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = AdmitForLogin(*context, "GetLogin", request->id());
  if (!caller.ok()) return call.Finish(caller.status());
  engine_->GetLogin(caller->name, request->id(), call.Answer(response));
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::CancelLogin(grpc::CallbackServerContext* context,
                                                        const v1::CancelLoginRequest* request,
                                                        v1::Login* response) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = AdmitForLogin(*context, "CancelLogin", request->id());
  if (!caller.ok()) return call.Finish(caller.status());
  engine_->CancelLogin(caller->name, request->id(), call.Answer(response));
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::CompleteLogin(grpc::CallbackServerContext* context,
                                                          const v1::CompleteLoginRequest* request,
                                                          v1::Login* response) {
  const auto call = std::make_shared<CompleteCall>(context, response, &streams_);
  const absl::StatusOr<Caller> caller = AdmitForLogin(*context, "CompleteLogin", request->id());
  absl::StatusOr<Callback> callback = ReadCompleteRequest(*request);
  if (const absl::Status added = streams_.Add(call, settings()->most_streams); !added.ok()) {
    call->OnRefused(added);
  } else if (!caller.ok()) {
    call->OnRefused(caller.status());
  } else if (!callback.ok()) {
    call->OnRefused(callback.status());
  } else {
    engine_->CompleteLogin(caller->name, request->id(), *std::move(callback), call);
  }
  return call.get();
}

grpc::ServerUnaryReactor* LoginServiceImpl::AcknowledgeLogin(
    grpc::CallbackServerContext* context, const v1::AcknowledgeLoginRequest* request,
    google::protobuf::Empty*) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = AdmitForLogin(*context, "AcknowledgeLogin", request->id());
  if (!caller.ok()) return call.Finish(caller.status());
  engine_->AcknowledgeLogin(caller->name, request->id(),
                            [call](const absl::Status& erased) { call.Finish(erased); });
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::ListLogins(grpc::CallbackServerContext* context,
                                                       const v1::ListLoginsRequest* request,
                                                       v1::ListLoginsResponse* response) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = Admit(*context, "ListLogins");
  if (!caller.ok()) return call.Finish(caller.status());
  const absl::StatusOr<ListQuery> query = ReadListRequest(*request, *caller);
  if (!query.ok()) return call.Finish(query.status());
  const absl::StatusOr<LoginPage> page = engine_->ListLogins(*query);
  if (!page.ok()) return call.Finish(page.status());
  const absl::Duration shift = WallClockShift();
  for (const Login& login : page->logins) {
    *response->add_logins() = ToMessageWithoutProfile(login, shift);
  }
  response->set_next_page_token(page->next_page_token);
  return call.Finish(absl::OkStatus());
}

grpc::ServerUnaryReactor* LoginServiceImpl::RegisterWebhook(
    grpc::CallbackServerContext* context, const v1::RegisterWebhookRequest* request,
    v1::RegisterWebhookResponse* response) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = Admit(*context, "RegisterWebhook");
  if (!caller.ok()) return call.Finish(caller.status());
  const std::shared_ptr<const Settings> now = settings();
  const auto unit = FindSalesUnit(request->sales_unit(), *caller->policy, now->sales_units);
  if (!unit.ok()) {
    TellRefused(*caller, "RegisterWebhook", unit.status());
    return call.Finish(unit.status());
  }
  if (const absl::Status url = ParseWebhookUrl(request->url()).status(); !url.ok()) {
    return call.Finish(absl::InvalidArgumentError(absl::StrCat("url: ", url.message())));
  }
  if (const absl::Status trail = CheckTrail(); !trail.ok()) return call.Finish(trail);
  engine_->webhooks().Register(**unit, request->url(),
                               [this, call, response, caller = *caller, msn = (*unit)->msn,
                                url = request->url()](const absl::StatusOr<NewWebhook>& made) {
                                 TellWebhook(caller, "RegisterWebhook", msn,
                                             made.ok() ? made->id : "", made.status());
                                 if (made.ok()) {
                                   response->mutable_webhook()->set_id(made->id);
                                   response->mutable_webhook()->set_url(url);
                                   response->set_secret(made->secret.Reveal());
                                 }
                                 call.Finish(made.status());
                               });
  return call.reactor();
}

grpc::ServerUnaryReactor* LoginServiceImpl::ListWebhooks(grpc::CallbackServerContext* context,
                                                         const v1::ListWebhooksRequest* request,
                                                         v1::ListWebhooksResponse* response) {
  const Call call(context);
  const absl::StatusOr<Caller> caller = Admit(*context, "ListWebhooks");
  if (!caller.ok()) return call.Finish(caller.status());
  const std::shared_ptr<const Settings> now = settings();
  const auto unit = FindSalesUnit(request->sales_unit(), *caller->policy, now->sales_units);
  if (!unit.ok()) {
    TellRefused(*caller, "ListWebhooks", unit.status());
    return call.Finish(unit.status());
  }
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
  const absl::StatusOr<Caller> caller = Admit(*context, "DeleteWebhook");
  if (!caller.ok()) return call.Finish(caller.status());
  const std::shared_ptr<const Settings> now = settings();
  const auto unit = FindSalesUnit(request->sales_unit(), *caller->policy, now->sales_units);
  if (!unit.ok()) {
    TellRefused(*caller, "DeleteWebhook", unit.status());
    return call.Finish(unit.status());
  }
  if (const absl::Status id = CheckWebhookId(request->id()); !id.ok()) return call.Finish(id);
  if (const absl::Status trail = CheckTrail(); !trail.ok()) return call.Finish(trail);
  engine_->webhooks().Delete(**unit, request->id(),
                             [this, call, caller = *caller, msn = (*unit)->msn,
                              id = request->id()](const absl::Status& deleted) {
                               TellWebhook(caller, "DeleteWebhook", msn, id, deleted);
                               call.Finish(deleted);
                             });
  return call.reactor();
}

}  // namespace cibad
