#include "server/engine/access_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/engine/fakes.h"
#include "tests/unit/http/header_lines.h"

namespace cibad {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPath[] = "https://provider.test/accesstoken/get";

SalesUnit Partner(const std::string& msn = "123456") {
  SalesUnit unit;
  unit.msn = msn;
  unit.client_id = "partner";
  unit.client_secret = Secret("planted-secret");
  unit.authentication = ClientAuthentication::kPartnerKeys;
  unit.subscription_key = Secret("planted-key");
  return unit;
}

SalesUnits Units(const std::vector<SalesUnit>& units) {
  SalesUnits by_msn;
  for (const SalesUnit& unit : units) by_msn[unit.msn] = unit;
  return by_msn;
}

HttpResult Token(const std::string& text, int seconds = 3600) {
  return Ok(absl::StrCat(R"({"token_type":"Bearer","expires_in":")", seconds,
                         R"(","access_token":")", text, R"("})"));
}

class AccessTokensTest : public ::testing::Test {
 protected:
  AccessTokensTest()
      : tokens_(
            kIssuer,
            AccessTokens::Environment{
                .http = &http_,
                .clock = [this] { return now_; },
                .set_alarm = [this](absl::Time time) { alarm_ = time; },
                .post = [this](std::function<void()> what) { posted_.push_back(std::move(what)); },
            }) {}

  void RunPosted() {
    while (!posted_.empty()) {
      for (const auto& closure : std::exchange(posted_, {})) closure();
    }
  }

  // Moves the clock to the alarm.
  void Ring() {
    ASSERT_NE(alarm_, absl::InfiniteFuture());
    now_ = std::max(now_, alarm_);
    tokens_.OnAlarm();
  }

  void Use(const std::vector<SalesUnit>& units) {
    tokens_.SetSalesUnits(Units(units));
    Ring();
  }

  // The token, or the code of the status.
  std::string Find(const SalesUnit& unit = Partner()) {
    const AccessTokens::Found found = tokens_.Find(unit);
    RunPosted();
    return found.ok() ? found->Reveal() : absl::StatusCodeToString(found.status().code());
  }

  FakeHttp http_;
  std::deque<std::function<void()>> posted_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  absl::Time alarm_ = absl::InfiniteFuture();
  AccessTokens tokens_;
};

TEST_F(AccessTokensTest, IsFetchedBeforeAnybodyAsksAndThenKept) {
  Use({Partner()});
  EXPECT_EQ(Find(), "UNAVAILABLE") << "it is on its way";
  ASSERT_EQ(http_.CountOpen(kPath), 1);
  EXPECT_THAT(Lines(http_.exchanges.front().request.headers),
              Contains("Ocp-Apim-Subscription-Key: planted-key"));
  http_.Answer(kPath, Token("one"));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Find(), "one");
  EXPECT_EQ(http_.CountOpen(kPath), 0);
}

TEST_F(AccessTokensTest, IsReplacedBeforeItEndsAndServesMeanwhile) {
  Use({Partner()});
  http_.Answer(kPath, Token("one", 3600));
  const absl::Time came = now_;
  Ring();
  EXPECT_LE(now_, came + absl::Minutes(56));
  EXPECT_GE(now_, came + absl::Minutes(45));
  ASSERT_EQ(http_.CountOpen(kPath), 1);
  EXPECT_EQ(Find(), "one");
  http_.Answer(kPath, Token("two"));
  EXPECT_EQ(Find(), "two");
}

TEST_F(AccessTokensTest, OneThatLivesASecondIsNotFetchedInABusyLoop) {
  Use({Partner()});
  http_.Answer(kPath, Token("one", 1));
  const absl::Time came = now_;
  Ring();
  EXPECT_GE(now_, came + absl::Seconds(1));
}

TEST_F(AccessTokensTest, OneAtATimeForOneTokenAndAFewForMany) {
  std::vector<SalesUnit> units;
  units.reserve(100);
  for (int i = 0; i < 100; ++i) units.push_back(Partner(absl::StrCat(100000 + i)));
  Use(units);
  EXPECT_EQ(http_.CountOpen(kPath), AccessTokens::kMostFetches);
  for (const SalesUnit& unit : units) Find(unit);
  tokens_.OnAlarm();
  EXPECT_EQ(http_.CountOpen(kPath), AccessTokens::kMostFetches);
  for (int i = 0; i < 100; ++i) {
    http_.Answer(kPath, Token("t"));
    if (alarm_ <= now_) tokens_.OnAlarm();
  }
  for (const SalesUnit& unit : units) EXPECT_EQ(Find(unit), "t");
}

TEST_F(AccessTokensTest, TheOldServesUntilItsEndWhileFetchingFails) {
  Use({Partner()});
  http_.Answer(kPath, Token("one", 1000));
  const absl::Time came = now_;
  Ring();
  http_.Answer(kPath, Refused(500, "server_error"));
  EXPECT_EQ(Find(), "one");
  int attempts = 0;
  while (now_ < came + absl::Seconds(1100)) {
    const absl::Time before = now_;
    Ring();
    http_.Answer(kPath, Broken(true));
    EXPECT_GE(now_ - before, absl::Seconds(1)) << "no back-off";
    ++attempts;
  }
  EXPECT_LT(attempts, 15);
  EXPECT_EQ(Find(), "UNAVAILABLE") << "it has ended";
}

TEST_F(AccessTokensTest, IsNotGivenOutSoShortlyBeforeItsEndThatItCouldEndOnTheWay) {
  Use({Partner()});
  http_.Answer(kPath, Token("one", 3600));
  now_ += absl::Seconds(3600 - 59);
  EXPECT_EQ(Find(), "UNAVAILABLE");
}

TEST_F(AccessTokensTest, RefusedKeysAreToldAndTriedAgain) {
  Use({Partner()});
  http_.Answer(kPath, Refused(401, "invalid_client"));
  EXPECT_EQ(Find(), "FAILED_PRECONDITION");
  const std::string message(tokens_.Find(Partner()).status().message());
  EXPECT_THAT(message, HasSubstr("invalid_client"));
  EXPECT_THAT(message, Not(HasSubstr("planted")));
  Ring();
  http_.Answer(kPath, Token("one"));
  EXPECT_EQ(Find(), "one");
}

TEST_F(AccessTokensTest, RetryAfterIsHeeded) {
  Use({Partner()});
  HttpResult busy = Refused(429, "");
  std::get<HttpResponse>(busy).headers.Add({"retry-after: 120"});
  http_.Answer(kPath, busy);
  EXPECT_EQ(Find(), "UNAVAILABLE");
  const absl::Time refused = now_;
  Ring();
  EXPECT_GE(now_, refused + absl::Seconds(120));
}

TEST_F(AccessTokensTest, AnAnswerThatCannotBeUnderstoodIsNoToken) {
  for (const char* answer :
       {"[]", "{}", R"({"access_token":""})", R"({"access_token":"a\nb","expires_in":60})",
        R"({"access_token":"a","expires_in":"soon"})",
        R"({"access_token":"a","token_type":"mac","expires_in":60})"}) {
    AccessTokens tokens(kIssuer, {.http = &http_,
                                  .clock = [this] { return now_; },
                                  .set_alarm = [](absl::Time) {},
                                  .post = [](const std::function<void()>&) {}});
    tokens.SetSalesUnits(Units({Partner()}));
    tokens.OnAlarm();
    http_.Answer(kPath, Ok(answer));
    EXPECT_EQ(tokens.Find(Partner()).status().code(), absl::StatusCode::kUnavailable) << answer;
  }
}

TEST_F(AccessTokensTest, ARefusedTokenIsReplacedOnceAndNotTooSoon) {
  Use({Partner()});
  http_.Answer(kPath, Token("one"));
  const absl::Time came = now_;
  for (int i = 0; i < 100; ++i) tokens_.Refuse(Partner(), Secret("one"));
  RunPosted();
  EXPECT_EQ(Find(), "UNAVAILABLE");
  Ring();
  EXPECT_EQ(now_, came + AccessTokens::kLeastAge);
  EXPECT_EQ(http_.CountOpen(kPath), 1);
  http_.Answer(kPath, Token("two"));
  tokens_.Refuse(Partner(), Secret("one"));  // by a request that was sent before
  RunPosted();
  EXPECT_EQ(Find(), "two");
}

TEST_F(AccessTokensTest, ChangedKeysCountAtOnceAndAnswersToTheOldOnesDoNot) {
  Use({Partner()});
  http_.Answer(kPath, Refused(401, "invalid_client"));
  Ring();
  ASSERT_EQ(http_.CountOpen(kPath), 1);
  SalesUnit changed = Partner();
  changed.client_secret = Secret("another");
  tokens_.SetSalesUnits(Units({changed}));
  EXPECT_EQ(Find(), "UNAVAILABLE") << "whether the new ones are refused is not known yet";
  http_.Answer(kPath, Token("of-the-old-keys"));
  EXPECT_EQ(Find(), "UNAVAILABLE");
  Ring();
  ASSERT_EQ(http_.CountOpen(kPath), 1);
  EXPECT_THAT(Lines(http_.exchanges.front().request.headers), Contains("client_secret: another"));
  http_.Answer(kPath, Token("new"));
  EXPECT_EQ(Find(), "new");
}

TEST_F(AccessTokensTest, ASalesUnitThatIsTakenOutIsServedAsLongAsItsLoginsAsk) {
  Use({Partner()});
  http_.Answer(kPath, Token("one"));
  tokens_.SetSalesUnits({});
  EXPECT_EQ(Find(), "one");
  Ring();
  ASSERT_EQ(http_.CountOpen(kPath), 1) << "it was asked for since it came";
  http_.Answer(kPath, Token("two"));
  Ring();
  EXPECT_EQ(http_.CountOpen(kPath), 0) << "nobody has asked for it since";
  EXPECT_EQ(alarm_, absl::InfiniteFuture());
  EXPECT_EQ(Find(), "UNAVAILABLE") << "it begins anew";
  Ring();
  EXPECT_EQ(http_.CountOpen(kPath), 1);
}

TEST_F(AccessTokensTest, ASubscriptionKeyAloneGetsATokenWhenItIsAskedFor) {
  SalesUnit unit = Partner();
  unit.authentication = ClientAuthentication::kClientSecretBasic;
  tokens_.SetSalesUnits(Units({unit}));
  EXPECT_EQ(alarm_, absl::InfiniteFuture());
  std::vector<std::string> given;
  for (int i = 0; i < 3; ++i) {
    tokens_.Get(unit, [&](const AccessTokens::Found& found) {
      given.push_back(found.value_or(Secret()).Reveal());
    });
  }
  RunPosted();
  Ring();
  EXPECT_EQ(http_.CountOpen(kPath), 1);
  EXPECT_THAT(given, testing::IsEmpty());
  http_.Answer(kPath, Token("one"));
  EXPECT_THAT(given, testing::ElementsAre("one", "one", "one"));
  tokens_.Get(unit, [&](const AccessTokens::Found& found) {
    given.push_back(found.value_or(Secret()).Reveal());
  });
  RunPosted();
  EXPECT_EQ(given.size(), 4u) << "it is there, and given at once";
}

TEST_F(AccessTokensTest, WhoWaitsForATokenHearsOfAFailureToo) {
  absl::Status heard;
  tokens_.Get(Partner(), [&](const AccessTokens::Found& found) { heard = found.status(); });
  RunPosted();
  Ring();
  http_.Answer(kPath, Broken(false));
  EXPECT_EQ(heard.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace cibad
