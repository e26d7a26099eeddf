// What each error code means. Sections are of OpenID CIBA Core 1.0.

#include "server/login/refusal.h"

#include <gtest/gtest.h>

#include <string>

namespace cibad {
namespace {

End EndOf(int http_status, const std::string& code) {
  return EndOfRefusal(ProviderError{http_status, code, "a detail for the log", std::nullopt});
}

void ExpectFailure(int http_status, const std::string& code, FailureReason reason) {
  const End end = EndOf(http_status, code);
  EXPECT_EQ(end.state, LoginState::kFailed) << http_status << " " << code;
  EXPECT_EQ(end.failure.reason, reason) << http_status << " " << code;
  EXPECT_EQ(end.failure.provider_code, code);
}

TEST(Refusal, Sections11And13_AccessDeniedIsTheCustomersNo) {
  for (const int status : {400, 403}) {
    const End end = EndOf(status, "access_denied");
    EXPECT_EQ(end.state, LoginState::kDenied);
    EXPECT_EQ(end.failure, Failure{});
  }
}

TEST(Refusal, Section11_ExpiredTokenIsExpiry) {
  const End end = EndOf(400, "expired_token");
  EXPECT_EQ(end.state, LoginState::kExpired);
  EXPECT_EQ(end.failure, Failure{});
}

TEST(Refusal, Section13_UnknownUserIdIsAnInvalidUser) {
  ExpectFailure(400, "unknown_user_id", FailureReason::kInvalidUser);
}

TEST(Refusal, Section13_InvalidClientMeansTheCredentials) {
  ExpectFailure(401, "invalid_client", FailureReason::kCredentialsRefused);
}

TEST(Refusal, Rfc6750_InvalidTokenMeansTheCredentialsThatItStandsInFor) {
  ExpectFailure(401, "invalid_token", FailureReason::kCredentialsRefused);
}

TEST(Refusal, Sections11And13_WhatTheOperatorHasToMendIsARefusedRequest) {
  for (const char* code : {"invalid_request", "invalid_scope", "expired_login_hint_token",
                           "unauthorized_client", "missing_user_code", "invalid_user_code",
                           "invalid_binding_message", "invalid_grant", "unsupported_grant_type"}) {
    ExpectFailure(400, code, FailureReason::kRequestRefused);
  }
}

TEST(Refusal, VippsOwnCodesHaveTheirMeaning) {
  ExpectFailure(400, "invalid_user", FailureReason::kInvalidUser);
  ExpectFailure(400, "old_app", FailureReason::kAppOutdated);
  ExpectFailure(400, "outdated_app_version", FailureReason::kAppOutdated);
  ExpectFailure(400, "wrong_challenge", FailureReason::kWrongChallenge);
  ExpectFailure(400, "server_error", FailureReason::kProviderUnavailable);
  ExpectFailure(400, "temporarily_unavailable", FailureReason::kProviderUnavailable);
}

TEST(Refusal, Sections11And13_AnyOtherCodeIsAFailureThatShowsIt) {
  for (const char* code : {"unknown_reject_reason", "transaction_failed", "Access_Denied",
                           "slow_down", "access_denied2", "x"}) {
    for (const int status : {400, 401, 403, 404, 409}) {
      ExpectFailure(status, code, FailureReason::kOther);
    }
  }
}

TEST(Refusal, WithoutACodeTheStatusSpeaks) {
  ExpectFailure(401, "", FailureReason::kCredentialsRefused);
  ExpectFailure(403, "", FailureReason::kRequestRefused);
  ExpectFailure(400, "", FailureReason::kOther);
  ExpectFailure(404, "", FailureReason::kOther);
}

TEST(Refusal, VippsTooManyLoginsIsKnownByItsStatusAndSaysHowLongToWait) {
  for (const char* code : {"", "too_many_requests", "invalid_request"}) {
    const End end = EndOfRefusal(ProviderError{429, code, "", absl::Seconds(30)});
    EXPECT_EQ(end.state, LoginState::kFailed);
    EXPECT_EQ(end.failure, (Failure{FailureReason::kTooManyLogins, code, absl::Seconds(30)}));
  }
}

CredentialsVerdict VerdictOf(int http_status, const std::string& code) {
  return JudgeCredentials(ProviderError{http_status, code, "", std::nullopt});
}

TEST(Credentials, AreAcceptedWhereTheAnswerIsAboutTheCustomer) {
  for (const char* code : {"authorization_pending", "slow_down", "access_denied", "expired_token",
                           "unknown_user_id", "invalid_user", "old_app", "wrong_challenge"}) {
    EXPECT_EQ(VerdictOf(400, code), CredentialsVerdict::kAccepted) << code;
  }
}

TEST(Credentials, AreRefusedByThatCodeOrABare401) {
  EXPECT_EQ(VerdictOf(401, "invalid_client"), CredentialsVerdict::kRefused);
  EXPECT_EQ(VerdictOf(400, "invalid_client"), CredentialsVerdict::kRefused);
  EXPECT_EQ(VerdictOf(401, ""), CredentialsVerdict::kRefused);
}

TEST(Credentials, AreNotJudgedByWhatAnyoneMayBeAnswered) {
  for (const char* code : {"invalid_request", "unsupported_grant_type", "server_error",
                           "unheard_of", "invalid_scope", "unauthorized_client"}) {
    EXPECT_EQ(VerdictOf(400, code), CredentialsVerdict::kNone) << code;
  }
  EXPECT_EQ(VerdictOf(429, "invalid_user"), CredentialsVerdict::kNone);
  EXPECT_EQ(VerdictOf(429, ""), CredentialsVerdict::kNone);
  EXPECT_EQ(VerdictOf(403, ""), CredentialsVerdict::kNone);
}

TEST(Refusal, OnlyTooManyLoginsSaysHowLongToWait) {
  for (const char* code : {"invalid_user", "server_error", "unheard_of", ""}) {
    const End end = EndOfRefusal(ProviderError{400, code, "", absl::Seconds(30)});
    EXPECT_EQ(end.failure.retry_after, std::nullopt) << code;
  }
}

}  // namespace
}  // namespace cibad
