// Several sales units in one daemon, each with its own credentials and defaults, and a reload that
// adds one and takes it out again.

#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kFirst[] = "123456";
constexpr char kSecond[] = "654321";  // the sandbox's second sales unit: tests/sandbox/README.md

class SalesUnitsTest : public IntegrationTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox());
    config_ = ReadFile(sandbox_->config_path());
  }

  // The second sales unit's section, with `keys` in it.
  std::string Second(const std::string& keys = "") const {
    return absl::StrCat("\n[[sales_unit]]\nmsn = \"", kSecond,
                        "\"\nclient_id = \"90d4c1a2-1b59-4d0c-8f9d-5a1f0c1e7e57\"\n"
                        "client_secret_file = \"client_secret_2\"\n",
                        keys);
  }
  void SetConfig(const std::string& text) const { WriteFile(sandbox_->config_path(), text); }

  void Reload() {
    daemon_->process().Signal(SIGHUP);
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, "Reloaded the config");
    ASSERT_TRUE(line.ok()) << line.status();
  }

  static v1::StartLoginRequest For(const std::string& sales_unit, const std::string& phone) {
    v1::StartLoginRequest request = Request(phone);
    request.set_sales_unit(sales_unit);
    return request;
  }

  absl::StatusCode CodeOfStart(const v1::StartLoginRequest& request) {
    return till_->Start(request).status().code();
  }

  v1::Login LogIn(const v1::StartLoginRequest& request) {
    const absl::StatusOr<v1::Login> login = till_->Start(request);
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? till_->WatchToEnd(login->id()).Last() : v1::Login();
  }

  std::string config_;
};

TEST_F(SalesUnitsTest, EachLogsInWithItsOwnCredentials) {
  SetConfig(config_ + Second());
  ASSERT_NO_FATAL_FAILURE(StartServing());
  const v1::Login first = LogIn(For(kFirst, kApproves));
  const v1::Login second = LogIn(For(kSecond, "+47 400 00 003"));
  EXPECT_EQ(first.state(), v1::Login::COMPLETED) << first.staff_message();
  EXPECT_EQ(second.state(), v1::Login::COMPLETED) << second.staff_message();
  EXPECT_EQ(second.sales_unit(), kSecond);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

TEST_F(SalesUnitsTest, AStartThatNamesNoneIsForTheDefault) {
  SetConfig(config_ + Second());
  ASSERT_NO_FATAL_FAILURE(StartServing());
  const absl::Status none = till_->Start(Request(kApproves)).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(none.message()), HasSubstr("sales_unit"));

  SetConfig(config_ + Second("default = true\ndefault_region = \"DK\"\n"
                             "default_scopes = [\"phoneNumber\"]\n"));
  Reload();
  v1::StartLoginRequest request;
  request.set_phone_number("20 00 00 00");
  const v1::Login login = LogIn(request);
  EXPECT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
  EXPECT_EQ(login.sales_unit(), kSecond);
  EXPECT_THAT(login.scopes(), ElementsAre("openid", "phoneNumber"));
  EXPECT_EQ(login.profile().phone_number(), "+4520000000");
  EXPECT_EQ(login.profile().name(), "");
  ExpectNoViolations();
}

TEST_F(SalesUnitsTest, AStartWithoutScopesIsRefusedWhereTheSalesUnitHasNoneOfItsOwn) {
  SetConfig(absl::StrReplaceAll(config_, {{"default_scopes = ", "#default_scopes = "}}));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  v1::StartLoginRequest request = Request(kApproves);
  request.clear_scopes();
  const absl::Status status = till_->Start(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("scopes: give at least one"));
  EXPECT_TRUE(sandbox_->BackchannelRequestsByPhone()->empty());
}

TEST_F(SalesUnitsTest, OneIsAddedAndTakenOutWithoutARestart) {
  ASSERT_NO_FATAL_FAILURE(StartServing());
  EXPECT_EQ(CodeOfStart(For(kSecond, kWaits)), absl::StatusCode::kNotFound);
  SetConfig(config_ + Second());
  Reload();
  const absl::StatusOr<v1::Login> started = till_->Start(For(kSecond, kWaits));
  ASSERT_TRUE(started.ok()) << started.status();
  till_->WatchUntil(started->id(), v1::Login::PENDING);

  SetConfig(config_);
  Reload();
  EXPECT_TRUE(Eventually(
      [&] { return CodeOfStart(For(kSecond, kApproves)) == absl::StatusCode::kNotFound; }));
  ASSERT_TRUE(sandbox_->Approve("4791234567").ok());
  const v1::Login ended = till_->WatchToEnd(started->id()).Last();
  EXPECT_EQ(ended.state(), v1::Login::COMPLETED) << ended.staff_message();
  EXPECT_EQ(LogIn(Request("+47 400 00 003")).state(), v1::Login::COMPLETED);
  ExpectNoViolations();
}

TEST_F(SalesUnitsTest, SystemHeadersReachTheProviderWithEveryCall) {
  SetConfig(absl::StrReplaceAll(
      config_, {{"[[sales_unit]]\n",
                 "[[sales_unit]]\nsystem_name = \"acme-pos\"\nsystem_version = \"4.2\"\n"
                 "plugin_name = \"acme-vipps\"\nplugin_version = \"1.0\"\n"}}));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  EXPECT_EQ(LogIn(Request(kApproves)).state(), v1::Login::COMPLETED);
  ExpectNoViolations();
  const absl::StatusOr<std::string> seen = sandbox_->LoginsJson();
  ASSERT_TRUE(seen.ok()) << seen.status();
  const nlohmann::json systems = nlohmann::json::parse(*seen).at("systems");
  // Those of the backchannel, token and userinfo requests; discovery and keys are the daemon's own.
  EXPECT_THAT(systems.dump(), HasSubstr("acme-pos 4.2, acme-vipps 1.0"));
  for (const auto& [endpoint, system] : systems.items()) {
    EXPECT_EQ(system, "acme-pos 4.2, acme-vipps 1.0") << endpoint;
  }
  EXPECT_EQ(systems.size(), 3u) << systems;
}

// ---- Partner keys.

class PartnerTest : public SalesUnitsTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox({.auth_method = "partner"}));
    config_ = ReadFile(sandbox_->config_path());
  }

  int64_t TokensGiven() {
    const auto totals = sandbox_->Totals();
    EXPECT_TRUE(totals.ok()) << totals.status();
    return totals.ok() ? totals->at("access_tokens_given") : -1;
  }

  v1::Failure FailureOf(const std::string& phone) { return LogIn(Request(phone)).failure(); }
};

TEST_F(PartnerTest, ALoginCompletesAndOneTokenServesMany) {
  ASSERT_NO_FATAL_FAILURE(StartServing());
  for (const char* phone : {kApproves, "+47 400 00 003", "+45 20 00 00 00"}) {
    const v1::Login login = LogIn(Request(phone));
    EXPECT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
    EXPECT_NE(login.profile().sub(), "");
  }
  EXPECT_EQ(TokensGiven(), 1);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

TEST_F(PartnerTest, ActsForSeveralMerchantsWithOneClient) {
  const std::string unit = config_.substr(config_.find("[[sales_unit]]"));
  SetConfig(absl::StrCat(
      config_, "\n",
      absl::StrReplaceAll(unit.substr(0, unit.find("\n[store]")), {{kFirst, kSecond}})));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  EXPECT_EQ(LogIn(For(kFirst, kApproves)).state(), v1::Login::COMPLETED);
  EXPECT_EQ(LogIn(For(kSecond, "+47 400 00 003")).state(), v1::Login::COMPLETED);
  ExpectNoViolations();
}

TEST_F(PartnerTest, AnIdTokenOfAnotherSalesUnitOrOfNoneIsRefused) {
  ASSERT_NO_FATAL_FAILURE(StartServing());
  EXPECT_EQ(FailureOf("+47 400 00 306").reason(), v1::Failure::ID_TOKEN_REFUSED);
  EXPECT_EQ(FailureOf("+47 400 00 307").reason(), v1::Failure::ID_TOKEN_REFUSED);
  ExpectNoViolations();
}

TEST_F(PartnerTest, WrongKeysFailLoginsAtOnceAndRightOnesCountAfterAReload) {
  const std::string file = sandbox_->folder() + "/subscription_key";
  const std::string key = ReadFile(file);
  WriteFile(file, "planted-wrong-key");
  ASSERT_NO_FATAL_FAILURE(StartServing());
  EXPECT_TRUE(Eventually(
      [&] { return FailureOf(kApproves).reason() == v1::Failure::CREDENTIALS_REFUSED; }));
  EXPECT_THAT(daemon_->Log(), HasSubstr("No access token could be had"));
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("planted-wrong-key")));
  EXPECT_TRUE(sandbox_->BackchannelRequestsByPhone()->empty());
  WriteFile(file, key);
  Reload();
  EXPECT_EQ(LogIn(Request(kApproves)).state(), v1::Login::COMPLETED);
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr(key.substr(0, 20))));
}

TEST_F(PartnerTest, ARevokedTokenIsReplaced) {
  ASSERT_NO_FATAL_FAILURE(StartServing());
  EXPECT_EQ(LogIn(Request(kApproves)).state(), v1::Login::COMPLETED);
  ASSERT_TRUE(sandbox_->RevokeAccessTokens().ok());
  EXPECT_EQ(FailureOf("+47 400 00 003").reason(), v1::Failure::CREDENTIALS_REFUSED);
  const v1::Login next = LogIn(Request("+47 400 00 010"));
  EXPECT_EQ(next.state(), v1::Login::COMPLETED) << next.staff_message();
  EXPECT_EQ(TokensGiven(), 2);
  ExpectNoViolations();
}

class ShortTokenTest : public PartnerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox({.auth_method = "partner", .token_life_seconds = 6}));
  }
};

// A login that lives longer than several tokens, and is polled every second.
TEST_F(ShortTokenTest, ATokenIsReplacedBeforeItEnds) {
  ASSERT_NO_FATAL_FAILURE(StartServing());
  const std::string id = MustStart(kWaits);
  EXPECT_TRUE(Eventually([&] { return TokensGiven() >= 4; }));
  ASSERT_TRUE(sandbox_->Approve("4791234567").ok());
  const v1::Login login = till_->WatchToEnd(id).Last();
  EXPECT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
  ExpectNoViolations();
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("warning")));
}

}  // namespace
}  // namespace cibad
