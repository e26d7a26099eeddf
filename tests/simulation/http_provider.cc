#include "tests/simulation/http_provider.h"

#include <optional>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/simulation/prepared_tokens.h"

namespace cibad {
namespace {

constexpr char kDiscoveryJson[] = R"({"issuer":"https://provider.test/access/",
  "token_endpoint":"https://provider.test/token",
  "userinfo_endpoint":"https://provider.test/userinfo",
  "jwks_uri":"https://provider.test/jwks",
  "backchannel_authentication_endpoint":"https://provider.test/backchannel"})";

// Whoever began to fetch the keys earlier has them by then, or has given up.
constexpr absl::Duration kLongestFetch = absl::Seconds(36);

// Before the digit that names the customer.
constexpr absl::string_view kNumber = "479000000";
constexpr absl::string_view kAuthReqId = "auth-req-id-";
constexpr absl::string_view kAccessToken = "access-token-";

HttpResponse Response(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.headers.Add({"content-type: application/json"});
  response.body = std::move(body);
  return response;
}

HttpResponse WithRetryAfter(HttpResponse response, std::optional<absl::Duration> wait) {
  if (wait.has_value())
    response.headers.Add({"retry-after: ", absl::StrCat(absl::ToInt64Seconds(*wait))});
  return response;
}

HttpResponse ResponseOf(const ProviderError& error) {
  const std::string body =
      error.code.empty() ? "" : absl::StrCat(R"({"error":")", error.code, R"("})");
  return WithRetryAfter(Response(error.http_status, body), error.retry_after);
}
HttpResponse ResponseOf(const NoAnswer& none) {
  return WithRetryAfter(Response(none.http_status, ""), none.retry_after);
}
HttpResponse ResponseOf(const InvalidAnswer&) { return Response(200, "nonsense"); }

// What is not the answer that was hoped for; nothing where it is.
template <typename HopedFor>
std::optional<HttpResponse> OtherThan(const Outcome<HopedFor>& outcome) {
  return std::visit(
      [](const auto& what) -> std::optional<HttpResponse> {
        if constexpr (requires { ResponseOf(what); }) {
          return ResponseOf(what);
        } else {
          return std::nullopt;
        }
      },
      outcome);
}

// The digit behind `before`, of the first such place; -1: there is none.
int DigitBehind(absl::string_view text, absl::string_view before) {
  const size_t place = text.find(before);
  int digit = -1;
  if (place == absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(place + before.size(), 1), &digit)) {
    return -1;
  }
  return digit;
}

int CustomerOfBearer(const HttpRequest& request) {
  for (const absl::string_view header : request.headers) {
    if (absl::StartsWith(header, "Authorization: Bearer "))
      return DigitBehind(header, kAccessToken);
  }
  return -1;
}

}  // namespace

std::string HttpProvider::NumberOf(int customer) { return absl::StrCat(kNumber, customer); }
std::string HttpProvider::AuthReqIdOf(int customer) { return absl::StrCat(kAuthReqId, customer); }
std::string HttpProvider::AccessTokenOf(int customer) {
  return absl::StrCat(kAccessToken, customer);
}

void HttpProvider::Add(const Plan& plan) { customers_.emplace_back(plan, random_); }

Target HttpProvider::Find(const HttpRequest& request) const {
  Target target;
  if (absl::EndsWith(request.url, "/openid-configuration")) return {Endpoint::kDiscovery};
  if (absl::EndsWith(request.url, "/jwks")) return {Endpoint::kKeys};
  if (absl::EndsWith(request.url, "/backchannel")) {
    target = {Endpoint::kBackchannel, DigitBehind(request.body, kNumber)};
  } else if (absl::EndsWith(request.url, "/token")) {
    target = {Endpoint::kToken, DigitBehind(request.body, kAuthReqId)};
  } else if (absl::EndsWith(request.url, "/userinfo")) {
    target = {Endpoint::kUserinfo, CustomerOfBearer(request)};
  }
  if (target.customer < 0 || target.customer >= static_cast<int>(customers_.size())) return {};
  return target;
}

int HttpProvider::Arrive(const Target& target, absl::Time now, absl::Time hang_up) {
  switch (target.endpoint) {
    case Endpoint::kBackchannel:
      customer(target.customer).BackchannelRequestArrives();
      break;
    case Endpoint::kToken:
      return customer(target.customer).TokenRequestArrives(now, hang_up);
    case Endpoint::kUserinfo:
      customer(target.customer).UserinfoRequestArrives();
      break;
    default:
      break;
  }
  return 0;
}

HttpResponse HttpProvider::Answer(const Target& target, int number, absl::Time now) {
  switch (target.endpoint) {
    case Endpoint::kDiscovery:
      return Response(200, kDiscoveryJson);
    case Endpoint::kKeys:
      return Response(200, now >= newer_keys_time_ ? Prepared().newer_keys : Prepared().keys);
    case Endpoint::kBackchannel: {
      const auto outcome = customer(target.customer).AnswerBackchannelRequest(now);
      if (const auto other = OtherThan(outcome)) return *other;
      const auto& acknowledgement = std::get<Acknowledgement>(outcome);
      return Response(
          200,
          absl::StrCat(R"({"auth_req_id":")", AuthReqIdOf(target.customer), R"(","expires_in":)",
                       absl::ToInt64Seconds(acknowledgement.expires_in), R"(,"interval":)",
                       absl::ToInt64Seconds(acknowledgement.interval), "}"));
    }
    case Endpoint::kToken: {
      const auto outcome = customer(target.customer).AnswerTokenRequest(number, now);
      if (const auto other = OtherThan(outcome)) return *other;
      return Response(200, TokensOf(target.customer, now));
    }
    default:
      return UserinfoOf(target, now);
  }
}

std::string HttpProvider::TokensOf(int customer, absl::Time now) {
  const auto index = static_cast<size_t>(customer);
  const std::string* id_token = &Prepared().good[index];
  if (!plan(customer).id_token_is_good) {
    id_token = &Prepared().bad[static_cast<size_t>(random_.Below(4))];
  } else if (now >= newer_keys_time_ + kLongestFetch) {
    id_token = &Prepared().newly_key[index];
  }
  return absl::StrCat(
      R"({"access_token":")", AccessTokenOf(customer), R"(","token_type":"Bearer","expires_in":)",
      absl::ToInt64Seconds(kAccessTokenLife), R"(,"id_token":")", *id_token, R"("})");
}

HttpResponse HttpProvider::UserinfoOf(const Target& target, absl::Time now) {
  const auto outcome = customer(target.customer).AnswerUserinfoRequest(now);
  if (const auto other = OtherThan(outcome)) return *other;
  const bool is_theirs = plan(target.customer).profile == ProfileAnswer::kIsTheCustomers;
  return Response(
      200, absl::StrCat(R"({"sub":")", is_theirs ? SubjectOfCustomer(target.customer) : "another",
                        R"("})"));
}

void HttpProvider::DaemonDied(absl::Time now) {
  for (Customer& customer : customers_) customer.provider.DaemonDied(now);
}

const Invariant* HttpProvider::violation() const {
  for (const Customer& customer : customers_) {
    if (customer.provider.violation() != nullptr) return customer.provider.violation();
  }
  return nullptr;
}

}  // namespace cibad
