// Credentials that the provider refuses are the operator's matter: they show in health, in the
// metrics and in one line of the log, not only in each login that fails of them.

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/integration/http_get.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kRefusedLine[] = "The provider refuses the sales unit's credentials";

// Over plain HTTP at a free port of 127.0.0.1.
class MetricsTest : public IntegrationTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox(settings_));
    SetConfig(absl::StrReplaceAll(Config(), {{"[listen]", "[listen]\nmetrics = \"127.0.0.1:0\""}}));
    ASSERT_NO_FATAL_FAILURE(Prepare());
    ASSERT_NO_FATAL_FAILURE(StartServing());
  }
  virtual void Prepare() {}

  SandboxSettings settings_;

  std::string Config() const { return ReadFile(sandbox_->config_path()); }
  void SetConfig(const std::string& text) const { WriteFile(sandbox_->config_path(), text); }

  // The answer of /metrics, head and body.
  std::string Metrics() const {
    const auto line =
        daemon_->process().WaitForLine(OutputStream::kStderr, "Serving metrics address=");
    EXPECT_TRUE(line.ok()) << line.status();
    const std::vector<std::string> parts = absl::StrSplit(line.value_or(""), ':');
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(parts.back(), &port)) << line.value_or("");
    const auto answer = HttpGet(port, "/metrics");
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or("");
  }

  void ReloadConfig() {
    daemon_->process().Signal(SIGHUP);
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, "Reloaded the config");
    ASSERT_TRUE(line.ok()) << line.status();
  }
};

TEST_F(MetricsTest, TellWhatTheDaemonDoesAndNothingOfTheCustomer) {
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  EXPECT_EQ(till_->WatchToEnd(MustStart("+47 400 00 104")).Last().state(), v1::Login::FAILED);
  const std::string waiting = MustStart(kWaits);
  const std::unique_ptr<Watch> watch = till_->Open(waiting);
  for (auto login = watch->Next(); login.has_value() && login->state() != v1::Login::PENDING;) {
    login = watch->Next();
  }
  const std::string text = Metrics();
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("text/plain; version=0.0.4"));
  const std::string msn = till_->Get(waiting)->sales_unit();
  const std::string unit = absl::StrCat("sales_unit=\"", msn, "\"");
  for (const std::string& line :
       {absl::StrCat("cibad_logins_started_total{", unit, "} 3\n"),
        absl::StrCat("cibad_logins_ended_total{reason=\"\",", unit, ",state=\"COMPLETED\"} 1\n"),
        absl::StrCat("cibad_logins_ended_total{reason=\"APP_OUTDATED\",", unit,
                     ",state=\"FAILED\"} 1\n"),
        absl::StrCat("cibad_sales_unit_credentials_refused{", unit, "} 0\n"),
        std::string("\ncibad_logins_unfinished 1\n"), std::string("\ncibad_watch_streams 1\n"),
        std::string("\ncibad_provider_known 1\n"), std::string("\ncibad_store_writable 1\n"),
        std::string("{endpoint=\"discovery\",outcome=\"ok\"} 1\n"),
        std::string("{endpoint=\"keys\",outcome=\"ok\"} 1\n"),
        std::string("{endpoint=\"backchannel\",outcome=\"ok\"} 2\n"),
        std::string("{endpoint=\"backchannel\",outcome=\"refused\"} 1\n"),
        std::string("{endpoint=\"userinfo\",outcome=\"ok\"} 1\n"),
        std::string("{endpoint=\"token\",outcome=\"ok\"} 1\n")}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  for (const char* personal : {"40000", "9123", "Nordmann", "auth_req", "Ada"}) {
    EXPECT_THAT(text, Not(HasSubstr(personal)));
  }
}

// Of the only sales unit.
class WrongSecretTest : public MetricsTest {
 protected:
  void Prepare() override {
    secret_ = ReadFile(SecretFile());
    WriteFile(SecretFile(), "not-the-secret");
  }
  std::string SecretFile() const { return sandbox_->folder() + "/client_secret"; }

  std::string secret_;
};

TEST_F(WrongSecretTest, ShowsInHealthMetricsAndOneLineUntilItIsMended) {
  EXPECT_EQ(*till_->Health(""), "SERVING") << "nobody knows yet";
  const std::string id = MustStart(kApproves);
  const v1::Login refused = till_->WatchToEnd(id).Last();
  EXPECT_EQ(refused.failure().reason(), v1::Failure::CREDENTIALS_REFUSED);
  const std::string unit = "sales_unit/" + refused.sales_unit();
  EXPECT_EQ(*till_->Health(unit), "NOT_SERVING");
  EXPECT_EQ(*till_->Health(""), "NOT_SERVING") << "there is no other sales unit";
  EXPECT_EQ(*till_->Health(kService), "NOT_SERVING");
  EXPECT_THAT(Metrics(),
              HasSubstr(absl::StrCat("cibad_sales_unit_credentials_refused{sales_unit=\"",
                                     refused.sales_unit(), "\"} 1\n")));
  till_->WatchToEnd(MustStart(kApproves));
  till_->WatchToEnd(MustStart(kDenies));
  const std::vector<std::string> told = absl::StrSplit(daemon_->Log(), kRefusedLine);
  EXPECT_EQ(told.size(), 2u) << daemon_->Log();
  EXPECT_THAT(daemon_->Log(), HasSubstr(absl::StrCat("error: ", kRefusedLine)));
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("warning: The provider refused")));
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("not-the-secret")));

  WriteFile(SecretFile(), secret_);
  ASSERT_NO_FATAL_FAILURE(ReloadConfig());
  EXPECT_EQ(*till_->Health(unit), "SERVING");
  EXPECT_EQ(*till_->Health(""), "SERVING");
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  EXPECT_THAT(Metrics(),
              HasSubstr(absl::StrCat("cibad_sales_unit_credentials_refused{sales_unit=\"",
                                     refused.sales_unit(), "\"} 0\n")));
}

// Of one sales unit of two.
class WrongSecretOfOneTest : public MetricsTest {
 protected:
  void Prepare() override {
    const std::string config = Config();
    std::string unit = config.substr(config.find("[[sales_unit]]"));
    unit = unit.substr(0, unit.find("\n[", 1));
    const size_t msn = unit.find("msn = \"") + 7;
    unit.replace(msn, unit.find('"', msn) - msn, "654321");
    const size_t file = unit.find("client_secret_file = \"") + 22;
    const std::string path = sandbox_->folder() + "/wrong_secret";
    std::filesystem::copy(sandbox_->folder() + "/client_secret", path);
    WriteFile(path, "not-the-secret");
    unit.replace(file, unit.find('"', file) - file, path);
    SetConfig(absl::StrCat(config, "\n", unit, "\n"));
  }
};

TEST_F(WrongSecretOfOneTest, LeavesTheOthersServing) {
  v1::StartLoginRequest request = Request(kApproves);
  request.set_sales_unit("654321");
  const auto login = till_->Start(request);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(till_->WatchToEnd(login->id()).Last().failure().reason(),
            v1::Failure::CREDENTIALS_REFUSED);
  EXPECT_EQ(*till_->Health("sales_unit/654321"), "NOT_SERVING");
  EXPECT_EQ(*till_->Health(""), "SERVING");
  EXPECT_EQ(*till_->Health(kService), "SERVING");
  EXPECT_EQ(till_->Health("sales_unit/999999").status().code(), absl::StatusCode::kNotFound);
  const std::string config = Config();
  const size_t msn = config.find("msn = \"") + 7;
  const std::string other = config.substr(msn, config.find('"', msn) - msn);
  EXPECT_EQ(*till_->Health("sales_unit/" + other), "SERVING");
  EXPECT_THAT(Metrics(),
              HasSubstr("cibad_sales_unit_credentials_refused{sales_unit=\"654321\"} 1\n"));

  SetConfig(config.substr(0, config.rfind("[[sales_unit]]")));
  ASSERT_NO_FATAL_FAILURE(ReloadConfig());
  EXPECT_EQ(*till_->Health("sales_unit/654321"), "NOT_SERVING") << "it is gone";
  EXPECT_THAT(Metrics(), Not(HasSubstr("refused{sales_unit=\"654321\"}")));
}

// With partner keys an access token is fetched before any login needs it.
class WrongPartnerSecretTest : public WrongSecretTest {
 protected:
  WrongPartnerSecretTest() { settings_.auth_method = "partner"; }
};

TEST_F(WrongPartnerSecretTest, ShowsBeforeAnyLoginFailsOfIt) {
  constexpr char kUnit[] = "sales_unit/123456";
  EXPECT_TRUE(Eventually([&] { return *till_->Health(kUnit) == "NOT_SERVING"; }));
  EXPECT_EQ(*till_->Health(""), "NOT_SERVING");
  EXPECT_THAT(daemon_->Log(), HasSubstr(absl::StrCat("error: ", kRefusedLine)));

  WriteFile(SecretFile(), secret_);
  ASSERT_NO_FATAL_FAILURE(ReloadConfig());
  EXPECT_TRUE(Eventually([&] { return *till_->Health(kUnit) == "SERVING"; }));
  EXPECT_TRUE(Eventually([&] {
    return till_->WatchToEnd(MustStart(kApproves)).Last().state() == v1::Login::COMPLETED;
  }));
}

TEST_F(MetricsTest, AreServedNowhereWhereTheConfigDoesNotSay) {
  SetConfig(absl::StrReplaceAll(Config(), {{"metrics = \"127.0.0.1:0\"", ""}}));
  RestartServing();
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("Serving metrics")));
}

}  // namespace
}  // namespace cibad
