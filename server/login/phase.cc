#include "server/login/phase.h"

#include <cassert>

namespace cibad {

Phase PhaseOf(const Login& login) {
  assert(!HasEnded(login.state));
  if (login.state == LoginState::kStarting) {
    // Of who is known by a QR check-in there is no number to ask for, and no doubt either.
    const bool is_checking = login.handling.check_user && !login.progress.user_is_checked &&
                             !login.request->msisdn.empty();
    return is_checking ? Phase::kChecking : Phase::kAsking;
  }
  if (login.state == LoginState::kConfirmed) return Phase::kFetching;
  if (login.tokens.has_value()) return Phase::kProving;
  return FinishesOnWebPage(*login.request) ? Phase::kAwaiting : Phase::kPolling;
}

Command RequestOf(Phase phase) {
  switch (phase) {
    case Phase::kChecking:
      return CheckUser{};
    case Phase::kAsking:
      return SendBackchannelRequest{};
    case Phase::kPolling:
      return SendTokenRequest{};
    case Phase::kAwaiting:
      return ExchangeCode{};
    case Phase::kProving:
      return CheckIdToken{};
    case Phase::kFetching:
      break;
  }
  return FetchProfile{};
}

}  // namespace cibad
