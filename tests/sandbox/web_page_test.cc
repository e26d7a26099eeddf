// What the sandbox makes of logins that finish on a web page, and of the hints that name customers.

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/sandbox/backchannel_form.h"
#include "tests/sandbox/id_token.h"
#include "tests/sandbox/provider_state.h"

namespace cibad {
namespace {

constexpr const char* kPageUri = "https://shop.example/back";

// ---- The backchannel form.

Form FormOf(const std::string& hint) {
  return {{"login_hint", hint}, {"scope", "openid"}, {"binding_message", "AB-123"}};
}

Form PageForm(const std::string& uri, const std::string& flow = "login_to_webpage") {
  Form form = FormOf("urn:msisdn:4740000000");
  form["requested_flow"] = flow;
  form["redirect_uri"] = uri;
  return form;
}

std::string FormErrorOf(const Form& form, const std::vector<std::string>& registered = {}) {
  const auto read = ReadBackchannelForm(form, registered);
  const auto* error = std::get_if<OAuthError>(&read);
  return error == nullptr ? "none" : error->code;
}

TEST(HintTest, OfEveryCountryThatIsServedIsTaken) {
  for (const char* msisdn : {"4740000000", "4520000000", "46700000000", "467000000", "358400000000",
                             "3581812345", "298210000"}) {
    EXPECT_EQ(FormErrorOf(FormOf(absl::StrCat("urn:msisdn:", msisdn))), "none") << msisdn;
  }
}

TEST(HintTest, OfAnotherCountryOrLengthIsRefused) {
  // The first is Norway's code before a Danish number: each code counts for itself.
  for (const char* msisdn :
       {"474520000000", "454740000000", "47400000000", "474000000", "45200000000", "298210",
        "2982100000", "299221234", "3546111234", "4479111234", "47", "298", ""}) {
    EXPECT_EQ(FormErrorOf(FormOf(absl::StrCat("urn:msisdn:", msisdn))), "invalid_request")
        << msisdn;
  }
}

TEST(HintTest, ACustomerTokenSaysWhoseItIs) {
  const auto read = ReadBackchannelForm(FormOf("urn:customer-token:sandbox-4740000003"));
  ASSERT_TRUE(std::holds_alternative<BackchannelRequest>(read));
  EXPECT_EQ(std::get<BackchannelRequest>(read).msisdn, "4740000003");
}

TEST(HintTest, AnUnknownCustomerTokenIsNoMistakeOfTheClient) {
  for (const char* token : {"abc", "sandbox-", "sandbox-abc", "sandbox-299221234"}) {
    const auto read = ReadBackchannelForm(FormOf(absl::StrCat("urn:customer-token:", token)));
    ASSERT_TRUE(std::holds_alternative<OAuthError>(read)) << token;
    EXPECT_EQ(std::get<OAuthError>(read).code, "expired_login_hint_token") << token;
    EXPECT_FALSE(std::get<OAuthError>(read).is_mistake) << token;
  }
  EXPECT_EQ(FormErrorOf(FormOf("urn:customer-token:")), "invalid_request");
  EXPECT_EQ(FormErrorOf(FormOf("urn:customer-token:" + std::string(1025, 't'))), "invalid_request");
}

TEST(PageFormTest, HasTheFlowAndAnHttpsUri) {
  EXPECT_EQ(FormErrorOf(PageForm(kPageUri)), "none");
  EXPECT_EQ(FormErrorOf(PageForm(kPageUri, "app_to_app")), "invalid_request");
  for (const char* uri : {"http://shop.example/", "https://", "https://shop.example/#a", "shop"}) {
    EXPECT_EQ(FormErrorOf(PageForm(uri)), "invalid_request") << uri;
  }
  Form without_flow = PageForm(kPageUri);
  without_flow.erase("requested_flow");
  EXPECT_EQ(FormErrorOf(without_flow), "invalid_request");
  Form without_uri = PageForm(kPageUri);
  without_uri.erase("redirect_uri");
  EXPECT_EQ(FormErrorOf(without_uri), "invalid_request");
}

TEST(PageFormTest, MayHaveAStateOfEightCharacters) {
  Form form = PageForm(kPageUri);
  form["state"] = "12345678";
  EXPECT_EQ(FormErrorOf(form), "none");
  form["state"] = "1234567";
  EXPECT_EQ(FormErrorOf(form), "invalid_request");
}

TEST(PageFormTest, TheUriMustBeRegisteredWhereSomeAre) {
  EXPECT_EQ(FormErrorOf(PageForm(kPageUri), {"https://a.example/", kPageUri}), "none");
  EXPECT_EQ(FormErrorOf(PageForm(kPageUri), {"https://shop.example/"}), "invalid_request");
  EXPECT_EQ(FormErrorOf(FormOf("urn:msisdn:4740000000"), {"https://a.example/"}), "none");
}

// ---- The browser and its code.

class WebPageStateTest : public ::testing::Test {
 protected:
  SandboxLogin Start(const char* msisdn, const char* state = "state-0001") {
    return *state_.Start({.msisdn = msisdn,
                          .scopes = {"openid"},
                          .binding_message = "",
                          .requested_expiry = std::nullopt,
                          .redirect_uri = kPageUri,
                          .state = state},
                         start_);
  }

  std::string RedirectAt(const SandboxLogin& login, absl::Duration after_start) {
    return state_.Redirect(login.auth_req_id, start_ + after_start).value_or("nowhere");
  }

  // The code in where the browser goes.
  std::string CodeAt(const SandboxLogin& login, absl::Duration after_start) {
    const std::string location = RedirectAt(login, after_start);
    const size_t begin = location.find("code=") + 5;
    return location.substr(begin, location.find('&', begin) - begin);
  }

  PollVerdict ExchangeAt(const std::string& code, absl::Duration after_start) {
    return state_.Exchange(code, start_ + after_start).verdict;
  }

  int64_t Count(Violation violation) { return state_.AllViolations().Of(violation); }

  const absl::Time start_ = absl::FromUnixSeconds(1'700'000'000);
  ProviderState state_{absl::Seconds(5), absl::Seconds(600)};
};

TEST_F(WebPageStateTest, TheBrowserBringsACodeAndTheStateOnceTheCustomerApproves) {
  const SandboxLogin login = Start("4740000010");
  EXPECT_EQ(RedirectAt(login, absl::Seconds(9)), "nowhere");
  const std::string location = RedirectAt(login, absl::Seconds(10));
  EXPECT_TRUE(absl::StartsWith(location, absl::StrCat(kPageUri, "?code="))) << location;
  EXPECT_TRUE(absl::EndsWith(location, "&state=state-0001")) << location;
  EXPECT_EQ(RedirectAt(login, absl::Seconds(11)), location) << "it is the same code";
  EXPECT_EQ(state_.RedirectOfPhone("4740000010", start_ + absl::Seconds(11)), location);
}

TEST_F(WebPageStateTest, TheBrowserBringsTheErrorOfADenial) {
  EXPECT_EQ(RedirectAt(Start("4740000020", ""), absl::ZeroDuration()),
            absl::StrCat(kPageUri,
                         "?error=access_denied&error_description="
                         "The%20customer%20denied%20the%20login."));
  EXPECT_TRUE(absl::StrContains(RedirectAt(Start("4740000602"), absl::ZeroDuration()),
                                "?error=server_error&"));
}

TEST_F(WebPageStateTest, NoBrowserLeavesForALoginInTheAppOrUndecided) {
  const SandboxLogin in_the_app = *state_.Start({.msisdn = "4740000000",
                                                 .scopes = {"openid"},
                                                 .binding_message = "",
                                                 .requested_expiry = std::nullopt},
                                                start_);
  EXPECT_EQ(RedirectAt(in_the_app, absl::Seconds(1)), "nowhere");
  EXPECT_EQ(state_.RedirectOfPhone("4740000000", start_), std::nullopt);
  EXPECT_EQ(RedirectAt(Start("4791234567"), absl::Seconds(1)), "nowhere");
  EXPECT_EQ(RedirectAt(Start("4740000030"), absl::Seconds(1)), "nowhere");
  EXPECT_EQ(RedirectAt(Start("4740000000"), absl::Seconds(600)), "nowhere") << "it has expired";
}

TEST_F(WebPageStateTest, ACodeIsGoodForOneExchange) {
  const std::string code = CodeAt(Start("4740000000"), absl::ZeroDuration());
  EXPECT_EQ(ExchangeAt(code, absl::Seconds(1)), PollVerdict::kTokens);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
  EXPECT_EQ(ExchangeAt(code, absl::Seconds(2)), PollVerdict::kEnded);
  EXPECT_EQ(Count(Violation::kCodeUsedTwice), 1);
  EXPECT_EQ(state_.AllTotals().code_exchanges, 2);
}

TEST_F(WebPageStateTest, ACodeWhoseAnswerWasATroubleIsUsed) {
  const std::string code = CodeAt(Start("4740000202"), absl::ZeroDuration());
  EXPECT_EQ(ExchangeAt(code, absl::Seconds(1)), PollVerdict::kFailure);
  EXPECT_EQ(ExchangeAt(code, absl::Seconds(2)), PollVerdict::kEnded);
  EXPECT_EQ(Count(Violation::kCodeUsedTwice), 1);
}

TEST_F(WebPageStateTest, ACodeExpires) {
  const std::string code = CodeAt(Start("4740000000"), absl::ZeroDuration());
  EXPECT_EQ(ExchangeAt(code, absl::Minutes(2)), PollVerdict::kExpired);
  EXPECT_EQ(ExchangeAt(CodeAt(Start("4740000601"), absl::Seconds(1)), absl::Seconds(1)),
            PollVerdict::kExpired);
  EXPECT_EQ(ExchangeAt("made-up", absl::Seconds(1)), PollVerdict::kUnknown);
  EXPECT_EQ(state_.AllViolations().Total(), 0);
}

TEST_F(WebPageStateTest, APollOfItIsAViolationAndGivesNothing) {
  const SandboxLogin login = Start("4740000000");
  EXPECT_EQ(state_.Poll(login.auth_req_id, start_ + absl::Seconds(60)).verdict,
            PollVerdict::kEnded);
  EXPECT_EQ(Count(Violation::kPollOfWebPageLogin), 1);
  EXPECT_EQ(ExchangeAt(CodeAt(login, absl::Seconds(60)), absl::Seconds(61)), PollVerdict::kTokens);
}

TEST_F(WebPageStateTest, UserinfoAfterAnIdTokenWithoutAuthReqIdIsAViolation) {
  const std::string code = CodeAt(Start("4740000600"), absl::ZeroDuration());
  const PollOutcome outcome = state_.Exchange(code, start_);
  state_.Userinfo(outcome.login.access_token, start_);
  EXPECT_EQ(Count(Violation::kUserinfoAfterRefusal), 1);
}

TEST(WebPageIdTokenTest, HasTheAuthReqIdUnlessTheTestNumberLeavesItOut) {
  IdTokenFacts facts = {.auth_req_id = "request-1"};
  EXPECT_FALSE(absl::StrContains(IdTokenClaims(facts, IdTokenKind::kOrdinary), "auth_req_id"));
  facts.on_web_page = true;
  const auto has = [&](IdTokenKind kind) {
    return absl::StrContains(IdTokenClaims(facts, kind), R"("auth_req_id":"request-1")");
  };
  EXPECT_TRUE(has(IdTokenKind::kOrdinary));
  EXPECT_TRUE(has(IdTokenKind::kEs256));
  EXPECT_FALSE(has(IdTokenKind::kWithoutAuthReqId));
  EXPECT_FALSE(has(IdTokenKind::kOtherAuthReqId));
}

}  // namespace
}  // namespace cibad
