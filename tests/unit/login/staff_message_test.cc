#include "server/login/staff_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string MessageOf(const Failure& failure) {
  Login login;
  login.state = LoginState::kFailed;
  login.failure = failure;
  return StaffMessage(login);
}

std::string MessageOf(FailureReason reason) { return MessageOf(Failure{reason, "", std::nullopt}); }

// A login with all that is personal or secret in it, in each state and for each reason.
std::vector<Login> EveryLogin() {
  Login login = Fetching().login();
  login.profile = CustomerProfile();
  std::vector<Login> logins;
  for (int state = 0; state <= static_cast<int>(LoginState::kFailed); ++state) {
    login.state = static_cast<LoginState>(state);
    logins.push_back(login);
  }
  for (int reason = 0; reason <= static_cast<int>(FailureReason::kOther); ++reason) {
    login.failure.Edit().reason = static_cast<FailureReason>(reason);
    logins.push_back(login);
  }
  return logins;
}

TEST(StaffMessage, EveryStateAndReasonIsToldInEachLanguage) {
  for (Login login : EveryLogin()) {
    std::set<std::string> messages;
    for (const Language language : kLanguages) {
      login.request.Edit().language = language;
      messages.insert(StaffMessage(login));
    }
    EXPECT_EQ(messages.size(), kLanguages.size()) << *messages.begin();
  }
}

TEST(StaffMessage, HoldsNothingPersonalOrSecret) {
  for (const Login& login : EveryLogin()) {
    const std::string message = StaffMessage(login);
    for (const char* secret : {"91234567", "auth-req-id", "access-token", "Kari", kSubject}) {
      EXPECT_THAT(message, Not(HasSubstr(secret)));
    }
  }
}

TEST(StaffMessage, PendingNamesTheBindingMessageToCompare) {
  EXPECT_THAT(StaffMessage(Waiting().login()), HasSubstr("K7P-3XM"));
}

TEST(StaffMessage, PendingWithoutABindingMessageNamesNone) {
  Login login = Waiting().login();
  login.request.Edit().binding_message.clear();
  EXPECT_THAT(StaffMessage(login), HasSubstr("open the Vipps MobilePay app"));
  EXPECT_THAT(StaffMessage(login), Not(HasSubstr("shows")));
}

TEST(StaffMessage, TooManyLoginsSaysHowLongToWaitInWholeSecondsRoundedUp) {
  const Failure failure{FailureReason::kTooManyLogins, "", absl::Milliseconds(41'200)};
  EXPECT_THAT(MessageOf(failure), HasSubstr("42 seconds"));
  EXPECT_THAT(MessageOf(FailureReason::kTooManyLogins), HasSubstr("wait a little"));
}

TEST(StaffMessage, TooManyLoginsSaysALongWaitInMinutesAndNeverOneOfAnything) {
  const auto message = [](absl::Duration wait) {
    return MessageOf(Failure{FailureReason::kTooManyLogins, "", wait});
  };
  EXPECT_THAT(message(absl::Seconds(0)), HasSubstr("wait a little"));
  EXPECT_THAT(message(absl::Seconds(1)), HasSubstr("wait a little"));
  EXPECT_THAT(message(absl::Milliseconds(1001)), HasSubstr("2 seconds"));
  EXPECT_THAT(message(absl::Seconds(99)), HasSubstr("99 seconds"));
  EXPECT_THAT(message(absl::Milliseconds(99'001)), HasSubstr("2 minutes"));
  EXPECT_THAT(message(absl::Hours(24)), HasSubstr("1440 minutes"));
}

TEST(StaffMessage, OfWhoCheckedInWithAQrCodeNoPhoneNumberIsBlamed) {
  Login login;
  login.state = LoginState::kFailed;
  login.failure.Edit().reason = FailureReason::kInvalidUser;
  login.request.Edit().customer_token = "token";
  EXPECT_THAT(StaffMessage(login), HasSubstr("This customer cannot"));
  login.request.Edit().customer_token.clear();
  EXPECT_THAT(StaffMessage(login), HasSubstr("This phone number cannot"));
}

TEST(StaffMessage, AnOldCheckInIsForTheCustomerToMend) {
  Login login;
  login.state = LoginState::kFailed;
  login.failure = Failure{FailureReason::kRequestRefused, "expired_login_hint_token", std::nullopt};
  login.request.Edit().customer_token = "token";
  EXPECT_THAT(StaffMessage(login), HasSubstr("show a new QR code"));
  login.request.Edit().customer_token.clear();
  EXPECT_THAT(StaffMessage(login), HasSubstr("not set up correctly"));
}

TEST(StaffMessage, VippsAdviceIsGiven) {
  EXPECT_THAT(MessageOf(FailureReason::kAppOutdated), HasSubstr("update"));
  EXPECT_THAT(MessageOf(FailureReason::kInvalidUser), HasSubstr("another way"));
  EXPECT_THAT(MessageOf(FailureReason::kInvalidUser), Not(HasSubstr("again"))) << "do not retry";
}

TEST(StaffMessage, AnUnknownReasonShowsTheProvidersCode) {
  EXPECT_THAT(MessageOf(Failure{FailureReason::kOther, "unheard_of", std::nullopt}),
              HasSubstr("unheard_of"));
  EXPECT_THAT(MessageOf(FailureReason::kOther), Not(HasSubstr("()")));
}

TEST(StaffMessage, WhatWasNotVerifiedIsNotCalledALogin) {
  for (const FailureReason reason : {FailureReason::kIdTokenRefused, FailureReason::kProfileRefused,
                                     FailureReason::kProviderAnswerInvalid}) {
    EXPECT_THAT(MessageOf(reason), HasSubstr("not logged in"));
  }
}

}  // namespace
}  // namespace cibad
