// The provider itself: every request, to an endpoint like Vipps' own or to the sandbox's controls,
// goes through Handle, which knows nothing of sockets and clocks.

#ifndef CIBAD_TESTS_SANDBOX_PROVIDER_H_
#define CIBAD_TESTS_SANDBOX_PROVIDER_H_

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sandbox/api_tokens.h"
#include "tests/sandbox/client.h"
#include "tests/sandbox/form.h"
#include "tests/sandbox/memory.h"
#include "tests/sandbox/message.h"
#include "tests/sandbox/provider_state.h"
#include "tests/sandbox/published.h"
#include "tests/sandbox/report.h"
#include "tests/sandbox/signing_keys.h"
#include "tests/sandbox/webhooks.h"

namespace cibad {

// Where the real ones are, too.
constexpr absl::string_view kIssuerPath = "/access-management-1.0/access/";
constexpr absl::string_view kDiscoveryPath =
    "/access-management-1.0/access/.well-known/openid-configuration";
constexpr absl::string_view kJwksPath = "/access-management-1.0/access/.well-known/jwks.json";
constexpr absl::string_view kTokenPath = "/access-management-1.0/access/oauth2/token";
constexpr absl::string_view kBackchannelPath = "/vipps-login-ciba/api/backchannel/authentication";
constexpr absl::string_view kUserExistsPath = "/vipps-login-ciba/api/v1/user-exists";
constexpr absl::string_view kUserinfoPath = "/vipps-userinfo-api/userinfo";
constexpr absl::string_view kAccessTokenPath = "/accesstoken/get";
constexpr absl::string_view kWebhooksPath = "/webhooks/v1/webhooks";

struct ProviderSettings {
  std::string origin;           // https://localhost:8443
  std::vector<Client> clients;  // one for each sales unit
  absl::Duration interval = kDefaultInterval;
  absl::Duration expires_in = absl::Seconds(600);
  absl::Duration token_life = absl::Hours(1);
  absl::Duration max_age = absl::Hours(1);  // of discovery and JWKS, like the real ones'
  // Registered for the sales units; none: any https URL is.
  std::vector<std::string> redirect_uris = {};
  std::string webhook_to = {};  // see Webhooks::DeliverTo
};

// Thread-safe.
class Provider {
 public:
  Provider(ProviderSettings settings, KeyHandle rsa_key, KeyHandle ec_key);

  // `now` is when the request had been read whole.
  Answer Handle(const Request& request, absl::Time now);

  // What a later sandbox needs to go on in this one's place.
  SandboxMemory Remember() const { return {state_.Remember(), Counts()}; }
  // To be called before the first request.
  void Recall(SandboxMemory memory);

 private:
  using Endpoint = Answer (Provider::*)(const Request&, absl::Time);
  struct Route {
    absl::string_view method;
    absl::string_view path;
    Endpoint endpoint;
  };

  Answer Discovery(const Request& request, absl::Time now);
  Answer Jwks(const Request& request, absl::Time now);
  Answer AccessToken(const Request& request, absl::Time now);
  Answer RevokeAccessTokens(const Request& request, absl::Time now);
  Answer ListAccessTokens(const Request& request, absl::Time now);
  Answer UserExists(const Request& request, absl::Time now);
  Answer Backchannel(const Request& request, absl::Time now);
  Answer Token(const Request& request, absl::Time now);
  Answer Poll(const Request& request, const Form& form, absl::Time now);
  Answer Exchange(const Request& request, const Form& form, absl::Time now);
  Answer Redirect(const Request& request, absl::Time now);
  Answer Userinfo(const Request& request, absl::Time now);
  Answer ListLogins(const Request& request, absl::Time now);
  Answer ListViolations(const Request& request, absl::Time now);
  Answer ListTotals(const Request& request, absl::Time now);
  Answer ListNumbers(const Request& request, absl::Time now);
  Answer DecideAll(const Request& request, absl::Time now);
  Answer Decide(const Request& request, absl::Time now);
  Answer SetFault(Published& document, absl::string_view fault);

  Answer Acknowledge(const SandboxLogin& login, absl::Time now) const;
  Answer PollAnswer(const PollOutcome& outcome, absl::Time now);
  Answer TokenAnswer(const SandboxLogin& login, absl::Time now);

  // Counts the violation and gives the refusal.
  // The webhooks API, and the controls over the pings (provider_webhooks.cc).
  Answer WebhookApi(const Request& request, absl::Time now);
  Answer RegisterWebhook(const std::string& msn, const std::string& url);
  std::optional<Answer> RefuseApiCaller(const Request& request, const Client& client,
                                        absl::Time now);
  Answer ControlPings(const Request& request);

  Answer Refuse(Violation violation, Answer refusal);
  // Reads the form and checks everything that the two form endpoints have in common.
  std::optional<Answer> RefuseForm(const Request& request, Form& form);
  // The client of the sales unit that the request names; the first where it names none.
  const Client& ClientOf(const Request& request) const;
  const Client& ClientOfMsn(absl::string_view msn) const;
  std::optional<Answer> RefuseCaller(const Request& request, const Form& form);
  void CheckVippsHeaders(const Request& request);
  void CountRequest(const Request& request);
  EndpointCounts Counts() const;

  const ProviderSettings settings_;
  const std::string issuer_;
  ProviderState state_;
  SigningKeys keys_;
  ApiTokens api_tokens_;
  Published discovery_;
  Published jwks_;
  Webhooks webhooks_;
  mutable std::mutex mutex_;
  EndpointCounts counts_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SANDBOX_PROVIDER_H_
