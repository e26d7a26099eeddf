#include "tests/integration/integration_test.h"

#include <chrono>
#include <fstream>
#include <sstream>

namespace cibad {

void IntegrationTest::SetUp() {
  ASSERT_NO_FATAL_FAILURE(StartSandbox());
  ASSERT_NO_FATAL_FAILURE(StartServing());
}

void IntegrationTest::StartSandbox(const SandboxSettings& settings) {
  auto sandbox = SandboxProcess::Start(settings);
  ASSERT_TRUE(sandbox.ok()) << sandbox.status();
  sandbox_ = *std::move(sandbox);
}

void IntegrationTest::StartDaemon() {
  auto daemon = DaemonProcess::Start(sandbox_->config_path());
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  daemon_ = *std::move(daemon);
  till_ = std::make_unique<Till>(Address());
}

void IntegrationTest::StartServing() {
  ASSERT_NO_FATAL_FAILURE(StartDaemon());
  const absl::Status serving = daemon_->WaitUntilServing();
  ASSERT_TRUE(serving.ok()) << serving;
}

void IntegrationTest::StopDaemon() {
  const absl::StatusOr<int> exit_code = daemon_->Stop();
  ASSERT_TRUE(exit_code.ok()) << exit_code.status();
  EXPECT_EQ(*exit_code, 0) << daemon_->Log();
}

void IntegrationTest::RestartServing() {
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  ASSERT_NO_FATAL_FAILURE(StartServing());
}

std::string IntegrationTest::MustStart(const std::string& phone_number) {
  const absl::StatusOr<v1::Login> login = till_->Start(phone_number);
  EXPECT_TRUE(login.ok()) << login.status();
  return login.ok() ? login->id() : "";
}

void IntegrationTest::ExpectNoViolations() const {
  const auto violations = sandbox_->Violations();
  ASSERT_TRUE(violations.ok()) << violations.status();
  EXPECT_FALSE(violations->empty());
  for (const auto& [name, count] : *violations) EXPECT_EQ(count, 0) << name;
}

void IntegrationTest::ExpectEachAskedOnce() const {
  const auto requests = sandbox_->BackchannelRequestsByPhone();
  ASSERT_TRUE(requests.ok()) << requests.status();
  EXPECT_FALSE(requests->empty());
  for (const auto& [msisdn, count] : *requests) EXPECT_EQ(count, 1) << msisdn;
}

bool Eventually(const std::function<bool()>& condition) {
  constexpr auto kLongestWait = std::chrono::seconds(120);
  const auto deadline = std::chrono::steady_clock::now() + kLongestWait;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
  }
  return false;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace cibad
