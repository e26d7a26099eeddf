// The daemon as its operator knows it: it starts, stops, and starts again, and the customers do not
// notice.

#include <gmock/gmock.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

class DaemonTest : public IntegrationTest {
 protected:
  std::vector<std::string> StartPending(int count) {
    std::vector<std::string> ids;
    ids.reserve(count);
    for (int i = 0; i < count; ++i) ids.push_back(MustStart(absl::StrCat("+47 ", 91000000 + i)));
    for (const std::string& id : ids) {
      EXPECT_EQ(till_->WatchUntil(id, v1::Login::PENDING).Last().state(), v1::Login::PENDING);
    }
    return ids;
  }

  void ExpectAllComplete(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
      const v1::Login login = till_->WatchToEnd(id).Last();
      EXPECT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
    }
  }
};

TEST_F(DaemonTest, WithTheProviderDownLoginsAreUnavailableUntilItComesUp) {
  StopDaemon();
  ASSERT_TRUE(sandbox_->Stop().ok());
  ASSERT_NO_FATAL_FAILURE(StartDaemon());
  EXPECT_EQ(till_->Health(kService).value_or(""), "NOT_SERVING");
  EXPECT_EQ(till_->Health("").value_or(""), "NOT_SERVING");
  const absl::Status refused = till_->Start(kApproves).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable) << refused;
  EXPECT_THAT(std::string(refused.message()), HasSubstr(sandbox_->issuer()));

  const absl::Status restarted = sandbox_->Restart();
  ASSERT_TRUE(restarted.ok()) << restarted;
  const absl::Status serving = daemon_->WaitUntilServing();
  ASSERT_TRUE(serving.ok()) << serving;
  EXPECT_EQ(till_->Health(kService).value_or(""), "SERVING");
  EXPECT_EQ(till_->Health("").value_or(""), "SERVING");
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
}

TEST_F(DaemonTest, WithoutTheProviderALoginWaitsAndFailsWithinItsTime) {
  ASSERT_TRUE(sandbox_->Stop().ok());
  const v1::Login login = till_->WatchToEnd(MustStart(kApproves)).Last();
  EXPECT_EQ(login.state(), v1::Login::FAILED);
  EXPECT_EQ(login.failure().reason(), v1::Failure::PROVIDER_UNAVAILABLE);
}

TEST_F(DaemonTest, SigtermEndsWatchesAsUnavailableAndTheDaemonWithZero) {
  const std::string id = MustStart(kNeverAnswers);
  const std::unique_ptr<Watch> watch = till_->Open(id);
  std::optional<v1::Login> login = watch->Next();
  while (login.has_value() && login->state() != v1::Login::PENDING) login = watch->Next();
  ASSERT_TRUE(login.has_value());

  StopDaemon();
  EXPECT_FALSE(watch->Next().has_value());
  EXPECT_EQ(watch->Finish().code(), absl::StatusCode::kUnavailable);
}

TEST_F(DaemonTest, SigintEndsItLikeSigterm) {
  daemon_->process().Signal(SIGINT);
  EXPECT_EQ(daemon_->process().WaitForExit().value_or(-1), 0);
}

// With an interval that is longer than a restart takes: a daemon that polls at once is early.
class RestartTest : public DaemonTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox({.interval_seconds = 5}));
    ASSERT_NO_FATAL_FAILURE(StartServing());
  }
};

TEST_F(RestartTest, PendingLoginsGoOnAfterARestart) {
  const std::vector<std::string> ids = StartPending(20);
  StopDaemon();
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ExpectAllComplete(ids);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

TEST_F(RestartTest, PendingLoginsGoOnAfterACrash) {
  const std::vector<std::string> ids = StartPending(20);
  ASSERT_TRUE(daemon_->process().Kill().ok());
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  ExpectAllComplete(ids);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

TEST_F(DaemonTest, EndedLoginsAreThereAfterARestart) {
  const std::string id = MustStart(kApproves);
  const v1::Login before = till_->WatchToEnd(id).Last();
  ASSERT_NO_FATAL_FAILURE(RestartServing());
  const absl::StatusOr<v1::Login> after = till_->Get(id);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->SerializeAsString(), before.SerializeAsString());
}

TEST_F(DaemonTest, ReflectionListsTheService) {
  const absl::StatusOr<std::string> services = till_->ReflectedServices();
  ASSERT_TRUE(services.ok()) << services.status();
  EXPECT_THAT(*services, HasSubstr(kService));
  EXPECT_THAT(*services, HasSubstr("grpc.health.v1.Health"));
}

TEST_F(DaemonTest, OnLoopbackItTellsThePortThatItGot) {
  StopDaemon();
  const std::string config = ReadFile(sandbox_->config_path());
  WriteFile(sandbox_->config_path(),
            absl::StrReplaceAll(config, {{"grpc = [", "grpc = [\"127.0.0.1:0\", "},
                                         {"listeners = [", "listeners = [\"127.0.0.1:0\", "}}));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  constexpr absl::string_view kHost = "127.0.0.1:";
  const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, kHost);
  ASSERT_TRUE(line.ok()) << line.status();
  const std::string rest = line->substr(line->find(kHost.data()));
  Till till(rest.substr(0, rest.find_first_not_of("0123456789.:")));
  EXPECT_EQ(till.Health(kService).value_or(""), "SERVING") << *line;
}

TEST_F(DaemonTest, AtItsMostTalkativeTheLogHoldsNoSecretAndNobodysData) {
  StopDaemon();
  const std::string config = ReadFile(sandbox_->config_path());
  const std::string talkative = absl::StrReplaceAll(config, {{"\"info\"", "\"debug\""}});
  ASSERT_NE(talkative, config);
  WriteFile(sandbox_->config_path(), talkative);
  ASSERT_NO_FATAL_FAILURE(StartServing());
  // Completed; denied; refused with credentials; malformed answers; a bad ID token; a bad profile.
  const std::vector<std::string> phone_numbers = {"4740000000", "4740000020", "4740000109",
                                                  "4740000140", "4740000240", "4740000310",
                                                  "4740000400", "4740000416"};
  for (const std::string& phone_number : phone_numbers) {
    till_->WatchToEnd(MustStart("+" + phone_number));
  }
  const auto seen = sandbox_->LoginsJson();
  ASSERT_TRUE(seen.ok()) << seen.status();
  StopDaemon();

  const std::string log = daemon_->Log();
  EXPECT_THAT(log, HasSubstr("COMPLETED"));  // it does tell of logins
  const std::string secret = ReadFile(sandbox_->folder() + "/client_secret");
  ASSERT_FALSE(secret.empty());
  EXPECT_THAT(log, Not(HasSubstr(std::string(absl::StripSuffix(secret, "\n")))));
  for (const std::string& phone_number : phone_numbers) {
    EXPECT_THAT(log, Not(HasSubstr(phone_number.substr(2))));
  }
  const auto report = nlohmann::json::parse(*seen, nullptr, false);
  ASSERT_TRUE(report["logins"].is_array());
  for (const auto& login : report["logins"]) {
    const std::string auth_req_id = login["auth_req_id"].get<std::string>();
    if (!auth_req_id.empty()) {
      EXPECT_THAT(log, Not(HasSubstr(auth_req_id)));
    }
  }
  EXPECT_THAT(log, Not(HasSubstr("Nordmann")));
  EXPECT_THAT(log, Not(HasSubstr("@example.com")));
  EXPECT_THAT(log, Not(HasSubstr("eyJ")));  // how every ID token begins
}

}  // namespace
}  // namespace cibad
