#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/big_letters.h"
#include "client/countdown.h"
#include "client/json_text.h"
#include "client/login_table.h"
#include "client/login_text.h"
#include "client/profile_table.h"
#include "client/text.h"
#include "tests/unit/client/sample_login.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

TEST(BigLettersTest, KnowsEveryCharacterOfABindingMessageAndDrawsNoTwoAlike) {
  std::vector<std::string> seen;
  for (const char character : absl::string_view(kAlphabet)) {
    const auto lines = BigLetters(std::string(1, character), 80, false);
    ASSERT_THAT(lines, SizeIs(5)) << character;
    for (const std::string& line : lines) EXPECT_EQ(line.size(), lines[0].size()) << character;
    seen.push_back(absl::StrJoin(lines, "\n"));
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

TEST(BigLettersTest, DrawsInBlocks) {
  EXPECT_THAT(BigLetters("I-", 80, true),
              ElementsAre("██████       ", "  ██         ", "  ██    █████", "  ██         ",
                          "██████       "));
}

TEST(BigLettersTest, EightOfTheWidestFitAnEightyColumnTerminal) {
  EXPECT_THAT(BigLetters("MWTYMWTY", 78, true), SizeIs(5));
  EXPECT_EQ(DisplayWidth(BigLetters("ABCDEFGH", 78, true)[0]), 8 * 7 + 7 * 2);
}

TEST(BigLettersTest, GivesNothingRatherThanWhatDoesNotFitOrIsNotKnown) {
  EXPECT_THAT(BigLetters("ABCDEFGH", 40, true), IsEmpty());
  EXPECT_THAT(BigLetters("abc", 80, true), IsEmpty());
  EXPECT_THAT(BigLetters("", 80, true), IsEmpty());
}

TEST(RenderCountdownTest, ShowsBarTimeAndHint) {
  const TimeLeft half{absl::Seconds(300), absl::Seconds(600)};
  EXPECT_EQ(RenderCountdown(half, "Ctrl-C cancels", {.columns = 52}),
            "  ━━━━━━━━━━━──────────  5:00 left · Ctrl-C cancels");
  EXPECT_EQ(RenderCountdown(half, "Ctrl-C cancels", {.columns = 52, .unicode = false}),
            "  ===========----------  5:00 left - Ctrl-C cancels");
}

TEST(RenderCountdownTest, NeverWraps) {
  for (int columns = 12; columns < 140; ++columns) {
    for (const absl::Duration left :
         {absl::Seconds(900), absl::Seconds(59), absl::ZeroDuration()}) {
      const std::string line = RenderCountdown({left, absl::Seconds(900)}, "Ctrl-C stops watching",
                                               {.columns = columns});
      EXPECT_LT(DisplayWidth(line), columns) << line;
    }
  }
}

TEST(RenderCountdownTest, TurnsYellowAndRedTowardsTheEnd) {
  const Look look{.colour = true};
  const auto rendered = [&look](int seconds) {
    return RenderCountdown({absl::Seconds(seconds), absl::Seconds(600)}, "", look);
  };
  EXPECT_THAT(rendered(500), HasSubstr("\x1b[1;32m"));
  EXPECT_THAT(rendered(150), HasSubstr("\x1b[1;33m"));
  EXPECT_THAT(rendered(50), HasSubstr("\x1b[1;31m"));
}

TEST(RenderCountdownTest, SaysSoWhenTheTimeIsUp) {
  EXPECT_THAT(RenderCountdown({absl::ZeroDuration(), absl::Seconds(600)}, "", {}),
              HasSubstr("Time is up"));
}

TEST(SentenceTest, NamesTheAppThatTheCustomersCountryKnows) {
  EXPECT_EQ(AppName("47*****678"), "Vipps");
  EXPECT_EQ(AppName("46*****678"), "Vipps");
  EXPECT_EQ(AppName("45*****678"), "MobilePay");
  EXPECT_EQ(AppName("35*****678"), "MobilePay");
  EXPECT_EQ(AppName("*******"), "Vipps or MobilePay");
}

TEST(SentenceTest, TellsWhatToAskOfTheCustomer) {
  v1::Login login = SampleLogin(v1::Login::PENDING);
  EXPECT_EQ(Sentence(login), "Ask the customer to open Vipps and confirm code K7-42XQ.");
  login.clear_binding_message();
  EXPECT_EQ(Sentence(login), "Ask the customer to open Vipps and confirm the login.");
}

TEST(SentenceTest, AnEndIsToldInTheDaemonsWords) {
  v1::Login login = SampleLogin(v1::Login::DENIED);
  EXPECT_EQ(Sentence(login), "The customer said no.");
  login.set_staff_message("They declined.");
  EXPECT_EQ(Sentence(login), "They declined.");
  login.set_state(v1::Login::FAILED);
  login.mutable_failure()->set_staff_message("Ask them to update the app.");
  EXPECT_EQ(Sentence(login), "Ask them to update the app.");
}

TEST(SentenceTest, AStateOfANewerDaemonHasAName) {
  v1::Login login;
  login.set_state(static_cast<v1::Login::State>(9));
  EXPECT_EQ(StateName(login), "STATE_9");
  EXPECT_THAT(Sentence(login), HasSubstr("older than the daemon"));
}

TEST(FailureDetailsTest, HasReasonProviderCodeAndWait) {
  v1::Failure failure;
  failure.set_reason(v1::Failure::TOO_MANY_LOGINS);
  failure.set_provider_code("too_many");
  failure.mutable_retry_after()->set_seconds(30);
  EXPECT_EQ(FailureDetails(failure),
            "TOO_MANY_LOGINS, the provider's code is too_many, try again in 30s");
}

TEST(ProfileTableTest, AlignsValuesAndAddressLines) {
  const auto lines = RenderRows(ProfileRows(SampleCompletedLogin().profile()), {.columns = 60});
  EXPECT_THAT(lines, ElementsAre("  Name            Åse Bjørnsdatter Ærfugl",
                                 "  Phone           +4791234678  ✓ verified",
                                 "  Email           ase@example.com",
                                 "  Address (home)  Robert Levins gate 5",
                                 "                  0154 OSLO", "                  NO",
                                 "  Customer id     c06c4afe-d9e1-4c5d-939a-177d752a0944"));
}

TEST(ProfileTableTest, NoLineIsWiderThanTheTerminal) {
  for (int columns = 20; columns < 100; ++columns) {
    for (const std::string& line :
         RenderRows(ProfileRows(SampleCompletedLogin().profile()), {.columns = columns})) {
      EXPECT_LE(DisplayWidth(line), columns) << line;
    }
  }
}

TEST(ProfileTableTest, MakesAnAddressFromItsPartsWhereItIsNotFormatted) {
  v1::Profile profile;
  v1::Address* address = profile.add_addresses();
  address->set_street_address("Storgata 1\nH0201");
  address->set_postal_code("5003");
  address->set_region("BERGEN");
  address->set_country("NO");
  ASSERT_THAT(ProfileRows(profile), SizeIs(1));
  EXPECT_EQ(ProfileRows(profile)[0].value, "Storgata 1\nH0201\n5003 BERGEN\nNO");
}

TEST(ProfileTableTest, ShowsConsentsAndClaimsThatItDoesNotKnow) {
  v1::Profile profile;
  v1::Consents* consents = profile.mutable_consents();
  consents->set_heading("Club");
  consents->add_consents()->set_id("sms");
  auto* email = consents->add_consents();
  email->set_text_displayed_to_user("Email me");
  email->set_accepted(true);
  email->set_required(true);
  consents->set_terms_description("The small print");
  consents->mutable_time_of_consent()->set_seconds(1'785'585'600);
  consents->add_links()->set_url("https://club.example/privacy");
  consents->add_links()->set_url("https://club.example/terms");
  consents->mutable_links(1)->set_text("Terms");
  auto& claims = *profile.mutable_other_claims()->mutable_fields();
  claims["sid"].set_string_value("s\x1b[31m");
  claims["level"].set_number_value(3);
  EXPECT_THAT(PlainRows(ProfileRows(profile)),
              ElementsAre("consents.heading\tClub", "consents.terms\tThe small print",
                          "consents.0\tNo: sms", "consents.1\tYes: Email me (required)",
                          "consents.links.0\thttps://club.example/privacy",
                          "consents.links.1\tTerms: https://club.example/terms",
                          "consents.time\t2026-08-01T12:00:00Z", "other_claims.level\t3",
                          "other_claims.sid\ts[31m"));
}

TEST(ListTest, AlignsColumnsUnderAHead) {
  v1::Login login = SampleLogin(v1::Login::PENDING);
  login.set_reference("R-2231");
  EXPECT_THAT(RenderList({login}, {.columns = 80}),
              ElementsAre("LOGIN     STATE    PHONE       CODE     STARTED   REFERENCE",
                          "01SAMPLE  PENDING  47*****678  K7-42XQ  08:00:00  R-2231"));
}

TEST(ListTest, LeavesColumnsOutRatherThanWrapButNeverCutsAnId) {
  v1::Login login = SampleLogin(v1::Login::PENDING);
  login.set_reference("a reference that is too long for the terminal");
  for (const std::string& line : RenderList({login}, {.columns = 62})) {
    EXPECT_LE(DisplayWidth(line), 62);
  }
  EXPECT_THAT(RenderList({login}, {.columns = 62})[1], HasSubstr("a referenc"));
  EXPECT_THAT(RenderList({login}, {.columns = 30}),
              ElementsAre("LOGIN     STATE    PHONE", "01SAMPLE  PENDING  47*****678"));
  EXPECT_THAT(RenderList({login}, {.columns = 10}), ElementsAre("LOGIN", "01SAMPLE"));
}

TEST(JsonTest, HasTheFieldNamesOfTheProtoOnOneLine) {
  const std::string json = MessageToJson(SampleCompletedLogin());
  EXPECT_THAT(json, HasSubstr(R"("masked_phone_number":"47*****678")"));
  EXPECT_THAT(json, HasSubstr(R"("state":"COMPLETED")"));
  EXPECT_THAT(json, HasSubstr(R"("create_time":"2027-01-15T08:00:00Z")"));
  EXPECT_THAT(json, Not(HasSubstr("\n")));
}

TEST(JsonTest, IsWhatProtobufReadsBack) {
  v1::Login back;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(MessageToJson(SampleCompletedLogin()), &back)
          .ok());
  EXPECT_EQ(back.SerializeAsString(), SampleCompletedLogin().SerializeAsString());
}

TEST(JsonTest, EscapesControlCharactersSoThatATerminalIsSafeFromThemToo) {
  v1::Login login;
  login.set_reference("\x1b[31m\x7f\u009b");
  const std::string json = MessageToJson(login);
  EXPECT_EQ(Clean(json), json);
}

TEST(JsonTest, AnErrorIsAnObjectEvenIfItsWordsAreNotUtf8) {
  EXPECT_EQ(ProblemToJson({"UNAVAILABLE", "no \"daemon\" \xff", "start it", 1}),
            "{\"error\":{\"code\":\"UNAVAILABLE\",\"message\":\"no \\\"daemon\\\" \uFFFD\","
            "\"hint\":\"start it\"}}");
  EXPECT_EQ(ProblemToJson({"INTERNAL", "x", "", 1}),
            R"({"error":{"code":"INTERNAL","message":"x"}})");
}

}  // namespace
}  // namespace cibad
