#include "server/engine/sales_unit_calls.h"

#include <memory>
#include <string>
#include <variant>

#include "absl/status/status.h"

namespace cibad {
namespace {

constexpr int kUnauthorized = 401;

// What the provider would say to a request with keys that it has refused just now.
HttpResult RefusedKeys() {
  HttpResponse response;
  response.status = kUnauthorized;
  response.body = R"({"title":"no access token: the provider refused the partner keys"})";
  return response;
}

bool IsRefusedToken(const HttpResult& result) {
  const auto* response = std::get_if<HttpResponse>(&result);
  return response != nullptr && response->status == kUnauthorized;
}

}  // namespace

HttpResult NotSent(absl::string_view why) {
  return HttpError{absl::UnavailableError(why), /*may_have_arrived=*/false};
}

void SalesUnitCalls::Send(const SalesUnit& unit, Proof proof, const Build& build, Done done) {
  const auto metadata = environment_.provider->metadata();
  if (metadata == nullptr) {
    return Post(NotSent("the provider's endpoints are not known yet"), std::move(done));
  }
  const bool needs_token =
      proof == Proof::kSalesUnit && unit.authentication == ClientAuthentication::kPartnerKeys;
  if (!needs_token) return environment_.http->Send(build(*metadata, unit), std::move(done));

  const AccessTokens::Found token = environment_.access_tokens->Find(unit);
  if (absl::IsFailedPrecondition(token.status())) return Post(RefusedKeys(), std::move(done));
  if (!token.ok()) return Post(NotSent(token.status().message()), std::move(done));
  environment_.http->Send(build(*metadata, {unit, *token}),
                          [tokens = environment_.access_tokens, unit, token = *token,
                           done = std::move(done)](HttpResult result) {
                            if (IsRefusedToken(result)) tokens->Refuse(unit, token);
                            done(std::move(result));
                          });
}

void SalesUnitCalls::Post(HttpResult result, Done done) {
  environment_.post([result = std::move(result), done = std::move(done)] { done(result); });
}

}  // namespace cibad
