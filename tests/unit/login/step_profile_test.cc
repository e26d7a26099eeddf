// The customer said yes: the ID token's check, then the profile.

#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

// ---- The ID token's check (OpenID Connect Core 3.1.3.7).

TEST(IdToken, Core3_1_3_7_AcceptedConfirmsTheLoginAndTheProfileIsFetched) {
  const Course course = Proving().Fire(IdTokenChecked{AcceptedIdToken{kSubject}});
  EXPECT_EQ(course.login().state, LoginState::kConfirmed);
  EXPECT_EQ(course.login().subject, kSubject);
  EXPECT_EQ(course.login().revision, Proving().login().revision + 1) << "watchers hear of it";
  EXPECT_TRUE(course.Sends<FetchProfile>());
}

// As when the daemon was stopped (SIGSTOP) while the answer waited for it.
TEST(IdToken, AcceptedWhenTheAccessTokenHasExpiredTheProfileIsNotAskedFor) {
  Course course = Proving();
  course.After(course.login().tokens->expire_time - course.now());
  course.Fire(IdTokenChecked{AcceptedIdToken{kSubject}});
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
  EXPECT_TRUE(course.SendsNothing());
}

TEST(IdToken, Core3_1_3_7_RefusedFailsTheLoginAndUserinfoIsNotCalled) {
  Course course = Proving().Fire(IdTokenChecked{RefusedIdToken{"aud"}});
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kIdTokenRefused);
  EXPECT_FALSE(course.Sends<FetchProfile>());
  course.After(absl::Seconds(1)).Fire(Woken{});
  EXPECT_FALSE(course.Sends<FetchProfile>());
}

TEST(IdToken, Core3_1_3_7_NothingOfARefusedOneIsGivenToAnyone) {
  const Course course = Proving().Fire(IdTokenChecked{RefusedIdToken{"signature"}});
  EXPECT_FALSE(course.login().tokens.has_value());
  EXPECT_EQ(course.login().subject, "");
  EXPECT_FALSE(course.login().profile.has_value());
  EXPECT_EQ(course.login().failure->provider_code, "");
}

TEST(IdToken, Core3_1_3_7_AuthReqIdIsThereToCompareUntilTheCheckIsMade) {
  EXPECT_EQ(Proving().login().auth_req_id, "auth-req-id");
}

TEST(IdToken, IsForgottenOnceItIsAccepted) { EXPECT_EQ(Fetching().login().tokens->id_token, ""); }

TEST(IdToken, IsCheckedAgainWhenTheKeysCouldNotBeHad) {
  Course course = Proving().Fire(IdTokenChecked{OutOfOrder()});
  EXPECT_EQ(course.login().state, LoginState::kPending);
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_GE(course.Waits(), absl::Seconds(1));
  course.Wake();
  EXPECT_TRUE(course.Sends<CheckIdToken>());
}

TEST(IdToken, ChecksBackOffWhileTheKeysCannotBeHad) {
  Course course = Proving();
  for (const int seconds : {1, 2, 4, 8}) {
    course.Fire(IdTokenChecked{OutOfOrder()});
    EXPECT_GE(course.Waits(), absl::Seconds(seconds));
    EXPECT_LE(course.Waits(), absl::Seconds(seconds) * 5 / 4);
    course.Wake();
  }
  course.Fire(IdTokenChecked{OutOfOrder(absl::Seconds(45))});
  EXPECT_EQ(course.Waits(), absl::Seconds(45));
}

TEST(IdToken, ThatCannotBeCheckedWhileTheTokensLiveFailsTheLogin) {
  Course course = Proving();
  const absl::Time deadline = course.now() + absl::Seconds(300);
  for (int i = 0; i < 100 && !HasEnded(course.login().state); ++i)
    course.Fire(IdTokenChecked{OutOfOrder()}).Wake();
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderUnavailable);
  EXPECT_EQ(course.now(), deadline);
}

TEST(IdToken, TheCheckIsAwaitedNoLongerThanTheTokensLive) {
  Course course = Proving().Wake();
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderUnavailable);
}

// ---- Userinfo (OpenID Connect Core 5.3).

TEST(Userinfo, CompletesTheLogin) {
  const Course course = Fetching().AnswerProfile(CustomerProfile());
  EXPECT_EQ(course.login().state, LoginState::kCompleted);
  EXPECT_EQ(course.login().profile, CustomerProfile());
}

TEST(Userinfo, Core5_3_2_ProfileOfAnotherSubjectIsRefused) {
  const Course course = Fetching().AnswerProfile(CustomerProfile("somebody-else"));
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProfileRefused);
  EXPECT_FALSE(course.login().profile.has_value());
}

TEST(Userinfo, Core5_3_2_SubjectIsComparedExactly) {
  for (const char* subject :
       {"", "C06C4AFE-D9E1-4C5D-939A-177D752A0944", "c06c4afe-d9e1-4c5d-939a-177d752a0944 ",
        "c06c4afe-d9e1-4c5d-939a-177d752a094"}) {
    const Course course = Fetching().AnswerProfile(CustomerProfile(subject));
    EXPECT_EQ(course.login().failure->reason, FailureReason::kProfileRefused) << subject;
  }
}

TEST(Userinfo, IsAskedAgainWhileTheProviderIsOutOfOrder) {
  const Outcome<Profile> answers[] = {OutOfOrder(), BrokenOff(), NeverLeft(), TooManyRequests()};
  for (const auto& answer : answers) {
    Course course = Fetching();
    for (const int seconds : {1, 2, 4, 8}) {
      course.AnswerProfile(answer);
      EXPECT_EQ(course.login().state, LoginState::kConfirmed);
      EXPECT_GE(course.Waits(), absl::Seconds(seconds));
      EXPECT_LE(course.Waits(), absl::Seconds(seconds) * 5 / 4);
      course.Wake();
      EXPECT_TRUE(course.Sends<FetchProfile>());
    }
    course.AnswerProfile(CustomerProfile());
    EXPECT_EQ(course.login().state, LoginState::kCompleted);
  }
}

TEST(Userinfo, NeverFasterThanRetryAfter) {
  for (const Outcome<Profile>& answer : {Outcome<Profile>(OutOfOrder(absl::Seconds(50))),
                                         Outcome<Profile>(TooManyRequests(absl::Seconds(50)))}) {
    EXPECT_EQ(Fetching().AnswerProfile(answer).Waits(), absl::Seconds(50));
  }
}

TEST(Userinfo, NeverTwoRequestsAtOnce) {
  Course course = Fetching();
  for (int second = 0; second < 35; ++second) {
    course.After(absl::Seconds(1)).Fire(Woken{});
    EXPECT_TRUE(course.SendsNothing());
  }
}

TEST(Userinfo, ThatDoesNotComeWhileTheAccessTokenLivesFailsTheLogin) {
  Course course = Fetching();
  const absl::Time deadline = course.now() + absl::Seconds(300);
  for (int i = 0; i < 100 && !HasEnded(course.login().state); ++i)
    course.AnswerProfile(OutOfOrder()).Wake();
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderUnavailable);
  EXPECT_EQ(course.now(), deadline);
}

TEST(Userinfo, IsGivenFiveMinutesHoweverLongTheAccessTokenLives) {
  Course course = Polling().AnswerToken(TokenAnswer{"access", "id", absl::Hours(1)});
  course.Fire(IdTokenChecked{AcceptedIdToken{kSubject}});
  EXPECT_EQ(course.Waits(), absl::Minutes(5));
}

TEST(Userinfo, RefusalFailsTheLoginAndShowsTheCode) {
  const Course course =
      Fetching().AnswerProfile(ProviderError{401, "invalid_token", "", std::nullopt});
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProfileRefused);
  EXPECT_EQ(course.login().failure->provider_code, "invalid_token");
}

TEST(Userinfo, AnswerThatCannotBeUnderstoodFailsTheLogin) {
  const Course course = Fetching().AnswerProfile(InvalidAnswer{"not JSON"});
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderAnswerInvalid);
}

TEST(Userinfo, ANewPhaseForgetsTheBackOffOfTheOneBefore) {
  Course course = Proving();
  for (int i = 0; i < 4; ++i) course.Fire(IdTokenChecked{OutOfOrder()}).Wake();
  course.Fire(IdTokenChecked{AcceptedIdToken{kSubject}}).AnswerProfile(OutOfOrder());
  EXPECT_LT(course.Waits(), absl::Seconds(2));
}

}  // namespace
}  // namespace cibad
