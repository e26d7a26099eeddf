// What a kept login consists of: the members of each struct, listed once, for what writes them and
// for what reads them, so that the two cannot drift apart. Included by the record's .cc files only.

#ifndef CIBAD_SERVER_STORE_RECORD_MEMBERS_H_
#define CIBAD_SERVER_STORE_RECORD_MEMBERS_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/login/login.h"
#include "server/login/profile.h"
#include "server/login/scope.h"

namespace cibad {

// The names that enumerators are kept by, so that their order in the code is free to change.
inline constexpr std::array<const char*, 8> kStateNames = {
    "starting", "pending", "confirmed", "completed", "denied", "expired", "cancelled", "failed"};
static_assert(kStateNames.size() == static_cast<size_t>(LoginState::kFailed) + 1);

inline constexpr std::array<const char*, 13> kReasonNames = {"none",
                                                             "interrupted",
                                                             "invalid_user",
                                                             "app_outdated",
                                                             "too_many_logins",
                                                             "wrong_challenge",
                                                             "credentials_refused",
                                                             "request_refused",
                                                             "provider_unavailable",
                                                             "provider_answer_invalid",
                                                             "id_token_refused",
                                                             "profile_refused",
                                                             "other"};
static_assert(kReasonNames.size() == static_cast<size_t>(FailureReason::kOther) + 1);

inline constexpr std::array<const char*, 5> kLanguageNames = {"en", "nb", "da", "sv", "fi"};
static_assert(kLanguageNames.size() == static_cast<size_t>(Language::kFinnish) + 1);

inline absl::Time FromStoredTime(int64_t stored) {
  if (stored == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  if (stored == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  return absl::FromUnixNanos(stored);
}

inline absl::Duration DurationFromStored(int64_t nanoseconds) {
  if (nanoseconds == std::numeric_limits<int64_t>::max()) return absl::InfiniteDuration();
  return absl::Nanoseconds(nanoseconds);
}

// The formats that added members; 1 was JSON (json_record.h), 2 had the same in bytes (record.h).
inline constexpr int kFormatOfWaysToFinish = 3;
inline constexpr int kFormatOfCallers = 4;

// `T` is that struct, const where it is written. The order is that of the record: a member that is
// added needs a new format, and is visited only where the visitor's format() has it.
template <typename T, typename Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

template <typename Visitor, Is<Failure> T>
void VisitMembers(Visitor& visit, T& failure) {
  visit("reason", failure.reason);
  visit("provider_code", failure.provider_code);
  visit("retry_after", failure.retry_after);
}

template <typename Visitor, Is<LoginRequest> T>
void VisitMembers(Visitor& visit, T& request) {
  visit("sales_unit", request.sales_unit);
  visit("msisdn", request.msisdn);
  // A list, as it was held when the first records were written.
  const std::vector<absl::string_view> views = SplitScopes(request.scope);
  std::vector<std::string> scopes(views.begin(), views.end());
  visit("scopes", scopes);
  if constexpr (!std::is_const_v<T>) request.scope = JoinScopes(scopes);
  visit("binding_message", request.binding_message);
  visit("binding_message_is_made", request.binding_message_is_made);
  visit("requested_expiry", request.requested_expiry);
  visit("reference", request.reference);
  visit("request_id", request.request_id);
  if (visit.format() < kFormatOfWaysToFinish) return;
  visit("customer_token", request.customer_token);
  WebPage page = request.web_page.has_value() ? *request.web_page : WebPage();
  visit("redirect_uri", page.redirect_uri);
  visit("state", page.state);
  if constexpr (!std::is_const_v<T>) {
    if (!page.redirect_uri.empty()) request.web_page = std::move(page);
  }
  visit("language", request.language);
  if (visit.format() < kFormatOfCallers) return;
  visit("caller", request.caller);
}

template <typename Visitor, Is<Handling> T>
void VisitMembers(Visitor& visit, T& handling) {
  visit("check_user", handling.check_user);
  visit("ping_fallback", handling.ping_fallback);
}

template <typename Visitor, Is<Tokens> T>
void VisitMembers(Visitor& visit, T& tokens) {
  visit("access_token", tokens.access_token);
  visit("id_token", tokens.id_token);
  visit("expire_time", tokens.expire_time);
}

template <typename Visitor, Is<Address> T>
void VisitMembers(Visitor& visit, T& address) {
  visit("address_type", address.address_type);
  visit("street_address", address.street_address);
  visit("postal_code", address.postal_code);
  visit("region", address.region);
  visit("country", address.country);
  visit("formatted", address.formatted);
}

template <typename Visitor, Is<Consent> T>
void VisitMembers(Visitor& visit, T& consent) {
  visit("id", consent.id);
  visit("accepted", consent.accepted);
  visit("required", consent.required);
  visit("text_displayed_to_user", consent.text_displayed_to_user);
}

template <typename Visitor, Is<Link> T>
void VisitMembers(Visitor& visit, T& link) {
  visit("text", link.text);
  visit("url", link.url);
}

template <typename Visitor, Is<Consents> T>
void VisitMembers(Visitor& visit, T& consents) {
  visit("heading", consents.heading);
  visit("terms_description", consents.terms_description);
  visit("time_of_consent", consents.time_of_consent);
  visit("consents", consents.consents);
  if (visit.format() < kFormatOfWaysToFinish) return;
  visit("links", consents.links);
}

template <typename Visitor, Is<Profile> T>
void VisitMembers(Visitor& visit, T& profile) {
  visit("subject", profile.subject);
  visit("name", profile.name);
  visit("given_name", profile.given_name);
  visit("family_name", profile.family_name);
  visit("phone_number", profile.phone_number);
  visit("phone_number_verified", profile.phone_number_verified);
  visit("email", profile.email);
  visit("email_verified", profile.email_verified);
  visit("addresses", profile.addresses);
  visit("birthdate", profile.birthdate);
  visit("gender", profile.gender);
  visit("nin", profile.nin);
  visit("consents", profile.consents);
  visit("other_claims_json", profile.other_claims_json);
}

template <typename Visitor, Is<Login> T>
void VisitMembers(Visitor& visit, T& login) {
  visit("id", login.id);
  visit("revision", login.revision);
  visit("request", login.request);
  visit("state", login.state);
  visit("failure", login.failure);
  visit("create_time", login.create_time);
  visit("update_time", login.update_time);
  visit("expire_time", login.expire_time);
  visit("end_time", login.end_time);
  visit("auth_req_id", login.auth_req_id);
  visit("interval", login.interval);
  visit("tokens", login.tokens);
  visit("subject", login.subject);
  visit("profile", login.profile);
  if (visit.format() < kFormatOfWaysToFinish) return;
  visit("handling", login.handling);
  visit("retry_time", login.retry_time);
  visit("code_may_be_used", login.code_may_be_used);
}

}  // namespace cibad

#endif  // CIBAD_SERVER_STORE_RECORD_MEMBERS_H_
