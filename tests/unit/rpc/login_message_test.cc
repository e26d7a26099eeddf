#include "server/rpc/login_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/time/time.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kNotSet;
const absl::Time kCreateTime = absl::FromUnixMillis(1'700'000'000'250);

Login PendingLogin() {
  Login login;
  login.id = "0123456789abcdefghjkmnpqrs";
  login.revision = 2;
  LoginRequest& request = login.request.Edit();
  request.sales_unit = "123456";
  request.msisdn = "4791234567";
  request.scope = "openid name";
  request.binding_message = "TILL-7";
  request.reference = "receipt 17";
  request.request_id = "request-1";
  login.state = LoginState::kPending;
  login.create_time = kCreateTime;
  login.update_time = kCreateTime + absl::Seconds(1);
  login.expire_time = kCreateTime + absl::Minutes(10);
  login.auth_req_id = "planted-auth-req-id";
  return login;
}

Login CompletedLogin() {
  Login login = PendingLogin();
  login.state = LoginState::kCompleted;
  login.end_time = kCreateTime + absl::Seconds(9);
  login.tokens = Tokens{"planted-access-token", "planted-id-token", kCreateTime};
  login.subject = "sub-1";
  Profile profile;
  profile.subject = "sub-1";
  profile.name = "Ada Nordmann";
  profile.given_name = "Ada";
  profile.family_name = "Nordmann";
  profile.phone_number = "+4791234567";
  profile.phone_number_verified = true;
  profile.email = "ada@example.com";
  profile.email_verified = true;
  profile.addresses = {{"home", "Gata 1\nH0101", "0150", "Oslo", "NO", "Gata 1\n0150\nOslo"},
                       {"work", "Torget 2", "5003", "Bergen", "NO", "Torget 2\n5003\nBergen"}};
  profile.birthdate = "1815-12-10";
  profile.gender = "female";
  profile.nin = "10121512345";
  profile.consents = Consents{"Club",
                              "Terms",
                              "2026-08-01T12:00:00Z",
                              {{"mail", true, false, "By mail?"}},
                              {{"The terms", "https://shop.example/terms"}}};
  profile.other_claims_json = R"({"sid":"session","level":3})";
  login.profile = std::move(profile);
  return login;
}

TEST(LoginMessage, ShowsWhatATillMaySeeOfAPendingLogin) {
  const v1::Login message = ToMessage(PendingLogin(), kNotSet);
  EXPECT_EQ(message.id(), "0123456789abcdefghjkmnpqrs");
  EXPECT_EQ(message.state(), v1::Login::PENDING);
  EXPECT_FALSE(message.has_failure());
  EXPECT_FALSE(message.has_profile());
  EXPECT_EQ(message.masked_phone_number(), "47*****567");
  EXPECT_EQ(message.binding_message(), "TILL-7");
  EXPECT_THAT(message.scopes(), ElementsAre("openid", "name"));
  EXPECT_EQ(message.sales_unit(), "123456");
  EXPECT_EQ(message.reference(), "receipt 17");
  EXPECT_EQ(message.request_id(), "request-1");
  EXPECT_EQ(message.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(message.create_time().nanos(), 250'000'000);
  EXPECT_EQ(message.update_time().seconds(), 1'700'000'001);
  EXPECT_EQ(message.expire_time().seconds(), 1'700'000'600);
  EXPECT_FALSE(message.has_end_time());
  EXPECT_THAT(message.staff_message(), HasSubstr("TILL-7"));
  EXPECT_EQ(message.language_code(), "en");
}

TEST(LoginMessage, ShowsTimesByTheWallClockAsItIsNow) {
  for (const int hours : {-1, 1}) {
    const absl::Duration shift = absl::Hours(hours);
    const v1::Login message = ToMessage(CompletedLogin(), shift);
    EXPECT_EQ(message.create_time().seconds(), 1'700'000'000 + 3600 * hours);
    EXPECT_EQ(message.update_time().seconds(), 1'700'000'001 + 3600 * hours);
    EXPECT_EQ(message.expire_time().seconds(), 1'700'000'600 + 3600 * hours);
    EXPECT_EQ(message.end_time().seconds(), 1'700'000'009 + 3600 * hours);
    EXPECT_EQ(message.create_time().nanos(), 250'000'000);
    EXPECT_EQ(message.profile().consents().time_of_consent().seconds(), 1'785'585'600)
        << "the provider's, not of this clock";
    EXPECT_EQ(ToMessageWithoutProfile(CompletedLogin(), shift).expire_time().seconds(),
              1'700'000'600 + 3600 * hours);
  }
}

TEST(LoginMessage, SpeaksTheLanguageOfTheStartInBothPlaces) {
  Login login = PendingLogin();
  login.request.Edit().language = Language::kFinnish;
  login.state = LoginState::kFailed;
  login.failure.Edit().reason = FailureReason::kAppOutdated;
  const v1::Login message = ToMessage(login, kNotSet);
  EXPECT_EQ(message.language_code(), "fi");
  EXPECT_THAT(message.staff_message(), HasSubstr("sovellus on liian vanha"));
  EXPECT_EQ(message.failure().staff_message(), message.staff_message());
}

TEST(LoginMessage, HasNoExpiryBeforeTheProviderGaveOne) {
  Login login = PendingLogin();
  login.state = LoginState::kStarting;
  login.expire_time = absl::InfiniteFuture();
  EXPECT_FALSE(ToMessage(login, kNotSet).has_expire_time());
}

TEST(LoginMessage, NeverHoldsTokensOrAuthReqId) {
  const std::string message = ToMessage(CompletedLogin(), kNotSet).SerializeAsString();
  EXPECT_THAT(message, Not(HasSubstr("planted")));
  EXPECT_THAT(ToMessage(PendingLogin(), kNotSet).SerializeAsString(), Not(HasSubstr("4791234567")));
}

TEST(LoginMessage, OfACompletedLoginHoldsTheProfile) {
  const v1::Login message = ToMessage(CompletedLogin(), kNotSet);
  EXPECT_EQ(message.end_time().seconds(), 1'700'000'009);
  const v1::Profile& profile = message.profile();
  EXPECT_EQ(profile.sub(), "sub-1");
  EXPECT_EQ(profile.name(), "Ada Nordmann");
  EXPECT_EQ(profile.given_name(), "Ada");
  EXPECT_EQ(profile.family_name(), "Nordmann");
  EXPECT_EQ(profile.phone_number(), "+4791234567");
  EXPECT_TRUE(profile.phone_number_verified());
  EXPECT_EQ(profile.email(), "ada@example.com");
  EXPECT_TRUE(profile.email_verified());
  EXPECT_EQ(profile.birthdate(), "1815-12-10");
  EXPECT_EQ(profile.gender(), "female");
  EXPECT_EQ(profile.nin(), "10121512345");

  ASSERT_EQ(profile.addresses_size(), 2);
  EXPECT_EQ(profile.addresses(0).address_type(), "home");
  EXPECT_EQ(profile.addresses(0).street_address(), "Gata 1\nH0101");
  EXPECT_EQ(profile.addresses(0).postal_code(), "0150");
  EXPECT_EQ(profile.addresses(0).region(), "Oslo");
  EXPECT_EQ(profile.addresses(0).country(), "NO");
  EXPECT_EQ(profile.addresses(0).formatted(), "Gata 1\n0150\nOslo");
  EXPECT_EQ(profile.addresses(1).address_type(), "work");

  EXPECT_EQ(profile.consents().heading(), "Club");
  EXPECT_EQ(profile.consents().terms_description(), "Terms");
  EXPECT_EQ(profile.consents().time_of_consent().seconds(), 1'785'585'600);
  ASSERT_EQ(profile.consents().consents_size(), 1);
  EXPECT_EQ(profile.consents().consents(0).id(), "mail");
  EXPECT_TRUE(profile.consents().consents(0).accepted());
  EXPECT_FALSE(profile.consents().consents(0).required());
  EXPECT_EQ(profile.consents().consents(0).text_displayed_to_user(), "By mail?");
  ASSERT_EQ(profile.consents().links_size(), 1);
  EXPECT_EQ(profile.consents().links(0).text(), "The terms");
  EXPECT_EQ(profile.consents().links(0).url(), "https://shop.example/terms");

  EXPECT_EQ(profile.other_claims().fields().at("sid").string_value(), "session");
  EXPECT_EQ(profile.other_claims().fields().at("level").number_value(), 3);
}

TEST(LoginMessage, OfACheckInAndAWebPageTellsNeitherTokenNorState) {
  Login login = CompletedLogin();
  LoginRequest& request = login.request.Edit();
  request.msisdn = "";
  request.customer_token = "s3cret-token";
  request.web_page = WebPage{"https://shop.example/back", "s3cret-state"};
  const v1::Login message = ToMessage(login, kNotSet);
  EXPECT_EQ(message.masked_phone_number(), "");
  EXPECT_EQ(message.redirect_uri(), "https://shop.example/back");
  EXPECT_EQ(message.SerializeAsString().find("s3cret"), std::string::npos);
}

TEST(LoginMessage, LeavesOutAConsentsTimeThatIsNone) {
  Login login = CompletedLogin();
  login.profile->consents->time_of_consent = "yesterday";
  const v1::Login message = ToMessage(login, kNotSet);
  EXPECT_EQ(message.profile().consents().heading(), "Club");
  EXPECT_FALSE(message.profile().consents().has_time_of_consent());
}

TEST(LoginMessage, InAListHasNoProfile) {
  const v1::Login message = ToMessageWithoutProfile(CompletedLogin(), kNotSet);
  EXPECT_FALSE(message.has_profile());
  EXPECT_THAT(message.SerializeAsString(), Not(HasSubstr("Nordmann")));
  EXPECT_EQ(message.state(), v1::Login::COMPLETED);
}

TEST(LoginMessage, OfAFailedLoginSaysWhy) {
  Login login = PendingLogin();
  login.state = LoginState::kFailed;
  login.failure = Failure{FailureReason::kTooManyLogins, "slow-please", absl::Seconds(90)};
  const v1::Login message = ToMessage(login, kNotSet);
  EXPECT_EQ(message.failure().reason(), v1::Failure::TOO_MANY_LOGINS);
  EXPECT_EQ(message.failure().provider_code(), "slow-please");
  EXPECT_EQ(message.failure().retry_after().seconds(), 90);
  EXPECT_EQ(message.failure().staff_message(), message.staff_message());
  EXPECT_FALSE(message.staff_message().empty());
}

TEST(LoginMessage, EveryStateAndReasonHasItsOwnName) {
  const std::pair<LoginState, v1::Login::State> kStates[] = {
      {LoginState::kStarting, v1::Login::STARTING},
      {LoginState::kPending, v1::Login::PENDING},
      {LoginState::kConfirmed, v1::Login::CONFIRMED},
      {LoginState::kCompleted, v1::Login::COMPLETED},
      {LoginState::kDenied, v1::Login::DENIED},
      {LoginState::kExpired, v1::Login::EXPIRED},
      {LoginState::kCancelled, v1::Login::CANCELLED},
      {LoginState::kFailed, v1::Login::FAILED}};
  for (const auto& [state, expected] : kStates) {
    Login login = PendingLogin();
    login.state = state;
    EXPECT_EQ(ToMessage(login, kNotSet).state(), expected);
  }
  const std::pair<FailureReason, v1::Failure::Reason> kReasons[] = {
      {FailureReason::kInterrupted, v1::Failure::INTERRUPTED},
      {FailureReason::kInvalidUser, v1::Failure::INVALID_USER},
      {FailureReason::kAppOutdated, v1::Failure::APP_OUTDATED},
      {FailureReason::kTooManyLogins, v1::Failure::TOO_MANY_LOGINS},
      {FailureReason::kWrongChallenge, v1::Failure::WRONG_CHALLENGE},
      {FailureReason::kCredentialsRefused, v1::Failure::CREDENTIALS_REFUSED},
      {FailureReason::kRequestRefused, v1::Failure::REQUEST_REFUSED},
      {FailureReason::kProviderUnavailable, v1::Failure::PROVIDER_UNAVAILABLE},
      {FailureReason::kProviderAnswerInvalid, v1::Failure::PROVIDER_ANSWER_INVALID},
      {FailureReason::kIdTokenRefused, v1::Failure::ID_TOKEN_REFUSED},
      {FailureReason::kProfileRefused, v1::Failure::PROFILE_REFUSED},
      {FailureReason::kOther, v1::Failure::OTHER}};
  for (const auto& [reason, expected] : kReasons) {
    Login login = PendingLogin();
    login.state = LoginState::kFailed;
    login.failure.Edit().reason = reason;
    EXPECT_EQ(ToMessage(login, kNotSet).failure().reason(), expected);
  }
}

}  // namespace
}  // namespace cibad
