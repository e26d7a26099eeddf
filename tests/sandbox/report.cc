#include "tests/sandbox/report.h"

#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_join.h"
#include "tests/sandbox/violations.h"

namespace cibad {
namespace {

using Json = nlohmann::ordered_json;

// The first `count` kinds of violations.
Json ViolationsObject(const Violations& violations, size_t count) {
  Json object = {{"total", violations.Total()}};
  for (size_t i = 0; i < count; ++i) {
    object[std::string(kViolationNames[i])] = violations.Of(i);
  }
  return object;
}

const char* StateOf(const SandboxLogin& login, absl::Time now) {
  switch (login.end) {
    case LoginEnd::kTokensGiven:
      return "tokens_given";
    case LoginEnd::kDenied:
      return "denied";
    case LoginEnd::kExpired:
      return "expired";
    case LoginEnd::kRefused:
      return "refused";
    case LoginEnd::kNone:
      break;
  }
  if (now >= login.expire_time) return "expired";
  if (now < login.decision_time) return "waiting";
  if (login.decision == Decision::kApprove) return "approved";
  if (login.decision == Decision::kDeny) return "denied";
  return "waiting";
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

Json LoginObject(const SandboxLogin& login, absl::Time now) {
  return {{"auth_req_id", login.auth_req_id},
          {"access_token", login.access_token},
          {"phone", login.request.msisdn},
          {"binding_message", login.request.binding_message},
          {"scope", absl::StrJoin(login.request.scopes, " ")},
          {"state", StateOf(login, now)},
          {"start_time", TimeText(login.start_time)},
          {"expire_time", TimeText(login.expire_time)},
          {"interval", absl::ToInt64Seconds(login.interval)},
          {"redirect_uri", login.request.redirect_uri},
          {"polls", login.polls},
          {"exchanges", login.exchanges},
          {"userinfo_requests", login.userinfo_requests},
          {"violations", ViolationsObject(login.violations, kLoginViolations)}};
}

Json TotalsObject(const ProviderState& state, const EndpointCounts& counts) {
  const Totals totals = state.AllTotals();
  std::map<LoginEnd, int64_t> ends = totals.ends;
  const int64_t ended = ends[LoginEnd::kTokensGiven] + ends[LoginEnd::kDenied] +
                        ends[LoginEnd::kExpired] + ends[LoginEnd::kRefused];
  return {{"logins", totals.logins},
          {"under_way", totals.logins - ended},
          {"tokens_given", ends[LoginEnd::kTokensGiven]},
          {"denied", ends[LoginEnd::kDenied]},
          {"expired", ends[LoginEnd::kExpired]},
          {"refused", ends[LoginEnd::kRefused]},
          {"backchannel_requests", totals.backchannel_requests},
          {"polls", totals.polls},
          {"polls_of_unknown_logins", totals.unknown_polls},
          {"code_exchanges", totals.code_exchanges},
          {"userinfo_requests", totals.userinfo_requests},
          {"unknown_access_tokens", totals.unknown_access_tokens},
          {"discovery_requests", counts.discovery_requests},
          {"jwks_requests", counts.jwks_requests},
          {"access_tokens_given", counts.access_tokens_given},
          {"user_exists_requests", counts.user_exists_requests},
          {"most_connections", counts.most_connections},
          {"largest_earliness_ms", absl::ToInt64Milliseconds(totals.largest_earliness)}};
}

}  // namespace

std::string ViolationsJson(const ProviderState& state) {
  return ViolationsObject(state.AllViolations(), kViolationNames.size()).dump();
}

std::string TotalsJson(const ProviderState& state, const EndpointCounts& counts) {
  return TotalsObject(state, counts).dump();
}

std::string LoginsJson(const ProviderState& state, const EndpointCounts& counts, absl::Time now) {
  Json logins = Json::array();
  for (const SandboxLogin& login : state.Logins()) logins.push_back(LoginObject(login, now));
  return Json{{"logins", std::move(logins)},
              {"violations", ViolationsObject(state.AllViolations(), kViolationNames.size())},
              {"totals", TotalsObject(state, counts)},
              {"systems", counts.systems},
              {"backchannel_requests_by_phone", state.BackchannelRequestsByPhone()}}
      .dump();
}

}  // namespace cibad
