// The real binary over real HTTPS, as the integration tests use it.

#include "tests/sandbox/sandbox_process.h"

#include <curl/curl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "tests/sandbox/answer_timer.h"
#include "tests/sandbox/child_process.h"
#include "tests/sandbox/https_call.h"

namespace cibad {
namespace {

using Json = nlohmann::json;

// In seconds. However slow the machine, a poll sooner than this is early.
constexpr int kLongInterval = 600;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The value of `key = "value"` in the configuration.
std::string ConfigValue(const std::string& config, const std::string& key) {
  const std::string start = absl::StrCat("\n", key, " = \"");
  const size_t begin = config.find(start);
  if (begin == std::string::npos) return "";
  const size_t value = begin + start.size();
  return config.substr(value, config.find('"', value) - value);
}

class SandboxProcessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    Open({});
  }

  // Starts the sandbox, in place of one that may be there.
  void Open(const SandboxSettings& settings) {
    auto sandbox = SandboxProcess::Start(settings);
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    sandbox_ = *std::move(sandbox);
    const std::string config = ReadFile(sandbox_->config_path());
    const std::string secret(
        absl::StripSuffix(ReadFile(ConfigValue(config, "client_secret_file")), "\n"));
    authorization_ = absl::StrCat(
        "Authorization: Basic ",
        absl::Base64Escape(absl::StrCat(ConfigValue(config, "client_id"), ":", secret)));
    msn_ = absl::StrCat("Merchant-Serial-Number: ", ConfigValue(config, "msn"));
  }

  absl::StatusOr<HttpsReply> Get(absl::string_view path) const {
    return Perform({.url = absl::StrCat(sandbox_->url(), path), .ca_file = sandbox_->ca_file()});
  }

  absl::StatusOr<HttpsReply> Post(absl::string_view url, std::string body) const {
    return Perform({.method = "POST",
                    .url = std::string(url),
                    .headers = {authorization_, msn_},
                    .body = std::move(body),
                    .ca_file = sandbox_->ca_file()});
  }

  absl::StatusOr<HttpsReply> StartLogin(absl::string_view msisdn) const {
    return Post(absl::StrCat(sandbox_->url(), "/vipps-login-ciba/api/backchannel/authentication"),
                absl::StrCat("scope=openid+name&login_hint=urn%3Amsisdn%3A", msisdn));
  }

  absl::StatusOr<HttpsReply> Poll(absl::string_view auth_req_id) const {
    return Post(absl::StrCat(sandbox_->issuer(), "oauth2/token"),
                absl::StrCat("grant_type=urn%3Aopenid%3Aparams%3Agrant-type%3Aciba&auth_req_id=",
                             auth_req_id));
  }

  // Polls once the interval is over, as a client that keeps the rules does.
  absl::StatusOr<HttpsReply> PollInTime(absl::string_view auth_req_id) {
    std::promise<void> interval_over;
    timer_.Add(std::chrono::steady_clock::now() + std::chrono::seconds(1),
               [&interval_over] { interval_over.set_value(); });
    interval_over.get_future().wait();
    return Poll(auth_req_id);
  }

  static std::string AuthReqId(const absl::StatusOr<HttpsReply>& reply) {
    return reply.ok() ? Json::parse(reply->body).value("auth_req_id", "") : "";
  }

  std::unique_ptr<SandboxProcess> sandbox_;
  std::string authorization_;
  std::string msn_;
  AnswerTimer timer_;
};

absl::StatusOr<int> ExitCodeOf(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), CIBAD_SANDBOX_BINARY);
  auto process = ChildProcess::Start(std::move(arguments));
  if (!process.ok()) return process.status();
  return (*process)->WaitForExit();
}

TEST_F(SandboxProcessTest, WritesAReadyConfigurationAndKeepsSecretsFromOthers) {
  const std::string config = ReadFile(sandbox_->config_path());
  EXPECT_EQ(ConfigValue(config, "issuer"), sandbox_->issuer());
  EXPECT_EQ(ConfigValue(config, "ca_file"), sandbox_->ca_file());
  EXPECT_EQ(ConfigValue(config, "auth_method"), "client_secret_basic");
  for (const char* name : {"/client_secret", "/server_key.pem", "/signing_key_rs256.pem"}) {
    struct stat status {};
    ASSERT_EQ(stat((sandbox_->folder() + name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(SandboxProcessTest, IsTrustedByNoOtherAuthority) {
  auto other = SandboxProcess::Start();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_FALSE(
      Perform({.url = sandbox_->url() + "/sandbox/totals", .ca_file = (*other)->ca_file()}).ok());
}

TEST_F(SandboxProcessTest, AnswersUnderEachOfItsNames) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto reply =
        Perform({.url = absl::StrCat("https://", host, ":", sandbox_->port(), "/sandbox/numbers"),
                 .ca_file = sandbox_->ca_file()});
    ASSERT_TRUE(reply.ok()) << host << ": " << reply.status();
    EXPECT_EQ(reply->status, 200);
  }
}

TEST_F(SandboxProcessTest, CarriesALoginFromDiscoveryToTheProfile) {
  const auto discovery = Get("/access-management-1.0/access/.well-known/openid-configuration");
  ASSERT_TRUE(discovery.ok()) << discovery.status();
  EXPECT_EQ(discovery->headers.at("cache-control"), "max-age=3600");
  const Json endpoints = Json::parse(discovery->body);

  const auto started = Post(endpoints["backchannel_authentication_endpoint"].get<std::string>(),
                            "scope=openid+name&login_hint=urn%3Amsisdn%3A4791234567");
  ASSERT_TRUE(started.ok()) << started.status();
  const Json acknowledgement = Json::parse(started->body);
  EXPECT_EQ(acknowledgement["interval"], 1);

  const std::string auth_req_id = acknowledgement["auth_req_id"];

  const auto pending = PollInTime(auth_req_id);
  ASSERT_TRUE(pending.ok()) << pending.status();
  EXPECT_EQ(Json::parse(pending->body)["error"], "authorization_pending");
  ASSERT_TRUE(sandbox_->Approve("4791234567").ok());
  const auto answered = PollInTime(auth_req_id);
  ASSERT_TRUE(answered.ok()) << answered.status();
  ASSERT_EQ(answered->status, 200) << answered->body;

  const std::string token = Json::parse(answered->body)["access_token"];
  const auto profile = Perform({.url = endpoints["userinfo_endpoint"],
                                .headers = {msn_, "Authorization: Bearer " + token},
                                .ca_file = sandbox_->ca_file()});
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_TRUE(Json::parse(profile->body).contains("name")) << profile->body;
  EXPECT_EQ(sandbox_->Violations().value().at("total"), 0);
}

TEST_F(SandboxProcessTest, TellsADenialByPhoneNumber) {
  ASSERT_TRUE(sandbox_->Deny("4791234567").ok());  // before the login: it holds for the next
  const auto answer = PollInTime(AuthReqId(StartLogin("4791234567")));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(Json::parse(answer->body)["error"], "access_denied");
}

TEST_F(SandboxProcessTest, CountsAnEarlyPoll) {
  Open({.interval_seconds = kLongInterval});
  const auto answer = Poll(AuthReqId(StartLogin("4740000000")));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(Json::parse(answer->body)["error"], "slow_down");
  EXPECT_EQ(sandbox_->Violations().value().at("early_polls"), 1);
  EXPECT_GT(sandbox_->Totals().value().at("largest_earliness_ms"), 0);
}

TEST_F(SandboxProcessTest, DropsAndCutsConnectionsAndHasAskedTheCustomerOnce) {
  EXPECT_FALSE(StartLogin("4740000130").ok());
  EXPECT_FALSE(StartLogin("4740000131").ok());
  EXPECT_EQ(sandbox_->BackchannelRequestsByPhone().value(),
            (std::map<std::string, int64_t>{{"4740000130", 1}, {"4740000131", 1}}));
}

TEST_F(SandboxProcessTest, AnswersOthersWhileLateAnswersWait) {
  constexpr int kLateAnswers = 40;  // far more than the server has threads
  std::vector<std::thread> clients;
  std::atomic<int> acknowledged = 0;
  const absl::Time start = absl::Now();
  clients.reserve(kLateAnswers);
  for (int i = 0; i < kLateAnswers; ++i) {
    clients.emplace_back([&] {
      if (!AuthReqId(StartLogin("4740000132")).empty()) ++acknowledged;  // after 8 seconds
    });
  }
  // Each look is a request of its own, which would have to wait if late answers held threads.
  while (sandbox_->Totals().value().at("backchannel_requests") < kLateAnswers) {
  }
  EXPECT_EQ(acknowledged, 0);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(acknowledged, kLateAnswers);
  EXPECT_GE(absl::Now() - start, absl::Seconds(8));
  EXPECT_GE(sandbox_->Totals().value().at("most_connections"), kLateAnswers);
}

TEST_F(SandboxProcessTest, EndsAtOnceAndCleanlyWhileALateAnswerWaits) {
  std::thread client([this] { static_cast<void>(StartLogin("4740000132")); });
  while (sandbox_->Totals().value().at("backchannel_requests") == 0) {
  }
  EXPECT_TRUE(sandbox_->Stop().ok());
  client.join();
}

TEST_F(SandboxProcessTest, KeepsEachLoginApartUnderConcurrency) {
  Open({.interval_seconds = kLongInterval});
  constexpr int kClients = 16;
  constexpr int kLoginsPerClient = 10;
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < kLoginsPerClient; ++i) {
        const int customer = client * kLoginsPerClient + i;
        const auto reply = StartLogin(absl::StrFormat("4740300%03d", customer));
        EXPECT_TRUE(Poll(AuthReqId(reply)).ok());
      }
    });
  }
  for (std::thread& client : clients) client.join();
  const auto totals = sandbox_->Totals().value();
  EXPECT_EQ(totals.at("logins"), kClients * kLoginsPerClient);
  EXPECT_EQ(totals.at("polls"), kClients * kLoginsPerClient);
  EXPECT_EQ(sandbox_->Violations().value().at("early_polls"), kClients * kLoginsPerClient);
  const auto requests_by_phone = sandbox_->BackchannelRequestsByPhone().value();
  for (const auto& [phone, requests] : requests_by_phone) {
    EXPECT_EQ(requests, 1) << phone;
  }
}

TEST_F(SandboxProcessTest, ComesBackAsTheSameProvider) {
  const std::string url = sandbox_->url();
  const std::string ca = ReadFile(sandbox_->ca_file());
  const std::string config = ReadFile(sandbox_->config_path());
  const auto jwks = Get("/access-management-1.0/access/.well-known/jwks.json");
  ASSERT_TRUE(jwks.ok()) << jwks.status();
  ASSERT_TRUE(sandbox_->Stop().ok());
  EXPECT_FALSE(Get("/sandbox/totals").ok());

  const absl::Status restarted = sandbox_->Restart();
  ASSERT_TRUE(restarted.ok()) << restarted;
  EXPECT_EQ(sandbox_->url(), url);
  EXPECT_EQ(ReadFile(sandbox_->ca_file()), ca);
  EXPECT_EQ(ReadFile(sandbox_->config_path()), config);
  EXPECT_EQ(Get("/access-management-1.0/access/.well-known/jwks.json")->body, jwks->body);
}

TEST_F(SandboxProcessTest, GoesOnWithItsLoginsAfterARestart) {
  Open({.interval_seconds = kLongInterval});
  const std::string auth_req_id = AuthReqId(StartLogin("4791234567"));
  ASSERT_TRUE(sandbox_->Approve("4791234568").ok());  // in advance
  ASSERT_TRUE(Poll(auth_req_id).ok());
  const auto logins = Json::parse(sandbox_->LoginsJson().value());
  const auto totals = sandbox_->Totals().value();
  ASSERT_TRUE(sandbox_->Stop().ok());
  struct stat file {};
  ASSERT_EQ(stat((sandbox_->folder() + "/sandbox.json").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);

  const absl::Status restarted = sandbox_->Restart();
  ASSERT_TRUE(restarted.ok()) << restarted;
  EXPECT_EQ(Json::parse(sandbox_->LoginsJson().value())["logins"], logins["logins"]);
  EXPECT_EQ(sandbox_->Violations().value().at("early_polls"), 1);
  EXPECT_EQ(sandbox_->Totals().value().at("polls"), totals.at("polls"));
  // The interval is counted from the poll before the restart.
  EXPECT_EQ(Json::parse(Poll(auth_req_id)->body)["error"], "slow_down");
  EXPECT_EQ(sandbox_->Violations().value().at("early_polls"), 2);
  EXPECT_EQ(sandbox_->BackchannelRequestsByPhone().value().at("4791234567"), 1);
  static_cast<void>(StartLogin("4791234568"));
  EXPECT_EQ(Json::parse(sandbox_->LoginsJson().value())["logins"][1]["state"], "approved");
}

TEST_F(SandboxProcessTest, HasForgottenItsLoginsWhenItWasKilled) {
  ASSERT_TRUE(sandbox_->Restart().ok());
  static_cast<void>(StartLogin("4791234567"));
  ASSERT_TRUE(sandbox_->Restart().ok());
  ASSERT_TRUE(sandbox_->Kill().ok());
  const absl::Status restarted = sandbox_->Restart();
  ASSERT_TRUE(restarted.ok()) << restarted;
  EXPECT_EQ(sandbox_->Totals().value().at("logins"), 0);
}

TEST_F(SandboxProcessTest, RefusesAMemoryThatIsNoneOfASandboxs) {
  ASSERT_TRUE(sandbox_->Stop().ok());
  std::ofstream(sandbox_->folder() + "/sandbox.json") << "{\"logins\":[";
  EXPECT_EQ(ExitCodeOf({"--dir", sandbox_->folder()}).value(), 1);
}

TEST_F(SandboxProcessTest, RefusesBodiesThatAreTooLarge) {
  const auto reply =
      Post(absl::StrCat(sandbox_->issuer(), "oauth2/token"), "x=" + std::string(100'000, 'x'));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->status, 413);
}

TEST(SandboxCommandLineTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(ExitCodeOf({}).value(), 2);
  EXPECT_EQ(ExitCodeOf({"--dir", "/tmp", "--interval", "0"}).value(), 2);
  EXPECT_EQ(ExitCodeOf({"--dir", "/tmp", "--interval", "0.5"}).value(), 2);
  EXPECT_EQ(ExitCodeOf({"--dir", "/tmp", "--auth-method", "none"}).value(), 2);
  EXPECT_EQ(ExitCodeOf({"--dir", "/proc/no-such-folder"}).value(), 1);
  EXPECT_EQ(ExitCodeOf({"--help"}).value(), 0);
}

TEST(SandboxCommandLineTest, PrintsTheNumbers) {
  auto process = ChildProcess::Start({CIBAD_SANDBOX_BINARY, "--numbers"});
  ASSERT_TRUE(process.ok()) << process.status();
  EXPECT_EQ((*process)->WaitForExit().value(), 0);
  EXPECT_NE((*process)->Output(OutputStream::kStdout).find("+4740000000    approves at once"),
            std::string::npos);
}

}  // namespace
}  // namespace cibad
