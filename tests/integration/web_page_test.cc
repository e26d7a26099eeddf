// Logins that finish on a web page, on real sockets: the test is the customer's browser and the
// page's server.

#include <gmock/gmock.h>

#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kPage[] = "https://shop.example/back?from=vipps";
constexpr char kState[] = "state-0001";

class WebPageTest : public IntegrationTest {
 protected:
  absl::StatusOr<v1::Login> Start(const std::string& msisdn, const std::string& state = kState) {
    v1::StartLoginRequest request = Request("+" + msisdn);
    request.set_redirect_uri(kPage);
    request.set_state(state);
    return till_->Start(request);
  }

  // Starts a login, and waits until its customer has been asked. Gives its id.
  std::string MustAsk(const std::string& msisdn, const std::string& state = kState) {
    const auto login = Start(msisdn, state);
    EXPECT_TRUE(login.ok()) << login.status();
    if (!login.ok()) return "";
    EXPECT_EQ(till_->WatchUntil(login->id(), v1::Login::PENDING).Last().state(),
              v1::Login::PENDING);
    return login->id();
  }

  // The query that the browser of the number's newest login brings.
  std::string Query(const std::string& msisdn) {
    std::string location;
    EXPECT_TRUE(Eventually([&] {
      location = sandbox_->Redirect(msisdn).value_or("");
      return !location.empty();
    }));
    const std::vector<std::string> parts = absl::StrSplit(location, absl::MaxSplits('?', 1));
    return parts.back();
  }

  absl::StatusOr<v1::Login> Complete(const std::string& id, const std::string& query) {
    v1::CompleteLoginRequest request;
    request.set_id(id);
    request.set_callback_query(query);
    return till_->Complete(request);
  }

  // A login of this number, finished with what its browser brings.
  v1::Login Finished(const std::string& msisdn) {
    const std::string id = MustAsk(msisdn);
    const auto login = Complete(id, Query(msisdn));
    EXPECT_TRUE(login.ok()) << msisdn << ": " << login.status();
    return login.value_or(v1::Login());
  }

  int64_t Total(const std::string& name) {
    const auto totals = sandbox_->Totals();
    return totals.ok() ? totals->at(name) : -1;
  }
};

TEST_F(WebPageTest, CompletesWithTheQueryAndWhoeverWatchesSeesIt) {
  const std::string id = MustAsk("4740000000");
  const auto watch = till_->Open(id);
  const auto login = Complete(id, Query("4740000000"));
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->state(), v1::Login::COMPLETED);
  EXPECT_EQ(login->profile().name(), "Ada Lovisa Nordmann");
  EXPECT_EQ(login->redirect_uri(), kPage);
  v1::Login last;
  while (const auto told = watch->Next()) last = *told;
  EXPECT_EQ(last.state(), v1::Login::COMPLETED);
  EXPECT_EQ(last.profile().sub(), login->profile().sub());
  EXPECT_TRUE(watch->Finish().ok());
  EXPECT_EQ(Total("polls"), 0);
  EXPECT_EQ(Total("code_exchanges"), 1);
  ExpectNoViolations();
}

TEST_F(WebPageTest, CompletesWithTheCodeAlone) {
  const std::string id = MustAsk("4740000000");
  const std::string query = Query("4740000000");
  const std::vector<std::string> parameters = absl::StrSplit(query, '&');
  ASSERT_THAT(parameters, ElementsAre("from=vipps", testing::StartsWith("code="), testing::_));
  v1::CompleteLoginRequest request;
  request.set_id(id);
  request.set_code(parameters[1].substr(5));
  const auto login = till_->Complete(request);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->state(), v1::Login::COMPLETED);
}

TEST_F(WebPageTest, WorksWithoutAState) {
  const std::string id = MustAsk("4740000000", "");
  EXPECT_THAT(Query("4740000000"), Not(HasSubstr("state=")));
  EXPECT_EQ(Complete(id, Query("4740000000"))->state(), v1::Login::COMPLETED);
}

TEST_F(WebPageTest, WaitsForTheCustomerAndIsNotPolled) {
  const std::string id = MustAsk("4791234567");
  EXPECT_FALSE(sandbox_->Redirect("4791234567").ok());
  // A login in the app that starts later is polled meanwhile.
  EXPECT_EQ(till_->WatchToEnd(MustStart("+4740000003")).Last().state(), v1::Login::COMPLETED);
  ASSERT_TRUE(sandbox_->Approve("4791234567").ok());
  EXPECT_EQ(Complete(id, Query("4791234567"))->state(), v1::Login::COMPLETED);
  ExpectNoViolations();
}

TEST_F(WebPageTest, ADenialComesInTheQuery) {
  const std::string id = MustAsk("4740000020");
  const auto watch = till_->Open(id);
  EXPECT_EQ(Complete(id, Query("4740000020"))->state(), v1::Login::DENIED);
  v1::Login last;
  while (const auto told = watch->Next()) last = *told;
  EXPECT_EQ(last.state(), v1::Login::DENIED);
  EXPECT_EQ(Total("code_exchanges"), 0);
  ExpectNoViolations();
}

struct Failing {
  const char* msisdn;
  v1::Failure::Reason reason;
  const char* provider_code;
};

TEST_F(WebPageTest, EveryFailureHasItsReasonAndOneExchangeAtMost) {
  const Failing failures[] = {
      {"4740000602", v1::Failure::PROVIDER_UNAVAILABLE, "server_error"},
      {"4740000603", v1::Failure::OTHER, "customer_on_the_moon"},
      {"4740000601", v1::Failure::REQUEST_REFUSED, "invalid_grant"},  // the code has expired
      {"4740000600", v1::Failure::ID_TOKEN_REFUSED, ""},              // no auth_req_id
      {"4740000351", v1::Failure::ID_TOKEN_REFUSED, ""},              // another login's
      {"4740000352", v1::Failure::ID_TOKEN_REFUSED, ""},
      {"4740000210", v1::Failure::INTERRUPTED, ""},  // the answer is lost
      {"4740000211", v1::Failure::INTERRUPTED, ""},
      {"4740000202", v1::Failure::PROVIDER_UNAVAILABLE, ""},  // HTTP 500
      {"4740000205", v1::Failure::TOO_MANY_LOGINS, ""},       // HTTP 429
      {"4740000200", v1::Failure::OTHER, "slow_down"},
      {"4740000240", v1::Failure::PROVIDER_ANSWER_INVALID, ""},
      {"4740000400", v1::Failure::PROFILE_REFUSED, ""},
  };
  for (const Failing& failing : failures) {
    const v1::Login login = Finished(failing.msisdn);
    EXPECT_EQ(login.state(), v1::Login::FAILED) << failing.msisdn;
    EXPECT_EQ(login.failure().reason(), failing.reason) << failing.msisdn;
    EXPECT_EQ(login.failure().provider_code(), failing.provider_code) << failing.msisdn;
    EXPECT_FALSE(login.has_profile()) << failing.msisdn;
  }
  EXPECT_EQ(Total("code_exchanges"), 11) << "one for each number but those without a code";
  EXPECT_EQ(Total("polls"), 0);
  ExpectNoViolations();
}

TEST_F(WebPageTest, GoodIdTokensOfEveryKindAreTaken) {
  for (const char* msisdn : {"4740000300", "4740000301", "4740000304", "4740000305"}) {
    EXPECT_EQ(Finished(msisdn).state(), v1::Login::COMPLETED) << msisdn;
  }
  ExpectNoViolations();
}

TEST_F(WebPageTest, AWrongStateIsRefusedAndTheLoginGoesOn) {
  const std::string id = MustAsk("4740000000");
  const std::string query = Query("4740000000");
  for (const std::string& wrong :
       {absl::StrReplaceAll(query, {{kState, "state-0002"}}),
        absl::StrReplaceAll(query, {{absl::StrCat("&state=", kState), ""}}),
        std::string("error=access_denied"), std::string("error=access_denied&state=state-0002")}) {
    const absl::Status status = Complete(id, wrong).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("callback_query: state"));
  }
  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING);
  EXPECT_EQ(Total("code_exchanges"), 0);
  EXPECT_EQ(Complete(id, query)->state(), v1::Login::COMPLETED);
}

TEST_F(WebPageTest, ACodeThatIsUsedTwiceIsRefusedByTheStateOfTheLogin) {
  const std::string id = MustAsk("4740000000");
  const std::string query = Query("4740000000");
  EXPECT_EQ(Complete(id, query)->state(), v1::Login::COMPLETED);
  const absl::Status again = Complete(id, query).status();
  EXPECT_EQ(again.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(again.message()), HasSubstr("COMPLETED"));
  EXPECT_THAT(std::string(again.message()), Not(HasSubstr("Nordmann")));
  EXPECT_EQ(Total("code_exchanges"), 1);
  ExpectNoViolations();
}

TEST_F(WebPageTest, ACodeOfAnotherLoginGivesNothingOfTheOtherCustomer) {
  const std::string one = MustAsk("4740000000", "state-one-1");
  const std::string other = MustAsk("4740100001", "state-two-2");
  const std::string query =
      absl::StrReplaceAll(Query("4740100001"), {{"state-two-2", "state-one-1"}});
  const auto login = Complete(one, query);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->failure().reason(), v1::Failure::ID_TOKEN_REFUSED);
  EXPECT_FALSE(login->has_profile());
  EXPECT_EQ(Total("userinfo_requests"), 0);
  EXPECT_EQ(till_->Get(other)->state(), v1::Login::PENDING);
  ExpectNoViolations();
  // The other's code is used up by it, and that login can only end, too.
  const auto second = Complete(other, Query("4740100001"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->failure().provider_code(), "invalid_grant");
}

TEST_F(WebPageTest, ACodeThatComesAfterACancelIsRefused) {
  const std::string id = MustAsk("4740000000");
  const std::string query = Query("4740000000");
  ASSERT_TRUE(till_->Cancel(id).ok());
  const absl::Status status = Complete(id, query).status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("CANCELLED"));
  EXPECT_EQ(Total("code_exchanges"), 0);
}

TEST_F(WebPageTest, WhatCannotBeCompletedIsRefused) {
  const std::string in_the_app = MustStart(kNeverAnswers);
  till_->WatchUntil(in_the_app, v1::Login::PENDING);
  EXPECT_EQ(Complete(in_the_app, "code=abc").status().code(), StatusCode::kFailedPrecondition);
  const std::string ended_in_the_app = MustStart(kApproves);
  till_->WatchToEnd(ended_in_the_app);
  const absl::Status ended = Complete(ended_in_the_app, "code=abc").status();
  EXPECT_EQ(ended.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(ended.message()), HasSubstr("redirect_uri"));

  EXPECT_EQ(Complete("00000000000000000000000000", "code=abc").status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(Complete("nonsense", "code=abc").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Complete("", "code=abc").status().code(), StatusCode::kInvalidArgument);
  ASSERT_TRUE(till_->Cancel(in_the_app).ok());
  const std::string id = MustAsk("4740000030");
  for (const std::string& query :
       {std::string(), std::string("state=state-0001"), std::string("code=a&code=b"),
        std::string("code=%zz"), "code=a&x=" + std::string(9000, 'x')}) {
    EXPECT_EQ(Complete(id, query).status().code(), StatusCode::kInvalidArgument) << query.size();
  }
  v1::CompleteLoginRequest nothing;
  nothing.set_id(id);
  EXPECT_EQ(till_->Complete(nothing).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING);
}

TEST_F(WebPageTest, ARestartLosesNothingOfALoginThatWaitsForItsCode) {
  const std::string id = MustAsk("4740000000");
  ASSERT_NO_FATAL_FAILURE(RestartServing());
  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING);
  EXPECT_EQ(Complete(id, Query("4740000000"))->state(), v1::Login::COMPLETED);
  EXPECT_EQ(Total("polls"), 0);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

// The provider takes 8 seconds to answer this number's token requests.
constexpr char kSlowExchange[] = "4740000209";

TEST_F(WebPageTest, AnExchangeUnderWayIsTheOnlyOneAndACrashInterruptsIt) {
  const std::string id = MustAsk(kSlowExchange);
  const std::string query = Query(kSlowExchange);
  absl::StatusOr<v1::Login> first;
  std::thread page([&] { first = Complete(id, query); });
  EXPECT_TRUE(Eventually([&] { return Total("code_exchanges") == 1; }));
  EXPECT_EQ(Complete(id, query).status().code(), StatusCode::kAborted);
  daemon_->process().Signal(SIGKILL);
  page.join();
  EXPECT_EQ(first.status().code(), StatusCode::kUnavailable) << first.status();
  ASSERT_NO_FATAL_FAILURE(StartServing());
  const v1::Login login = till_->WatchToEnd(id).Last();
  EXPECT_EQ(login.failure().reason(), v1::Failure::INTERRUPTED);
  EXPECT_EQ(Complete(id, query).status().code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(Total("code_exchanges"), 1);
  ExpectNoViolations();
}

TEST_F(WebPageTest, ADaemonThatStopsAnswersACallThatWaits) {
  const std::string id = MustAsk(kSlowExchange);
  const std::string query = Query(kSlowExchange);
  absl::StatusOr<v1::Login> answer;
  std::thread page([&] { answer = Complete(id, query); });
  EXPECT_TRUE(Eventually([&] { return Total("code_exchanges") == 1; }));
  StopDaemon();
  page.join();
  EXPECT_EQ(answer.status().code(), StatusCode::kUnavailable) << answer.status();
}

TEST_F(WebPageTest, AnExchangeThatCannotLeaveIsTriedAgain) {
  const std::string id = MustAsk("4740000000");
  const std::string query = Query("4740000000");
  ASSERT_TRUE(sandbox_->Stop().ok());
  absl::StatusOr<v1::Login> answer;
  std::thread page([&] { answer = Complete(id, query); });
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(daemon_->Log(), "did not answer"); }));
  EXPECT_EQ(till_->Get(id)->state(), v1::Login::PENDING);
  ASSERT_TRUE(sandbox_->Restart().ok());  // it has forgotten the code
  page.join();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->failure().provider_code(), "invalid_grant");
}

TEST_F(WebPageTest, NothingThatTheBrowserBringsIsLogged) {
  const std::string config = ReadFile(sandbox_->config_path());
  WriteFile(sandbox_->config_path(),
            absl::StrReplaceAll(config, {{R"(level = "info")", R"(level = "debug")"}}));
  ASSERT_NO_FATAL_FAILURE(RestartServing());
  for (const char* msisdn : {"4740000000", "4740000601", "4740000602", "4740000020"}) {
    const std::string id = MustAsk(msisdn);
    const std::string query = Query(msisdn);
    EXPECT_EQ(Complete(id, query + "&code=x").ok(), false);
    EXPECT_TRUE(Complete(id, query).ok());
    for (const absl::string_view part : absl::StrSplit(query, '&')) {
      const std::pair<std::string, std::string> pair =
          absl::StrSplit(part, absl::MaxSplits('=', 1));
      if (pair.first != "code" && pair.first != "state") continue;
      EXPECT_THAT(daemon_->Log(), Not(HasSubstr(pair.second))) << pair.first;
    }
  }
  EXPECT_THAT(daemon_->Log(), HasSubstr("redirect")) << "what went wrong is";
}

class ShortLoginTest : public WebPageTest {
 protected:
  void SetUp() override {
    SandboxSettings settings;
    settings.expires_in_seconds = 2;
    settings.redirect_uris = {"https://shop.example/other", kPage};
    ASSERT_NO_FATAL_FAILURE(StartSandbox(settings));
    ASSERT_NO_FATAL_FAILURE(StartServing());
  }
};

TEST_F(ShortLoginTest, ACodeThatComesTooLateIsRefused) {
  const auto started = Start("4740000030");
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(till_->WatchToEnd(started->id()).Last().state(), v1::Login::EXPIRED);
  const absl::Status status = Complete(started->id(), "code=abc&state=state-0001").status();
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("EXPIRED"));
  EXPECT_EQ(Total("code_exchanges"), 0);
  EXPECT_EQ(Total("polls"), 0);
}

TEST_F(ShortLoginTest, APageThatIsNotRegisteredEndsTheLogin) {
  v1::StartLoginRequest request = Request(kApproves);
  request.set_redirect_uri("https://elsewhere.example/");
  const auto started = till_->Start(request);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(till_->WatchToEnd(started->id()).Last().failure().reason(),
            v1::Failure::REQUEST_REFUSED);
}

}  // namespace
}  // namespace cibad
