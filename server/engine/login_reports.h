// What a worker tells the rest of the daemon of its logins, beside the log: numbers for the
// metrics, and whether the provider takes the sales units' credentials. None of it touches a login.

#ifndef CIBAD_SERVER_ENGINE_LOGIN_REPORTS_H_
#define CIBAD_SERVER_ENGINE_LOGIN_REPORTS_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "server/engine/credentials_watch.h"
#include "server/login/event.h"
#include "server/login/login.h"
#include "server/ops/metrics.h"
#include "server/provider/answers.h"
#include "server/provider/failed_answer.h"
#include "server/provider/sales_unit.h"

namespace cibad {

// Thread-safe. A copy tells the same.
class LoginReports {
 public:
  // Tells nobody.
  LoginReports() = default;
  // A caller asked for a login that is another's: who, by which RPC.
  using OnTrespass =
      std::function<void(const std::string& caller, absl::string_view rpc, const Login& login)>;

  // Both must outlive the reports and their copies. `on_end` hears of each login whose end is
  // durable; like `on_trespass` it must be short.
  LoginReports(Metrics* metrics, CredentialsWatch* credentials,
               std::function<void(const Login&)> on_end = nullptr, OnTrespass on_trespass = nullptr)
      : metrics_(metrics),
        credentials_(credentials),
        on_end_(std::move(on_end)),
        on_trespass_(std::move(on_trespass)) {}

  // A new login is durable.
  void Began(const Login& login) const;
  // That it has ended is durable.
  void Ended(const Login& login) const;

  // A caller was told that there is no such login, since it is another's.
  void Trespassed(const std::string& caller, absl::string_view rpc, const Login& login) const {
    if (on_trespass_) on_trespass_(caller, rpc, login);
  }

  // Who the sales unit's answers are noted for; to be looked up once for a login.
  CredentialsWatch::Standing* StandingOf(const Login& login) const;
  // The provider's answer to a login's request came, or did not. `standing`: of its sales unit.
  void Answered(CredentialsWatch::Standing* standing, const Event& event) const;

  // The provider was asked for an access token with the keys of `unit`.
  void AnsweredWithAccessToken(const SalesUnit& unit, const Outcome<AccessToken>& outcome) const;

 private:
  Metrics* metrics_ = nullptr;
  CredentialsWatch* credentials_ = nullptr;
  std::function<void(const Login&)> on_end_;
  OnTrespass on_trespass_;
};

// The class of what came of a request: how it failed; nothing where it did not.
RequestOutcome OutcomeOf(const std::optional<FailedAnswer>& failure);

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_LOGIN_REPORTS_H_
