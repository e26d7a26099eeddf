#include "server/rpc/login_message.h"

#include <google/protobuf/util/json_util.h>

#include <string>

#include "absl/time/time.h"
#include "server/login/language.h"
#include "server/login/phone_mask.h"
#include "server/login/scope.h"
#include "server/login/staff_message.h"

namespace cibad {
namespace {

v1::Login::State ToMessage(LoginState state) {
  switch (state) {
    case LoginState::kStarting:
      return v1::Login::STARTING;
    case LoginState::kPending:
      return v1::Login::PENDING;
    case LoginState::kConfirmed:
      return v1::Login::CONFIRMED;
    case LoginState::kCompleted:
      return v1::Login::COMPLETED;
    case LoginState::kDenied:
      return v1::Login::DENIED;
    case LoginState::kExpired:
      return v1::Login::EXPIRED;
    case LoginState::kCancelled:
      return v1::Login::CANCELLED;
    case LoginState::kFailed:
      break;
  }
  return v1::Login::FAILED;
}

v1::Failure::Reason ToMessage(FailureReason reason) {
  switch (reason) {
    case FailureReason::kNone:
      return v1::Failure::REASON_UNSPECIFIED;
    case FailureReason::kInterrupted:
      return v1::Failure::INTERRUPTED;
    case FailureReason::kInvalidUser:
      return v1::Failure::INVALID_USER;
    case FailureReason::kAppOutdated:
      return v1::Failure::APP_OUTDATED;
    case FailureReason::kTooManyLogins:
      return v1::Failure::TOO_MANY_LOGINS;
    case FailureReason::kWrongChallenge:
      return v1::Failure::WRONG_CHALLENGE;
    case FailureReason::kCredentialsRefused:
      return v1::Failure::CREDENTIALS_REFUSED;
    case FailureReason::kRequestRefused:
      return v1::Failure::REQUEST_REFUSED;
    case FailureReason::kProviderUnavailable:
      return v1::Failure::PROVIDER_UNAVAILABLE;
    case FailureReason::kProviderAnswerInvalid:
      return v1::Failure::PROVIDER_ANSWER_INVALID;
    case FailureReason::kIdTokenRefused:
      return v1::Failure::ID_TOKEN_REFUSED;
    case FailureReason::kProfileRefused:
      return v1::Failure::PROFILE_REFUSED;
    case FailureReason::kOther:
      break;
  }
  return v1::Failure::OTHER;
}

void SetTime(google::protobuf::Timestamp& message, absl::Time time) {
  const timespec spec = absl::ToTimespec(time);
  message.set_seconds(spec.tv_sec);
  message.set_nanos(static_cast<int>(spec.tv_nsec));
}

void SetFailure(v1::Failure& message, const Login& login) {
  message.set_reason(ToMessage(login.failure->reason));
  message.set_staff_message(StaffMessage(login));
  message.set_provider_code(login.failure->provider_code);
  if (login.failure->retry_after.has_value()) {
    message.mutable_retry_after()->set_seconds(absl::ToInt64Seconds(*login.failure->retry_after));
  }
}

void SetAddress(v1::Address& message, const Address& address) {
  message.set_address_type(address.address_type);
  message.set_street_address(address.street_address);
  message.set_postal_code(address.postal_code);
  message.set_region(address.region);
  message.set_country(address.country);
  message.set_formatted(address.formatted);
}

void SetConsents(v1::Consents& message, const Consents& consents) {
  message.set_heading(consents.heading);
  message.set_terms_description(consents.terms_description);
  absl::Time time;
  if (absl::ParseTime(absl::RFC3339_full, consents.time_of_consent, &time, nullptr)) {
    SetTime(*message.mutable_time_of_consent(), time);
  }
  for (const Consent& consent : consents.consents) {
    v1::Consents::Consent& one = *message.add_consents();
    one.set_id(consent.id);
    one.set_accepted(consent.accepted);
    one.set_required(consent.required);
    one.set_text_displayed_to_user(consent.text_displayed_to_user);
  }
  for (const Link& link : consents.links) {
    v1::Consents::Link& one = *message.add_links();
    one.set_text(link.text);
    one.set_url(link.url);
  }
}

void SetProfile(v1::Profile& message, const Profile& profile) {
  message.set_sub(profile.subject);
  message.set_name(profile.name);
  message.set_given_name(profile.given_name);
  message.set_family_name(profile.family_name);
  message.set_phone_number(profile.phone_number);
  message.set_phone_number_verified(profile.phone_number_verified);
  message.set_email(profile.email);
  message.set_email_verified(profile.email_verified);
  for (const Address& address : profile.addresses) SetAddress(*message.add_addresses(), address);
  message.set_birthdate(profile.birthdate);
  message.set_gender(profile.gender);
  message.set_nin(profile.nin);
  if (profile.consents.has_value()) SetConsents(*message.mutable_consents(), *profile.consents);
  if (profile.other_claims_json.empty()) return;
  const auto status = google::protobuf::util::JsonStringToMessage(profile.other_claims_json,
                                                                  message.mutable_other_claims());
  if (!status.ok()) message.clear_other_claims();  // nothing that a till could use
}

void SetWithoutProfile(v1::Login& message, const Login& login, absl::Duration shift) {
  message.set_id(login.id);
  message.set_state(ToMessage(login.state));
  if (login.state == LoginState::kFailed) SetFailure(*message.mutable_failure(), login);
  message.set_masked_phone_number(MaskPhoneNumber(login.request->msisdn));
  message.set_binding_message(login.request->binding_message);
  for (const absl::string_view scope : SplitScopes(login.request->scope))
    message.add_scopes(scope.data(), scope.size());
  message.set_sales_unit(login.request->sales_unit);
  message.set_reference(login.request->reference);
  message.set_request_id(login.request->request_id);
  SetTime(*message.mutable_create_time(), login.create_time + shift);
  SetTime(*message.mutable_update_time(), login.update_time + shift);
  if (login.expire_time != absl::InfiniteFuture()) {
    SetTime(*message.mutable_expire_time(), login.expire_time + shift);
  }
  if (login.end_time.has_value()) SetTime(*message.mutable_end_time(), *login.end_time + shift);
  message.set_staff_message(StaffMessage(login));
  message.set_language_code(std::string(LanguageTag(login.request->language)));
  if (FinishesOnWebPage(*login.request))
    message.set_redirect_uri(login.request->web_page->redirect_uri);
}

}  // namespace

void SetLogin(v1::Login& message, const Login& login, absl::Duration shift) {
  SetWithoutProfile(message, login, shift);
  if (login.profile.has_value()) SetProfile(*message.mutable_profile(), *login.profile);
}

v1::Login ToMessage(const Login& login, absl::Duration shift) {
  v1::Login message;
  SetLogin(message, login, shift);
  return message;
}

v1::Login ToMessageWithoutProfile(const Login& login, absl::Duration shift) {
  v1::Login message;
  SetWithoutProfile(message, login, shift);
  return message;
}

}  // namespace cibad
