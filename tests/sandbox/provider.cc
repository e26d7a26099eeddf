#include "tests/sandbox/provider.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/sandbox/answer.h"
#include "tests/sandbox/backchannel_form.h"
#include "tests/sandbox/customer.h"
#include "tests/sandbox/id_token.h"
#include "tests/sandbox/test_numbers.h"

namespace cibad {
namespace {

using Json = nlohmann::ordered_json;

constexpr absl::string_view kGrantType = "urn:openid:params:grant-type:ciba";
constexpr absl::string_view kCodeGrantType = "urn:vipps:params:grant-type:ciba-redirect";
constexpr size_t kMaxSystemHeader = 30;  // characters
constexpr std::array<absl::string_view, 4> kSystemHeaders = {
    "vipps-system-name", "vipps-system-version", "vipps-system-plugin-name",
    "vipps-system-plugin-version"};

Answer BearerRefusal(absl::string_view description) {
  Answer answer = ErrorAnswer(401, "invalid_token", description);
  answer.headers.emplace("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  return answer;
}

Answer Decided(int logins) { return JsonAnswer(200, absl::StrCat("{\"logins\":", logins, "}")); }

// RFC 9110: the media type without its parameters, of which only a charset of UTF-8 is let pass.
bool IsForm(absl::string_view content_type) {
  const std::vector<absl::string_view> parts = absl::StrSplit(content_type, ';');
  const bool is_form = absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[0]),
                                              "application/x-www-form-urlencoded");
  if (parts.size() == 1) return is_form;
  return is_form && parts.size() == 2 &&
         absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(parts[1]), "charset=utf-8");
}

}  // namespace

Provider::Provider(ProviderSettings settings, KeyHandle rsa_key, KeyHandle ec_key)
    : settings_(std::move(settings)),
      issuer_(absl::StrCat(settings_.origin, kIssuerPath)),
      state_(settings_.interval, settings_.expires_in),
      keys_(std::move(rsa_key), std::move(ec_key)),
      api_tokens_(settings_.token_life),
      discovery_("token_endpoint", settings_.max_age),
      jwks_("keys", settings_.max_age) {
  webhooks_.DeliverTo(settings_.webhook_to);
  state_.CallWhenDecided([this](const SandboxLogin& login) {
    webhooks_.Ping(login.request.msn, login.auth_req_id, login.decision_time);
  });
}

Answer Provider::Handle(const Request& request, absl::Time now) {
  static constexpr std::array kRoutes = {
      Route{"GET", kDiscoveryPath, &Provider::Discovery},
      Route{"GET", kJwksPath, &Provider::Jwks},
      Route{"POST", kAccessTokenPath, &Provider::AccessToken},
      Route{"POST", "/sandbox/revoke-access-tokens", &Provider::RevokeAccessTokens},
      Route{"GET", "/sandbox/access-tokens", &Provider::ListAccessTokens},
      Route{"POST", kUserExistsPath, &Provider::UserExists},
      Route{"POST", kBackchannelPath, &Provider::Backchannel},
      Route{"POST", kTokenPath, &Provider::Token},
      Route{"GET", kUserinfoPath, &Provider::Userinfo},
      Route{"GET", "/sandbox/logins", &Provider::ListLogins},
      Route{"GET", "/sandbox/violations", &Provider::ListViolations},
      Route{"GET", "/sandbox/totals", &Provider::ListTotals},
      Route{"GET", "/sandbox/numbers", &Provider::ListNumbers},
      Route{"POST", "/sandbox/approve-all", &Provider::DecideAll},
      Route{"POST", "/sandbox/deny-all", &Provider::DecideAll},
  };
  CountRequest(request);
  if (request.path == kWebhooksPath || absl::StartsWith(request.path, "/webhooks/v1/webhooks/")) {
    return WebhookApi(request, now);
  }
  if (request.path == "/sandbox/webhooks" || absl::StartsWith(request.path, "/sandbox/pings")) {
    return ControlPings(request);
  }
  for (const Route& route : kRoutes) {
    if (request.path != route.path) continue;
    if (request.method == route.method) return (this->*route.endpoint)(request, now);
    Answer refusal = ErrorAnswer(405, "invalid_request", "The endpoint has another method.");
    refusal.headers.emplace("Allow", std::string(route.method));
    return Refuse(Violation::kMalformedRequest, std::move(refusal));
  }
  if (absl::StartsWith(request.path, "/sandbox/")) {
    return request.method == "GET" ? Redirect(request, now) : Decide(request, now);
  }
  return Refuse(Violation::kMalformedRequest,
                ErrorAnswer(404, "not_found", "There is nothing at this path."));
}

Answer Provider::Discovery(const Request&, absl::Time) {
  const auto url = [this](absl::string_view path) { return absl::StrCat(settings_.origin, path); };
  const Json metadata = {
      {"issuer", issuer_},
      {"authorization_endpoint", url("/access-management-1.0/access/oauth2/auth")},
      {"token_endpoint", url(kTokenPath)},
      {"jwks_uri", url(kJwksPath)},
      {"userinfo_endpoint", url(kUserinfoPath)},
      {"backchannel_authentication_endpoint", url(kBackchannelPath)},
      {"backchannel_token_delivery_modes_supported", Json::array({"poll"})},
      {"subject_types_supported", Json::array({"pairwise"})},
      {"response_types_supported", Json::array({"code"})},
      // Like the real one's, the list omits CIBA: clients must not take it for complete.
      {"grant_types_supported", Json::array({"authorization_code", "client_credentials"})},
      {"scopes_supported",
       Json::array({"openid", "address", "birthDate", "email", "name", "phoneNumber"})},
      {"token_endpoint_auth_methods_supported",
       Json::array({"client_secret_basic", "client_secret_post"})},
      {"id_token_signing_alg_values_supported", Json::array({"RS256"})},
  };
  return discovery_.AnswerOf(metadata.dump());
}

Answer Provider::Jwks(const Request&, absl::Time) { return jwks_.AnswerOf(keys_.JwksJson()); }

Answer Provider::AccessToken(const Request& request, absl::Time now) {
  CheckVippsHeaders(request);
  if (!request.body.empty() || request.has_query) {
    return Refuse(Violation::kMalformedRequest,
                  ErrorAnswer(400, "invalid_request", "The body must be empty."));
  }
  const Client& client = ClientOf(request);
  if (std::optional<Answer> refusal = RefuseTokenRequest(request, client)) {
    return Refuse(Violation::kClientAuthentication, *std::move(refusal));
  }
  const std::string token = api_tokens_.Give(client, now);
  const std::lock_guard<std::mutex> lock(mutex_);
  ++counts_.access_tokens_given;
  return AccessTokenAnswer(token, settings_.token_life);
}

Answer Provider::RevokeAccessTokens(const Request&, absl::Time) {
  api_tokens_.Revoke();
  return JsonAnswer(200, "{}");
}

Answer Provider::ListAccessTokens(const Request&, absl::Time) {
  return JsonAnswer(200, Json{{"access_tokens", api_tokens_.All()}}.dump());
}

Answer Provider::UserExists(const Request& request, absl::Time now) {
  Form form;
  if (std::optional<Answer> refusal = RefuseForm(request, form)) return *std::move(refusal);
  const auto read = ReadUserExistsForm(form);
  if (const auto* error = std::get_if<OAuthError>(&read)) {
    return Refuse(Violation::kMalformedRequest, ErrorAnswer(400, error->code, error->description));
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++counts_.user_exists_requests;
  }
  const Behaviour behaviour = BehaviourOf(std::get<std::string>(read));
  Answer answer = behaviour.user_exists.failure.times > 0
                      ? FailureAnswer(behaviour.user_exists.failure, now)
                      : Spoil(JsonAnswer(200, Json{{"exists", behaviour.exists}}.dump()),
                              behaviour.user_exists);
  answer.delay = behaviour.user_exists.delay;
  return answer;
}

Answer Provider::Backchannel(const Request& request, absl::Time now) {
  Form form;
  if (std::optional<Answer> refusal = RefuseForm(request, form)) return *std::move(refusal);
  auto read = ReadBackchannelForm(form, settings_.redirect_uris);
  if (const auto* error = std::get_if<OAuthError>(&read)) {
    Answer refusal = ErrorAnswer(400, error->code, error->description);
    return error->is_mistake ? Refuse(Violation::kMalformedRequest, std::move(refusal)) : refusal;
  }
  auto& start = std::get<BackchannelRequest>(read);
  const Client& client = ClientOf(request);
  start.msn = client.msn;
  start.by_partner = client.method == AuthenticationMethod::kPartner;
  const std::optional<SandboxLogin> login = state_.Start(start, now);
  if (!login)
    return ErrorAnswer(503, "temporarily_unavailable", "The sandbox is full; restart it.");
  return Acknowledge(*login, now);
}

Answer Provider::Acknowledge(const SandboxLogin& login, absl::Time now) const {
  const EndpointBehaviour& behaviour = login.behaviour.backchannel;
  if (behaviour.failure.times > 0) return FailureAnswer(behaviour.failure, now);
  const Json acknowledgement = {
      {"auth_req_id", login.auth_req_id},
      {"expires_in", absl::ToInt64Seconds(login.expire_time - login.acknowledged_time)},
      {"interval", absl::ToInt64Seconds(login.interval)}};
  return Spoil(JsonAnswer(200, acknowledgement.dump()), behaviour);
}

Answer Provider::Token(const Request& request, absl::Time now) {
  Form form;
  if (std::optional<Answer> refusal = RefuseForm(request, form)) return *std::move(refusal);
  const absl::string_view grant_type = FormValue(form, "grant_type");
  if (grant_type == kGrantType) return Poll(request, form, now);
  if (grant_type == kCodeGrantType) return Exchange(request, form, now);
  return Refuse(Violation::kMalformedRequest,
                ErrorAnswer(400, "unsupported_grant_type", "The sandbox serves CIBA alone."));
}

Answer Provider::Exchange(const Request& request, const Form& form, absl::Time now) {
  const absl::string_view code = FormValue(form, "code");
  if (code.empty()) {
    return Refuse(Violation::kMalformedRequest,
                  ErrorAnswer(400, "invalid_request", "code is missing."));
  }
  const PollOutcome outcome = state_.Exchange(code, request.arrival_time);
  Answer answer = outcome.verdict == PollVerdict::kExpired
                      ? ErrorAnswer(400, "invalid_grant", "The code has expired.")
                      : PollAnswer(outcome, now);
  answer.delay = outcome.login.behaviour.token.delay;
  return answer;
}

Answer Provider::Poll(const Request& request, const Form& form, absl::Time now) {
  const absl::string_view auth_req_id = FormValue(form, "auth_req_id");
  if (auth_req_id.empty()) {
    return Refuse(Violation::kMalformedRequest,
                  ErrorAnswer(400, "invalid_request", "auth_req_id is missing."));
  }
  if (state_.IsOfAnother(auth_req_id, ClientOf(request).msn)) {
    return Refuse(Violation::kMerchantSerialNumber,
                  ErrorAnswer(400, "invalid_grant", "Another sales unit started the login."));
  }
  const PollOutcome outcome = state_.Poll(auth_req_id, request.arrival_time);
  Answer answer = PollAnswer(outcome, now);
  answer.delay = outcome.login.behaviour.token.delay;
  return answer;
}

Answer Provider::PollAnswer(const PollOutcome& outcome, absl::Time now) {
  switch (outcome.verdict) {
    case PollVerdict::kUnknown:
      return ErrorAnswer(400, "invalid_grant", "The auth_req_id or code is not known.");
    case PollVerdict::kEnded:
      return ErrorAnswer(400, "invalid_grant", "The login is over, or its tokens were given.");
    case PollVerdict::kExpired:
      return ErrorAnswer(400, "expired_token", "The customer did not answer in time.");
    case PollVerdict::kTooSoon:
      return ErrorAnswer(400, "slow_down", "The poll came before the interval was over.");
    case PollVerdict::kPending:
      return ErrorAnswer(400, "authorization_pending", "The customer has not answered yet.");
    case PollVerdict::kDenied:
      return ErrorAnswer(400, "access_denied", "The customer denied the login.");
    case PollVerdict::kFailure:
      return FailureAnswer(outcome.login.behaviour.token.failure, now);
    case PollVerdict::kTokens:
      break;
  }
  return TokenAnswer(outcome.login, now);
}

Answer Provider::TokenAnswer(const SandboxLogin& login, absl::Time now) {
  const Client& client = ClientOfMsn(login.request.msn);
  const IdTokenFacts facts = {.issuer = issuer_,
                              .client_id = client.Audience(),
                              .msn = client.msn,
                              .subject = SubjectOf(login.request.msisdn, client.Audience()),
                              .auth_req_id = login.auth_req_id,
                              .access_token = login.access_token,
                              .start_time = login.start_time,
                              .issue_time = now,
                              .on_web_page = FinishesOnWebPage(login)};
  const IdTokenKind kind = login.behaviour.id_token;
  const Json tokens = {
      {"access_token", login.access_token},
      {"token_type", "bearer"},
      {"expires_in", absl::ToInt64Seconds(kAccessTokenLife)},
      {"scope", absl::StrJoin(login.request.scopes, " ")},
      {"id_token", keys_.Sign(IdTokenClaims(facts, kind), kind, client.client_secret)}};
  return Spoil(JsonAnswer(200, tokens.dump()), login.behaviour.token);
}

Answer Provider::Userinfo(const Request& request, absl::Time now) {
  CheckVippsHeaders(request);
  if (CountHeader(request, "ocp-apim-subscription-key") > 0) {
    return Refuse(Violation::kSubscriptionKey,
                  BearerRefusal("Userinfo takes no Ocp-Apim-Subscription-Key."));
  }
  const absl::string_view token = BearerToken(request);
  if (token.empty()) {
    return Refuse(Violation::kMalformedRequest, BearerRefusal("There is no bearer token."));
  }
  const UserinfoOutcome outcome = state_.Userinfo(token, request.arrival_time);
  const SandboxLogin& login = outcome.login;
  if (outcome.verdict == UserinfoVerdict::kUnknownToken) {
    return BearerRefusal("The access token is not known, or has expired.");
  }
  if (outcome.verdict == UserinfoVerdict::kFailure) {
    return FailureAnswer(login.behaviour.userinfo.failure, now);
  }
  if (HeaderValue(request, "merchant-serial-number") != login.request.msn) {
    state_.Count(Violation::kMerchantSerialNumber);
  }
  const std::string audience = ClientOfMsn(login.request.msn).Audience();
  return Spoil(JsonAnswer(200, UserinfoJson(login.request.msisdn, audience, login.request.scopes,
                                            login.behaviour.profile, now)),
               login.behaviour.userinfo);
}

Answer Provider::ListLogins(const Request&, absl::Time now) {
  return JsonAnswer(200, LoginsJson(state_, Counts(), now));
}

Answer Provider::ListViolations(const Request&, absl::Time) {
  return JsonAnswer(200, ViolationsJson(state_));
}

Answer Provider::ListTotals(const Request&, absl::Time) {
  return JsonAnswer(200, TotalsJson(state_, Counts()));
}

Answer Provider::ListNumbers(const Request&, absl::Time) {
  return {.headers = {{"Content-Type", "text/plain;charset=UTF-8"}}, .body = TestNumbersText()};
}

Answer Provider::DecideAll(const Request& request, absl::Time now) {
  const bool approves = request.path == "/sandbox/approve-all";
  return Decided(state_.DecideAll(approves ? Decision::kApprove : Decision::kDeny, now));
}

// POST /sandbox/logins/{auth_req_id}/approve and /sandbox/phones/{msisdn}/approve, or deny; and
// /sandbox/discovery/{fault} and /sandbox/jwks/{fault}.
Answer Provider::Decide(const Request& request, absl::Time now) {
  const std::vector<std::string> path = absl::StrSplit(request.path, '/', absl::SkipEmpty());
  if (request.method == "POST" && path.size() == 3 && path[1] == "discovery") {
    return SetFault(discovery_, path[2]);
  }
  if (request.method == "POST" && path.size() == 3 && path[1] == "jwks") {
    return SetFault(jwks_, path[2]);
  }
  const bool has_form =
      request.method == "POST" && path.size() == 4 && (path[3] == "approve" || path[3] == "deny");
  const Decision decision = path.back() == "approve" ? Decision::kApprove : Decision::kDeny;
  if (has_form && path[1] == "phones") return Decided(state_.DecidePhone(path[2], decision, now));
  if (has_form && path[1] == "logins") {
    const int decided = state_.Decide(path[2], decision, now);
    return decided > 0 ? Decided(decided) : ErrorAnswer(404, "not_found", "No such login waits.");
  }
  return ErrorAnswer(404, "not_found", "There is nothing at this path; tests/sandbox/README.md.");
}

Answer Provider::SetFault(Published& document, absl::string_view fault) {
  if (document.SetFault(fault)) return JsonAnswer(200, "{}");
  return ErrorAnswer(404, "not_found", "There is no such fault; tests/sandbox/README.md.");
}

// GET /sandbox/logins/{auth_req_id}/redirect and /sandbox/phones/{msisdn}/redirect.
Answer Provider::Redirect(const Request& request, absl::Time now) {
  const std::vector<std::string> path = absl::StrSplit(request.path, '/', absl::SkipEmpty());
  std::optional<std::string> location;
  if (path.size() == 4 && path[3] == "redirect") {
    if (path[1] == "logins") location = state_.Redirect(path[2], now);
    if (path[1] == "phones") location = state_.RedirectOfPhone(path[2], now);
  }
  if (location) return JsonAnswer(200, Json{{"location", *location}}.dump());
  return ErrorAnswer(404, "not_found", "No browser leaves for a web page here, or not yet.");
}

Answer Provider::Refuse(Violation violation, Answer refusal) {
  state_.Count(violation);
  return refusal;
}

std::optional<Answer> Provider::RefuseForm(const Request& request, Form& form) {
  CheckVippsHeaders(request);
  const auto malformed = [this](absl::string_view description) {
    return Refuse(Violation::kMalformedRequest, ErrorAnswer(400, "invalid_request", description));
  };
  if (request.has_query) return malformed("Parameters belong in the body, not in the URL.");
  if (CountHeader(request, "content-type") != 1 || !IsForm(HeaderValue(request, "content-type"))) {
    return malformed("The content type is not application/x-www-form-urlencoded.");
  }
  absl::StatusOr<Form> parsed = ParseForm(request.body);
  if (!parsed.ok()) return malformed(parsed.status().message());
  form = *std::move(parsed);
  return RefuseCaller(request, form);
}

const Client& Provider::ClientOf(const Request& request) const {
  return ClientOfMsn(HeaderValue(request, "merchant-serial-number"));
}

const Client& Provider::ClientOfMsn(absl::string_view msn) const {
  const auto found = std::find_if(settings_.clients.begin(), settings_.clients.end(),
                                  [&](const Client& client) { return client.msn == msn; });
  return found == settings_.clients.end() ? settings_.clients.front() : *found;
}

std::optional<Answer> Provider::RefuseCaller(const Request& request, const Form& form) {
  const Client& client = ClientOf(request);
  if (client.method != AuthenticationMethod::kPartner) {
    std::optional<Answer> refusal = RefuseClient(request, form, client);
    if (refusal) state_.Count(Violation::kClientAuthentication);
    return refusal;
  }
  const absl::string_view token = BearerToken(request);
  const ApiTokenVerdict verdict = api_tokens_.Check(token, client, request.arrival_time);
  const bool has_key =
      CountHeader(request, "ocp-apim-subscription-key") == 1 &&
      IsSame(HeaderValue(request, "ocp-apim-subscription-key"), client.subscription_key);
  if (verdict == ApiTokenVerdict::kGood && has_key) return std::nullopt;
  // A token that is not known may be one from before a restart, or revoked.
  if (token.empty() || !has_key || verdict == ApiTokenVerdict::kExpired) {
    state_.Count(Violation::kClientAuthentication);
  }
  return BearerRefusal("The partner's access token or subscription key is missing or wrong.");
}

void Provider::CheckVippsHeaders(const Request& request) {
  if (CountHeader(request, "merchant-serial-number") != 1 ||
      HeaderValue(request, "merchant-serial-number") != ClientOf(request).msn) {
    state_.Count(Violation::kMerchantSerialNumber);
  }
  const auto value = [&](size_t i) { return HeaderValue(request, kSystemHeaders[i]); };
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    counts_.systems[request.path] =
        absl::StrCat(value(0), " ", value(1), ", ", value(2), " ", value(3));
  }
  for (const absl::string_view name : kSystemHeaders) {
    if (HeaderValue(request, name).size() > kMaxSystemHeader) {
      state_.Count(Violation::kLongSystemHeader);
    }
  }
}

void Provider::CountRequest(const Request& request) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (request.path == kDiscoveryPath) ++counts_.discovery_requests;
  if (request.path == kJwksPath) ++counts_.jwks_requests;
  counts_.most_connections = std::max<int64_t>(counts_.most_connections, request.open_connections);
}

void Provider::Recall(SandboxMemory memory) {
  state_.Recall(std::move(memory.provider));
  const std::lock_guard<std::mutex> lock(mutex_);
  counts_ = memory.counts;
}

EndpointCounts Provider::Counts() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_;
}

}  // namespace cibad
