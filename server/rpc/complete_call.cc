#include "server/rpc/complete_call.h"

#include <grpcpp/server_context.h>

#include "server/http/clock.h"
#include "server/rpc/login_message.h"
#include "server/rpc/status.h"

namespace cibad {

absl::StatusOr<Callback> ReadCompleteRequest(const v1::CompleteLoginRequest& message) {
  switch (message.answer_case()) {
    case v1::CompleteLoginRequest::kCode:
      return ReadCallbackCode(message.code());
    case v1::CompleteLoginRequest::kCallbackQuery:
      return ReadCallbackQuery(message.callback_query());
    case v1::CompleteLoginRequest::ANSWER_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "callback_query: give the query of the URL that the customer's browser opened, or its code");
}

void CompleteCall::OnLogin(const Login& login) {
  if (HasEnded(login.state)) End(absl::OkStatus(), &login);
}

// Whoever called is gone. The login goes on.
void CompleteCall::OnCancel() { End(absl::CancelledError("the caller is gone"), nullptr); }

void CompleteCall::OnDone() { streams_->Remove(shared_from_this()); }

void CompleteCall::End(const absl::Status& status, const Login* login) {
  {
    const std::lock_guard lock(mutex_);
    if (is_answered_) return;
    is_answered_ = true;
  }
  if (login != nullptr) *response_ = ToMessage(*login, WallClockShift());
  AddRetryPushback(status, context_);
  Finish(ToGrpcStatus(status));
}

}  // namespace cibad
