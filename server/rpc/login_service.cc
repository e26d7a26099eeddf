#include "server/rpc/login_service.h"

#include <cstdint>
#include <string>
#include <utility>

#include "server/engine/random.h"
#include "server/login/new_login.h"
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

// Ends the call with what the engine gives.
Engine::LoginDone Answer(grpc::ServerUnaryReactor* reactor, v1::Login* response) {
  return [reactor, response](const absl::StatusOr<Login>& login) {
    if (login.ok()) *response = ToMessage(*login);
    reactor->Finish(ToGrpcStatus(login.status()));
  };
}

grpc::ServerUnaryReactor* Refuse(grpc::ServerUnaryReactor* reactor, const absl::Status& status) {
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

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

LoginServiceImpl::LoginServiceImpl(Engine* engine, const std::vector<SalesUnit>& sales_units)
    : engine_(engine) {
  for (const SalesUnit& unit : sales_units) sales_units_.emplace(unit.msn, unit);
}

void LoginServiceImpl::EndStreams() {
  streams_.EndAll(
      absl::UnavailableError("the daemon is stopping; watch the login again in a moment"));
}

grpc::ServerUnaryReactor* LoginServiceImpl::StartLogin(grpc::CallbackServerContext* context,
                                                       const v1::StartLoginRequest* request,
                                                       v1::Login* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<LoginRequest> start =
      ReadStartRequest(*request, sales_units_, RandomBits<uint64_t>());
  if (!start.ok()) return Refuse(reactor, start.status());
  engine_->StartLogin(*std::move(start), Answer(reactor, response));
  return reactor;
}

grpc::ServerWriteReactor<v1::Login>* LoginServiceImpl::WatchLogin(
    grpc::CallbackServerContext*, const v1::WatchLoginRequest* request) {
  const auto stream = std::make_shared<WatchStream>(&streams_);
  if (const absl::Status added = streams_.Add(stream); !added.ok()) {
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
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status status = CheckId(request->id()); !status.ok())
    return Refuse(reactor, status);
  engine_->GetLogin(request->id(), Answer(reactor, response));
  return reactor;
}

grpc::ServerUnaryReactor* LoginServiceImpl::CancelLogin(grpc::CallbackServerContext* context,
                                                        const v1::CancelLoginRequest* request,
                                                        v1::Login* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (const absl::Status status = CheckId(request->id()); !status.ok())
    return Refuse(reactor, status);
  engine_->CancelLogin(request->id(), Answer(reactor, response));
  return reactor;
}

grpc::ServerUnaryReactor* LoginServiceImpl::ListLogins(grpc::CallbackServerContext* context,
                                                       const v1::ListLoginsRequest* request,
                                                       v1::ListLoginsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::StatusOr<ListQuery> query = ReadListRequest(*request);
  if (!query.ok()) return Refuse(reactor, query.status());
  const absl::StatusOr<LoginPage> page = engine_->ListLogins(*query);
  if (!page.ok()) return Refuse(reactor, page.status());
  for (const Login& login : page->logins) *response->add_logins() = ToMessageWithoutProfile(login);
  response->set_next_page_token(page->next_page_token);
  return Refuse(reactor, absl::OkStatus());
}

}  // namespace cibad
