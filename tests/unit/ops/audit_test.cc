#include "server/ops/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "server/ops/log.h"

namespace cibad {
namespace {

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
  static std::string TextOf(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  static Login MakeAuditedLogin() {
    Login login;
    login.id = "01234567890123456789abcdef";
    login.request.caller = "tills/till-1.shop.example";
    login.request.sales_unit = "123456";
    login.request.msisdn = "4791234567";
    login.request.scope = "openid name";
    login.request.binding_message = "AB-12345";
    login.request.reference = "receipt 42";
    login.request.request_id = "request-1";
    login.auth_req_id = "auth-req-id-1";
    Profile profile;
    profile.birthdate = "1985-04-12";
    login.profile = profile;
    return login;
  }

  const std::string folder_ =
      testing::TempDir() + "audit-" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string file_ = folder_ + "/audit.log";
};

TEST_F(AuditTest, AStartAndAnEndAreALineEach) {
  const auto audit = AuditLog::Open(file_);
  ASSERT_TRUE(audit.ok()) << audit.status();
  Login login = MakeAuditedLogin();
  (*audit)->Started(login);
  login.state = LoginState::kFailed;
  login.failure.reason = FailureReason::kInvalidUser;
  (*audit)->Ended(login);
  const std::vector<nlohmann::json> lines = LinesOf(file_);
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
  const LoginRequest request = MakeAuditedLogin().request;
  (*audit)->Refused("tills", "StartLogin", absl::PermissionDeniedError("scopes: no"), &request);
  for (const char* secret : {"91234", "1985", "AB-12345", "receipt", "request-1", "auth-req-id"}) {
    EXPECT_THAT(TextOf(file_), Not(HasSubstr(secret)));
  }
}

TEST_F(AuditTest, ARefusalSaysWhoWhatAndWhy) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->Refused("tills", "StartLogin", absl::PermissionDeniedError("scopes: no \xff\n"));
  (*audit)->Denied("127.0.0.1:8443", absl::UnauthenticatedError("no caller"));
  const std::vector<nlohmann::json> lines = LinesOf(file_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["event"], "refused");
  EXPECT_EQ(lines[0]["rpc"], "StartLogin");
  EXPECT_EQ(lines[0]["outcome"], "PERMISSION_DENIED");
  EXPECT_EQ(lines[1]["event"], "denied");
  EXPECT_EQ(lines[1]["listener"], "127.0.0.1:8443");
}

TEST_F(AuditTest, AFloodOfRefusalsIsCounted) {
  const auto audit = AuditLog::Open(file_);
  constexpr int kFlood = 10'000;
  for (int i = 0; i < kFlood; ++i) (*audit)->Denied("unix:/x", absl::UnauthenticatedError("no"));
  (*audit)->Started(MakeAuditedLogin());
  int64_t told = 0;
  int64_t counted = 0;
  for (const nlohmann::json& line : LinesOf(file_)) {
    if (line["event"] == "denied") ++told;
    if (line["event"] == "more_refused") counted += line["count"].get<int64_t>();
  }
  EXPECT_EQ(told + counted, kFlood);
  EXPECT_LE(told, 20 * AuditLog::kMostRefusalsASecond) << "more than in twenty seconds";
}

TEST_F(AuditTest, FollowsAFileThatWasRotatedWhenToldTo) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->Started(MakeAuditedLogin());
  std::filesystem::rename(file_, file_ + ".1");
  (*audit)->Reopen();
  (*audit)->Started(MakeAuditedLogin());
  EXPECT_EQ(LinesOf(file_).size(), 1u);
  EXPECT_EQ(LinesOf(file_ + ".1").size(), 1u);
}

TEST_F(AuditTest, ALostFolderHoldsNobodyUpAndLosesNoMoreThanItMust) {
  const auto audit = AuditLog::Open(file_);
  (*audit)->Started(MakeAuditedLogin());
  std::filesystem::remove_all(folder_);
  (*audit)->Reopen();
  (*audit)->Started(MakeAuditedLogin());
  std::filesystem::create_directories(folder_);
  (*audit)->Reopen();
  (*audit)->Started(MakeAuditedLogin());
  EXPECT_EQ(LinesOf(file_).size(), 1u);
}

TEST_F(AuditTest, AFullDiskIsToldOnceAndTheLostLinesAreCounted) {
  std::vector<std::string> told;
  const LogCapture capture([&](LogLevel, const std::string& line) { told.push_back(line); });
  const auto audit = AuditLog::Open("/dev/full");
  ASSERT_TRUE(audit.ok()) << audit.status();
  for (int i = 0; i < 3; ++i) (*audit)->Started(MakeAuditedLogin());
  EXPECT_THAT(told, testing::ElementsAre(HasSubstr("The audit trail cannot be written")));
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
