#include "tests/sandbox/provider_state.h"

#include <gtest/gtest.h>

#include <string>

namespace cibad {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(5);
constexpr const char* kApproves = "4740000000";
constexpr const char* kApprovesAfter10 = "4740000010";
constexpr const char* kNeverAnswers = "4740000030";
constexpr const char* kByHand = "4791234567";
constexpr const char* kByHandToo = "4791234568";

class ProviderStateTest : public ::testing::Test {
 protected:
  SandboxLogin Start(const char* msisdn) {
    return *state_.Start({.msisdn = msisdn,
                          .scopes = {"openid"},
                          .binding_message = "",
                          .requested_expiry = std::nullopt},
                         start_);
  }

  PollVerdict PollAt(const SandboxLogin& login, absl::Duration after_start) {
    return state_.Poll(login.auth_req_id, start_ + after_start).verdict;
  }

  int64_t Count(Violation violation) { return state_.AllViolations().Of(violation); }

  const absl::Time start_ = absl::FromUnixSeconds(1'700'000'000);
  ProviderState state_{kInterval, absl::Seconds(600)};
};

// ---- CIBA 10.1: the interval.

TEST_F(ProviderStateTest, FirstPollOneIntervalAfterTheAcknowledgementIsInTime) {
  const SandboxLogin login = Start(kNeverAnswers);
  EXPECT_EQ(PollAt(login, kInterval), PollVerdict::kPending);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

TEST_F(ProviderStateTest, FirstPollAMillisecondSoonerIsEarly) {
  const SandboxLogin login = Start(kNeverAnswers);
  EXPECT_EQ(PollAt(login, kInterval - absl::Milliseconds(1)), PollVerdict::kTooSoon);
  EXPECT_EQ(Count(Violation::kEarlyPoll), 1);
  EXPECT_EQ(state_.AllTotals().largest_earliness, absl::Milliseconds(1));
}

TEST_F(ProviderStateTest, FirstPollWaitsFromALateAcknowledgementOn) {
  const SandboxLogin login = Start("4740000132");  // acknowledged after 8 seconds
  EXPECT_EQ(PollAt(login, absl::Milliseconds(12'999)), PollVerdict::kTooSoon);
}

TEST_F(ProviderStateTest, PollsOneIntervalApartAreInTime) {
  const SandboxLogin login = Start(kNeverAnswers);
  for (int i = 1; i <= 100; ++i) EXPECT_EQ(PollAt(login, i * kInterval), PollVerdict::kPending);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

TEST_F(ProviderStateTest, IntervalRunsFromTheLastArrivalNotFromTheFirst) {
  const SandboxLogin login = Start(kNeverAnswers);
  PollAt(login, absl::Seconds(7));
  EXPECT_EQ(PollAt(login, absl::Seconds(11)), PollVerdict::kTooSoon);
}

TEST_F(ProviderStateTest, EarlyPollMakesTheIntervalFiveSecondsLonger) {
  const SandboxLogin login = Start(kNeverAnswers);
  PollAt(login, absl::Seconds(1));
  EXPECT_EQ(PollAt(login, absl::Seconds(11)), PollVerdict::kPending);
  EXPECT_EQ(PollAt(login, absl::Seconds(20)), PollVerdict::kTooSoon);
  EXPECT_EQ(Count(Violation::kEarlyPoll), 2);
}

TEST_F(ProviderStateTest, MissingIntervalMeansFiveSecondsWhateverIsConfigured) {
  ProviderState quick(absl::Seconds(1), absl::Seconds(600));
  const auto login = quick.Start({.msisdn = "4740000147",
                                  .scopes = {"openid"},
                                  .binding_message = "",
                                  .requested_expiry = std::nullopt},
                                 start_);
  EXPECT_EQ(quick.Poll(login->auth_req_id, start_ + absl::Milliseconds(4'999)).verdict,
            PollVerdict::kTooSoon);
}

// ---- CIBA 11: slow_down.

TEST_F(ProviderStateTest, ToldSlowDownHoldsForAllLaterPolls) {
  const SandboxLogin login = Start("4740000200");  // slow_down once
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kFailure);
  EXPECT_EQ(PollAt(login, absl::Milliseconds(14'999)), PollVerdict::kTooSoon);
  EXPECT_EQ(Count(Violation::kEarlyPoll), 1);
}

TEST_F(ProviderStateTest, TwoSlowDownsThenTokens) {
  const SandboxLogin login = Start("4740000201");
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kFailure);
  EXPECT_EQ(PollAt(login, absl::Seconds(15)), PollVerdict::kFailure);
  EXPECT_EQ(PollAt(login, absl::Seconds(30)), PollVerdict::kTokens);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

// ---- Retry-After.

TEST_F(ProviderStateTest, PollBeforeRetryAfterIsOverIsCounted) {
  const SandboxLogin login = Start("4740000203");  // Retry-After: 7
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kFailure);
  EXPECT_EQ(PollAt(login, absl::Milliseconds(11'999)), PollVerdict::kTooSoon);
  EXPECT_EQ(Count(Violation::kIgnoredRetryAfter), 1);
  EXPECT_EQ(Count(Violation::kEarlyPoll), 0);
}

TEST_F(ProviderStateTest, PollWhenRetryAfterIsOverIsInTime) {
  for (const char* msisdn : {"4740000203", "4740000204", "4740000205"}) {
    const SandboxLogin login = Start(msisdn);
    EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kFailure);
    EXPECT_EQ(PollAt(login, absl::Seconds(12)), PollVerdict::kTokens);
  }
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

TEST_F(ProviderStateTest, RetryAfterAsADateMayBeRoundedDownByASecond) {
  const SandboxLogin login = Start("4740000204");
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kFailure);
  EXPECT_EQ(PollAt(login, absl::Milliseconds(11'001)), PollVerdict::kTokens);
}

TEST_F(ProviderStateTest, UserinfoBeforeRetryAfterIsOverIsCounted) {
  const SandboxLogin login = Start("4740000402");  // Retry-After: 4
  const std::string token =
      state_.Poll(login.auth_req_id, start_ + absl::Seconds(5)).login.access_token;
  state_.Userinfo(token, start_ + absl::Seconds(6));
  EXPECT_EQ(state_.Userinfo(token, start_ + absl::Seconds(9)).verdict, UserinfoVerdict::kProfile);
  EXPECT_EQ(Count(Violation::kIgnoredRetryAfter), 1);
  state_.Userinfo(token, start_ + absl::Seconds(10));
  EXPECT_EQ(Count(Violation::kIgnoredRetryAfter), 1);
}

// ---- CIBA 10.1: no overlapping.

TEST_F(ProviderStateTest, PollWhileAnotherIsUnansweredOverlaps) {
  const SandboxLogin login = Start("4740000209");  // every answer takes 8 seconds
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kPending);
  EXPECT_EQ(PollAt(login, absl::Seconds(12)), PollVerdict::kTooSoon);
  EXPECT_EQ(Count(Violation::kOverlappingPoll), 1);
  EXPECT_EQ(Count(Violation::kEarlyPoll), 0);
}

TEST_F(ProviderStateTest, PollRightAfterAnAnswerThatTookLongerThanTheIntervalIsInTime) {
  const SandboxLogin login = Start("4740000209");
  PollAt(login, absl::Seconds(5));
  EXPECT_EQ(PollAt(login, absl::Seconds(13)), PollVerdict::kTokens);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

// ---- The tokens are given once.

TEST_F(ProviderStateTest, TokensAreGivenOnce) {
  const SandboxLogin login = Start(kApproves);
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kTokens);
  EXPECT_EQ(PollAt(login, absl::Seconds(10)), PollVerdict::kEnded);
  EXPECT_EQ(Count(Violation::kSecondTokenRequest), 1);
  EXPECT_EQ(Count(Violation::kPollAfterEnd), 0);
}

TEST_F(ProviderStateTest, AskingAgainForTokensThatWereLostOnTheWayIsNoViolation) {
  const SandboxLogin login = Start("4740000210");
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kTokens);
  EXPECT_EQ(PollAt(login, absl::Seconds(10)), PollVerdict::kEnded);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

// ---- No poll after an end.

TEST_F(ProviderStateTest, PollAfterTheDenialIsCounted) {
  const SandboxLogin login = Start("4740000020");
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kDenied);
  EXPECT_EQ(PollAt(login, absl::Seconds(10)), PollVerdict::kEnded);
  EXPECT_EQ(Count(Violation::kPollAfterEnd), 1);
}

TEST_F(ProviderStateTest, PollAfterAFinalErrorIsCounted) {
  const SandboxLogin login = Start("4740000222");  // wrong_challenge
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kFailure);
  PollAt(login, absl::Seconds(10));
  EXPECT_EQ(Count(Violation::kPollAfterEnd), 1);
}

TEST_F(ProviderStateTest, PollAfterTroubleGoesOn) {
  for (const char* msisdn :
       {"4740000202", "4740000203", "4740000205", "4740000206", "4740000207", "4740000208"}) {
    const SandboxLogin login = Start(msisdn);
    EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kFailure) << msisdn;
    EXPECT_NE(PollAt(login, absl::Seconds(12)), PollVerdict::kEnded) << msisdn;
  }
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

TEST_F(ProviderStateTest, PollAfterAnUnusableAcknowledgementIsCounted) {
  const SandboxLogin login = Start("4740000146");  // expires_in missing (CIBA 7.3)
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kEnded);
  EXPECT_EQ(Count(Violation::kPollAfterEnd), 1);
}

TEST_F(ProviderStateTest, PollAfterExpiryIsCountedOnceItCannotHaveBeenOnItsWay) {
  const SandboxLogin first = Start(kNeverAnswers);
  EXPECT_EQ(PollAt(first, absl::Milliseconds(600'999)), PollVerdict::kExpired);
  EXPECT_EQ(Count(Violation::kPollAfterExpiry), 0);
  const SandboxLogin second = Start(kNeverAnswers);
  EXPECT_EQ(PollAt(second, absl::Seconds(601)), PollVerdict::kExpired);
  EXPECT_EQ(Count(Violation::kPollAfterExpiry), 1);
  EXPECT_EQ(PollAt(second, absl::Seconds(610)), PollVerdict::kEnded);
  EXPECT_EQ(Count(Violation::kPollAfterEnd), 1);
}

TEST_F(ProviderStateTest, RequestedExpiryHolds) {
  const auto login = state_.Start({.msisdn = kNeverAnswers,
                                   .scopes = {"openid"},
                                   .binding_message = "",
                                   .requested_expiry = absl::Seconds(60)},
                                  start_);
  EXPECT_EQ(PollAt(*login, absl::Milliseconds(59'999)), PollVerdict::kPending);
  EXPECT_EQ(PollAt(*login, absl::Seconds(65)), PollVerdict::kExpired);
}

TEST_F(ProviderStateTest, UnknownLoginIsToldApart) {
  EXPECT_EQ(state_.Poll("nobody-knows", start_).verdict, PollVerdict::kUnknown);
  EXPECT_EQ(state_.AllTotals().unknown_polls, 1);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

// ---- What the customer does.

TEST_F(ProviderStateTest, CustomerApprovesAfterTheSecondsOfTheNumber) {
  const SandboxLogin login = Start(kApprovesAfter10);
  EXPECT_EQ(PollAt(login, absl::Milliseconds(9'999)), PollVerdict::kPending);
  EXPECT_EQ(PollAt(login, absl::Seconds(15)), PollVerdict::kTokens);
}

TEST_F(ProviderStateTest, OtherNumbersWaitToBeDecidedByHand) {
  const SandboxLogin login = Start(kByHand);
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kPending);
  EXPECT_EQ(state_.Decide(login.auth_req_id, Decision::kApprove, start_ + absl::Seconds(6)), 1);
  EXPECT_EQ(PollAt(login, absl::Seconds(10)), PollVerdict::kTokens);
}

TEST_F(ProviderStateTest, DecisionByPhoneConcernsThatNumberAlone) {
  const SandboxLogin login = Start(kByHand);
  const SandboxLogin other = Start(kByHandToo);
  EXPECT_EQ(state_.DecidePhone(kByHand, Decision::kDeny, start_), 1);
  EXPECT_EQ(PollAt(login, absl::Seconds(5)), PollVerdict::kDenied);
  EXPECT_EQ(PollAt(other, absl::Seconds(5)), PollVerdict::kPending);
}

TEST_F(ProviderStateTest, DecisionByPhoneBeforeTheLoginHoldsForTheNextOneOnly) {
  EXPECT_EQ(state_.DecidePhone(kByHand, Decision::kApprove, start_), 0);
  const SandboxLogin next = Start(kByHand);
  const SandboxLogin the_one_after = Start(kByHand);
  EXPECT_EQ(PollAt(next, absl::Seconds(5)), PollVerdict::kTokens);
  EXPECT_EQ(PollAt(the_one_after, absl::Seconds(5)), PollVerdict::kPending);
}

TEST_F(ProviderStateTest, DecisionThatIsRepeatedDoesNotReachTheNextLogin) {
  Start(kByHand);
  state_.DecidePhone(kByHand, Decision::kApprove, start_);
  state_.DecidePhone(kByHand, Decision::kApprove, start_);
  const SandboxLogin next = Start(kByHand);
  EXPECT_EQ(PollAt(next, absl::Seconds(5)), PollVerdict::kPending);
}

TEST_F(ProviderStateTest, DecidingAllLeavesTestNumbersAlone) {
  Start(kByHand);
  Start(kByHandToo);
  const SandboxLogin silent = Start(kNeverAnswers);
  EXPECT_EQ(state_.DecideAll(Decision::kApprove, start_), 2);
  EXPECT_EQ(PollAt(silent, absl::Seconds(5)), PollVerdict::kPending);
}

TEST_F(ProviderStateTest, CountsHowOftenEachCustomerIsAsked) {
  Start(kByHand);
  Start(kByHand);
  Start(kByHandToo);
  EXPECT_EQ(state_.BackchannelRequestsByPhone(),
            (std::map<std::string, int64_t>{{kByHand, 2}, {kByHandToo, 1}}));
}

// ---- Userinfo.

TEST_F(ProviderStateTest, AccessTokenLivesFiveMinutes) {
  const SandboxLogin login = Start(kApproves);
  const std::string token =
      state_.Poll(login.auth_req_id, start_ + absl::Seconds(5)).login.access_token;
  EXPECT_EQ(state_.Userinfo(token, start_ + absl::Milliseconds(304'999)).verdict,
            UserinfoVerdict::kProfile);
  EXPECT_EQ(state_.Userinfo(token, start_ + absl::Seconds(305)).verdict,
            UserinfoVerdict::kUnknownToken);
  EXPECT_EQ(state_.Userinfo("no-token", start_).verdict, UserinfoVerdict::kUnknownToken);
}

TEST_F(ProviderStateTest, UserinfoAfterAWrongIdTokenIsCounted) {
  const SandboxLogin login = Start("4740000310");  // bad signature
  const std::string token =
      state_.Poll(login.auth_req_id, start_ + absl::Seconds(5)).login.access_token;
  state_.Userinfo(token, start_ + absl::Seconds(6));
  EXPECT_EQ(Count(Violation::kUserinfoAfterRefusal), 1);
}

TEST_F(ProviderStateTest, UserinfoFailsAsOftenAsTheNumberSays) {
  const SandboxLogin login = Start("4740000401");  // twice
  const std::string token =
      state_.Poll(login.auth_req_id, start_ + absl::Seconds(5)).login.access_token;
  const absl::Time then = start_ + absl::Seconds(6);
  EXPECT_EQ(state_.Userinfo(token, then).verdict, UserinfoVerdict::kFailure);
  EXPECT_EQ(state_.Userinfo(token, then).verdict, UserinfoVerdict::kFailure);
  EXPECT_EQ(state_.Userinfo(token, then).verdict, UserinfoVerdict::kProfile);
}

}  // namespace
}  // namespace cibad
