#include "server/ops/audit.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/ops/log.h"

namespace cibad {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AuditTest : public testing::Test {
 protected:
  AuditTest() { std::filesystem::create_directories(folder_); }
  ~AuditTest() override { std::filesystem::remove_all(folder_); }

  static std::vector<nlohmann::json> LinesOf(const std::string& file) {
    std::vector<nlohmann::json> lines;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  // Once all is written.
  static std::vector<nlohmann::json> LinesOf(AuditLog& audit, const std::string& file) {
    EXPECT_TRUE(audit.WaitUntilWritten(absl::Seconds(60)));
    return LinesOf(file);
  }
  // That the trail says it cannot be written, as soon as its thread has found out.
  static void ExpectNotWritten(AuditLog& audit) {
    constexpr int kTries = 6000;
    for (int i = 0; i < kTries && audit.status().ok(); ++i)
      EXPECT_FALSE(audit.WaitUntilWritten(absl::Milliseconds(10)));
    EXPECT_EQ(audit.status().code(), absl::StatusCode::kUnavailable);
  }
  static std::string TextOf(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static Login MakeAuditedLogin() {
    Login login;
    login.id = "01234567890123456789abcdef";
    LoginRequest& request = login.request.Edit();
    request.caller = "tills/till-1.shop.example";
    request.sales_unit = "123456";
    request.msisdn = "4791234567";
    request.scope = "openid name";
    request.binding_message = "AB-12345";
    request.reference = "receipt 42";
    request.request_id = "request-1";
    login.auth_req_id = "auth-req-id-1";
    Profile profile;
    profile.birthdate = "1985-04-12";
    login.profile = profile;
    return login;
  }

  // Of this process's own: the same test may run in another tree.
  const std::string folder_ =
      absl::StrCat(testing::TempDir(), "audit-", getpid(), "-",
                   testing::UnitTest::GetInstance()->current_test_info()->name());
  const std::string file_ = folder_ + "/audit.log";
};

TEST_F(AuditTest, AStartAndAnEndAreALineEach) {
  const auto audit = AuditLog::Open(file_);
  ASSERT_TRUE(audit.ok()) << audit.status();
  Login login = MakeAuditedLogin();
  (*audit)->Started(login);
  login.state = LoginState::kFailed;
  login.failure.Edit().reason = FailureReason::kInvalidUser;
  (*audit)->Ended(login);
  const std::vector<nlohmann::json> lines = LinesOf(**audit, file_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["event"], "start");
  EXPECT_EQ(lines[0]["caller"], "tills/till-1.shop.example");
  EXPECT_EQ(lines[0]["sales_unit"], "123456");
  EXPECT_EQ(lines[0]["login"], login.id);
  EXPECT_EQ(lines[0]["phone_number"], "47*****567");
  EXPECT_EQ(lines[1]["event"], "end");
  EXPECT_EQ(lines[1]["outcome"], "FAILED");
  EXPECT_EQ(lines[1]["reason"], "INVALID_USER");
}

TEST_F(AuditTest, HoldsNoNumberNoClaimAndNothingThatATillMadeUp) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->Started(MakeAuditedLogin());
  (*audit)->Ended(MakeAuditedLogin());
  const LoginRequest request = *MakeAuditedLogin().request;
  (*audit)->Refused("tills", "StartLogin", absl::PermissionDeniedError("scopes: no"), &request);
  (*audit)->RefusedAnothers("tills", "GetLogin", MakeAuditedLogin());
  (*audit)->Checked(request, absl::OkStatus());
  ASSERT_EQ(LinesOf(**audit, file_).size(), 5u);
  for (const char* secret : {"91234", "1985", "AB-12345", "receipt", "request-1", "auth-req-id"}) {
    EXPECT_THAT(TextOf(file_), Not(HasSubstr(secret)));
  }
}

TEST_F(AuditTest, ARefusalSaysWhoWhatAndWhy) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->Refused("tills", "StartLogin", absl::PermissionDeniedError("scopes: no \xff\n"));
  (*audit)->Denied("127.0.0.1:8443", "", absl::UnauthenticatedError("no caller"));
  (*audit)->Denied("127.0.0.1:8443", "stranger.example", absl::UnauthenticatedError("no caller"));
  const std::vector<nlohmann::json> lines = LinesOf(**audit, file_);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["event"], "refused");
  EXPECT_EQ(lines[0]["rpc"], "StartLogin");
  EXPECT_EQ(lines[0]["outcome"], "PERMISSION_DENIED");
  EXPECT_EQ(lines[1]["event"], "denied");
  EXPECT_EQ(lines[1]["listener"], "127.0.0.1:8443");
  EXPECT_FALSE(lines[1].contains("certificate"));
  EXPECT_EQ(lines[2]["certificate"], "stranger.example");
}

TEST_F(AuditTest, WhoAsksForAnothersLoginIsToldWithTheLoginAndNothingOfItsCustomer) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->RefusedAnothers("kiosk", "WatchLogin", MakeAuditedLogin());
  const std::vector<nlohmann::json> lines = LinesOf(**audit, file_);
  ASSERT_EQ(lines.size(), 1u);
  nlohmann::json line = lines[0];
  line.erase("time");
  EXPECT_EQ(line, nlohmann::json({{"event", "refused"},
                                  {"caller", "kiosk"},
                                  {"rpc", "WatchLogin"},
                                  {"login", "01234567890123456789abcdef"},
                                  {"sales_unit", "123456"},
                                  {"outcome", "NOT_FOUND"},
                                  {"reason", "the login is another caller's"}}));
}

TEST_F(AuditTest, QuestionsAndWebhooksAreTold) {
  const auto audit = AuditLog::Open(file_);
  LoginRequest request = *MakeAuditedLogin().request;
  request.scope.clear();
  (*audit)->Checked(request, absl::UnavailableError("no answer"));
  (*audit)->ChangedWebhook("operator", "DeleteWebhook", "123456", "hook-1", absl::OkStatus());
  const std::vector<nlohmann::json> lines = LinesOf(**audit, file_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["event"], "check");
  EXPECT_EQ(lines[0]["caller"], "tills/till-1.shop.example");
  EXPECT_EQ(lines[0]["phone_number"], "47*****567");
  EXPECT_EQ(lines[0]["outcome"], "UNAVAILABLE");
  EXPECT_EQ(lines[1]["event"], "webhook");
  EXPECT_EQ(lines[1]["webhook"], "hook-1");
  EXPECT_EQ(lines[1]["outcome"], "OK");
}

std::shared_ptr<const CallerPolicy> PolicyOf(const std::string& name, int64_t starts,
                                             int position = 0) {
  CallerPolicy policy;
  policy.name = name;
  policy.starts_per_minute = starts;
  policy.position = position;
  return std::make_shared<const CallerPolicy>(policy);
}

TEST_F(AuditTest, AReloadTellsWhoMayCallNowThatCouldNotBefore) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->SetCallers({{"a", PolicyOf("a", 1)}, {"b", PolicyOf("b", 1)}, {"c", PolicyOf("c", 1)}});
  (*audit)->SetCallers(
      {{"b", PolicyOf("b", 2)}, {"c", PolicyOf("c", 1, 7)}, {"d", PolicyOf("d", 1)}});
  (*audit)->Stopping();
  const std::vector<nlohmann::json> lines = LinesOf(**audit, file_);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["event"], "daemon_started");
  EXPECT_EQ(lines[0]["callers"], 3);
  EXPECT_EQ(lines[1]["event"], "reloaded");
  EXPECT_EQ(lines[1]["callers_added"], nlohmann::json({"d"}));
  EXPECT_EQ(lines[1]["callers_changed"], nlohmann::json({"b"}));
  EXPECT_EQ(lines[1]["callers_removed"], nlohmann::json({"a"}));
  EXPECT_EQ(lines[2]["event"], "daemon_stopping");
}

TEST_F(AuditTest, ThousandCallersMakeNoEndlessLine) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->SetCallers({});
  CallerPolicies many;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = absl::StrCat("caller-", i);
    many[name] = PolicyOf(name, 1);
  }
  (*audit)->SetCallers(many);
  const std::vector<nlohmann::json> lines = LinesOf(**audit, file_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1]["callers_added"].size(), 101u);
  EXPECT_EQ(lines[1]["callers_added"].back(), "900 more");
}

// Both limits are of what comes in one second, so the clock stands.
TEST_F(AuditTest, AFloodOfRefusalsIsCountedForEachWhoIsRefused) {
  absl::Time now = absl::FromUnixSeconds(1'780'000'000);
  AuditLog::Options options;
  options.wall_clock = [&now] { return now; };
  auto audit = AuditLog::Open(file_, options);
  for (int i = 0; i < 1000; ++i) (*audit)->Denied("unix:/x", "", absl::UnauthenticatedError("no"));
  (*audit)->Refused("till", "GetLogin", absl::PermissionDeniedError("no"));
  for (int i = 0; i < 500; ++i) (*audit)->RefusedAnothers("kiosk", "GetLogin", MakeAuditedLogin());
  now += absl::Seconds(1);
  (*audit)->Started(MakeAuditedLogin());
  (*audit)->Refused("kiosk", "GetLogin", absl::PermissionDeniedError("no"));
  const std::vector<nlohmann::json> lines = LinesOf(**audit, file_);
  ASSERT_EQ(lines.size(), 25u);
  EXPECT_EQ(lines[10]["caller"], "till") << "a flood of others does not mute it";
  EXPECT_EQ(lines[21]["event"], "more_refused");
  EXPECT_EQ(lines[21]["listener"], "unix:/x");
  EXPECT_EQ(lines[21]["count"], 990);
  EXPECT_EQ(lines[22]["caller"], "kiosk");
  EXPECT_EQ(lines[22]["count"], 490);
  EXPECT_EQ(lines[23]["event"], "start");
  EXPECT_EQ(lines[24]["event"], "refused");
}

TEST_F(AuditTest, WhatWasLeftOutIsToldAtTheEndAtTheLatest) {
  auto audit = AuditLog::Open(file_);
  for (int i = 0; i < 1000; ++i) (*audit)->Denied("unix:/x", "", absl::UnauthenticatedError("no"));
  audit->reset();
  int64_t told = 0;
  int64_t counted = 0;
  for (const nlohmann::json& line : LinesOf(file_)) {
    if (line["event"] == "denied") ++told;
    if (line["event"] == "more_refused") counted += line["count"].get<int64_t>();
  }
  EXPECT_EQ(told + counted, 1000);
}

TEST_F(AuditTest, FollowsAFileThatWasRotatedWhenToldTo) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->Started(MakeAuditedLogin());
  EXPECT_EQ(LinesOf(**audit, file_).size(), 1u);
  std::filesystem::rename(file_, file_ + ".1");
  (*audit)->Reopen();
  (*audit)->Started(MakeAuditedLogin());
  EXPECT_EQ(LinesOf(**audit, file_).size(), 1u);
  EXPECT_EQ(LinesOf(file_ + ".1").size(), 1u);
}

TEST_F(AuditTest, ALostFolderLosesNothingThatComesAfterwards) {
  const LogCapture capture([](LogLevel, const std::string&) {});
  const auto audit = AuditLog::Open(file_);
  (*audit)->Started(MakeAuditedLogin());
  ASSERT_EQ(LinesOf(**audit, file_).size(), 1u);
  std::filesystem::remove_all(folder_);
  (*audit)->Reopen();
  (*audit)->Ended(MakeAuditedLogin());
  ExpectNotWritten(**audit);
  std::filesystem::create_directories(folder_);
  (*audit)->Reopen();
  (*audit)->Ended(MakeAuditedLogin());
  EXPECT_EQ(LinesOf(**audit, file_).size(), 2u);
}

TEST_F(AuditTest, AFullDiskIsToldOnceAndToWhomItConcerns) {
  std::mutex mutex;
  std::vector<std::string> logged;
  std::vector<absl::StatusCode> told;
  const LogCapture capture([&](LogLevel, const std::string& line) {
    const std::lock_guard lock(mutex);
    logged.push_back(line);
  });
  AuditLog::Options options;
  options.on_status = [&](const absl::Status& status) {
    const std::lock_guard lock(mutex);
    told.push_back(status.code());
  };
  auto audit = AuditLog::Open("/dev/full", options);
  ASSERT_TRUE(audit.ok()) << audit.status();
  for (int i = 0; i < 3; ++i) (*audit)->Started(MakeAuditedLogin());
  ExpectNotWritten(**audit);
  audit->reset();
  EXPECT_THAT(told, testing::ElementsAre(absl::StatusCode::kUnavailable));
  EXPECT_THAT(logged,
              testing::ElementsAre(
                  AllOf(HasSubstr("The audit trail cannot be written"), HasSubstr("No space left")),
                  HasSubstr("The end of the audit trail could not be written")));
}

TEST_F(AuditTest, APipeThatIsNotReadHoldsNobodyUpAndLosesNothing) {
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  auto audit = AuditLog::Open(pipe);
  ASSERT_TRUE(audit.ok()) << audit.status();
  constexpr int kLines = 2000;  // several times what a pipe holds
  for (int i = 0; i < kLines; ++i) (*audit)->Started(MakeAuditedLogin());
  EXPECT_FALSE((*audit)->WaitUntilWritten(absl::Milliseconds(50)));
  ASSERT_EQ(fcntl(reader, F_SETFL, 0), 0);
  int64_t lines = 0;
  char bytes[4096];
  for (ssize_t got = 1; got > 0 && lines < kLines;) {
    got = read(reader, bytes, sizeof bytes);
    lines += std::count(bytes, bytes + std::max<ssize_t>(got, 0), '\n');
  }
  EXPECT_EQ(lines, kLines);
  audit->reset();
  close(reader);
}

TEST_F(AuditTest, APipeWithoutAReaderIsNotWaitedForAtTheStart) {
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(AuditLog::Open(pipe).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(AuditTest, TheGroupReadsTheFileWhateverTheUmask) {
  const mode_t before = umask(0077);
  const auto audit = AuditLog::Open(file_);
  umask(before);
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms::owner_read |
                                                              std::filesystem::perms::owner_write |
                                                              std::filesystem::perms::group_read);
}

TEST_F(AuditTest, AFileThatCannotBeOpenedIsSaid) {
  const absl::Status status = AuditLog::Open(folder_ + "/missing/audit.log").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing/audit.log"));
}

}  // namespace
}  // namespace cibad
