// SIGHUP: the operator changes the config, and neither a till nor a customer notices.

#include <gmock/gmock.h>

#include <csignal>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::HasSubstr;

class ReloadTest : public IntegrationTest {
 protected:
  // Sends SIGHUP and waits for the line that says what came of it.
  std::string Reload(const std::string& outcome) {
    daemon_->process().Signal(SIGHUP);
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, outcome);
    EXPECT_TRUE(line.ok()) << line.status();
    return line.value_or("");
  }

  std::string Config() const { return ReadFile(sandbox_->config_path()); }
  void SetConfig(const std::string& text) const { WriteFile(sandbox_->config_path(), text); }

  v1::Login WatchToTheEnd(const std::string& id) { return till_->WatchToEnd(id).Last(); }
};

TEST_F(ReloadTest, AStreamLivesThroughIt) {
  const std::string id = MustStart(kWaits);
  const std::unique_ptr<Watch> watch = till_->Open(id);
  std::optional<v1::Login> login = watch->Next();
  while (login.has_value() && login->state() != v1::Login::PENDING) login = watch->Next();
  Reload("Reloaded the config");
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  v1::Login last;
  while ((login = watch->Next()).has_value()) last = *login;
  EXPECT_EQ(last.state(), v1::Login::COMPLETED) << last.staff_message();
  EXPECT_TRUE(watch->Finish().ok());
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

TEST_F(ReloadTest, AWrongConfigChangesNothingAndSaysWhere) {
  const std::string config = Config();
  SetConfig(absl::StrCat("nonsense = 1\n", config));
  const std::string line = Reload("Not reloaded");
  EXPECT_THAT(line, HasSubstr("cibad.toml:1: nonsense"));
  EXPECT_EQ(WatchToTheEnd(MustStart(kApproves)).state(), v1::Login::COMPLETED);
  SetConfig(config);
  Reload("Reloaded the config");
}

TEST_F(ReloadTest, AConfigWithoutAnyCallerIsRefusedAndThoseFromBeforeStay) {
  const std::string config = Config();
  const size_t begin = config.find("[[caller]]");
  ASSERT_NE(begin, std::string::npos);
  SetConfig(
      absl::StrCat(config.substr(0, begin), config.substr(config.find("\n[", begin + 1) + 1)));
  ASSERT_THAT(Config(), testing::Not(HasSubstr("[[caller]]")));
  EXPECT_THAT(Reload("Not reloaded"), HasSubstr("caller: is missing, so nobody could call"));
  EXPECT_EQ(WatchToTheEnd(MustStart(kApproves)).state(), v1::Login::COMPLETED);
}

TEST_F(ReloadTest, AChangedClientSecretCountsAtOnce) {
  const std::string file = sandbox_->folder() + "/client_secret";
  const std::string secret = ReadFile(file);
  WriteFile(file, "wrong");
  Reload("Reloaded the config");
  const v1::Login refused = WatchToTheEnd(MustStart(kApproves));
  EXPECT_EQ(refused.failure().reason(), v1::Failure::CREDENTIALS_REFUSED);
  EXPECT_THAT(daemon_->Log(), testing::Not(HasSubstr(secret)));
  WriteFile(file, secret);
  daemon_->process().Signal(SIGHUP);
  EXPECT_TRUE(Eventually(
      [&] { return WatchToTheEnd(MustStart(kApproves)).state() == v1::Login::COMPLETED; }));
}

TEST_F(ReloadTest, LimitsHoldAndCanBeRaised) {
  const std::string config = Config();
  SetConfig(absl::StrCat(config, "\npending_logins = 1\nwatch_streams = 1\n"));
  Reload("Reloaded the config");
  const std::string id = MustStart(kWaits);
  const std::unique_ptr<Watch> watch = till_->Open(id);
  ASSERT_TRUE(watch->Next().has_value());
  EXPECT_TRUE(Eventually([&] {  // the worker counts it a moment after it has been accepted
    return till_->Start(kApproves).status().code() == absl::StatusCode::kResourceExhausted;
  }));
  EXPECT_EQ(till_->WatchToEnd(id).status.code(), absl::StatusCode::kResourceExhausted);
  SetConfig(config);
  daemon_->process().Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return till_->Start(kApproves).ok(); }));
}

TEST_F(ReloadTest, AnotherIssuerIsRefusedWithAllThatComesWithIt) {
  const std::string id = MustStart(kApproves);
  const std::string file = sandbox_->folder() + "/client_secret";
  WriteFile(file, "of-the-other-issuer");
  SetConfig(absl::StrReplaceAll(Config(), {{"/access/\"", "/other/\""}}));
  EXPECT_THAT(Reload("Not reloaded"), HasSubstr("provider.issuer: cannot change"));
  EXPECT_EQ(WatchToTheEnd(id).state(), v1::Login::COMPLETED);
  EXPECT_EQ(WatchToTheEnd(MustStart(kApproves)).state(), v1::Login::COMPLETED);
}

TEST_F(ReloadTest, WhatNeedsARestartIsNamed) {
  SetConfig(absl::StrReplaceAll(Config(), {{"/cibad.sock", "/other.sock"}}));
  EXPECT_THAT(Reload("only a restart heeds it"), HasSubstr("listen.grpc"));
  EXPECT_EQ(WatchToTheEnd(MustStart(kApproves)).state(), v1::Login::COMPLETED);
}

}  // namespace
}  // namespace cibad
