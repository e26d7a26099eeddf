// Whether a phone number can log in, asked by a till and asked before each start.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kNobody[] = "+47 400 00 500";  // whose push would be approved all the same

class CheckUserTest : public IntegrationTest {
 protected:
  absl::StatusOr<v1::CheckUserResponse> Check(const std::string& phone_number,
                                              const std::string& language = "") {
    v1::CheckUserRequest request;
    request.set_phone_number(phone_number);
    request.set_language_code(language);
    return till_->Check(request);
  }
  absl::StatusCode CodeOfCheck(const std::string& phone_number) {
    return Check(phone_number).status().code();
  }

  // Runs cibactl check-user. Gives the exit code; its stdout is in `out`.
  int RunCheck(std::vector<std::string> arguments, std::string& out) {
    arguments.insert(arguments.begin(), {CIBACTL_BINARY, "--server", Address(), "check-user"});
    auto process = ChildProcess::Start(std::move(arguments));
    EXPECT_TRUE(process.ok()) << process.status();
    if (!process.ok()) return -1;
    const absl::StatusOr<int> exit_code = (*process)->WaitForExit(absl::Seconds(120));
    out = (*process)->Output(OutputStream::kStdout);
    return exit_code.value_or(-1);
  }

  int64_t ChecksSeen() {
    const auto totals = sandbox_->Totals();
    EXPECT_TRUE(totals.ok()) << totals.status();
    return totals.ok() ? totals->at("user_exists_requests") : -1;
  }
};

TEST_F(CheckUserTest, SaysWhoIsThereAndAsksNobody) {
  const auto yes = Check(kApproves, "nb");
  ASSERT_TRUE(yes.ok()) << yes.status();
  EXPECT_TRUE(yes->exists());
  EXPECT_EQ(yes->masked_phone_number(), "47*****000");
  const auto no = Check(kNobody, "nb");
  ASSERT_TRUE(no.ok()) << no.status();
  EXPECT_FALSE(no->exists());
  EXPECT_NE(no->staff_message(), yes->staff_message());
  EXPECT_NE(no->staff_message(), Check(kNobody)->staff_message());
  EXPECT_TRUE(sandbox_->BackchannelRequestsByPhone()->empty());
  ExpectNoViolations();
}

TEST_F(CheckUserTest, WhatGoesWrongIsAStatusThatSaysWhoCanHelp) {
  EXPECT_EQ(CodeOfCheck("hello"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOfCheck("+47 400 00 501"), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOfCheck("+47 400 00 502"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOfCheck("+47 400 00 503"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOfCheck("+47 400 00 504"), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOfCheck("+47 400 00 505"), absl::StatusCode::kUnavailable);
  for (const char* phone : {"+47 400 00 510", "+47 400 00 511", "+47 400 00 512"}) {
    EXPECT_EQ(CodeOfCheck(phone), absl::StatusCode::kInternal) << phone;
  }
  EXPECT_THAT(daemon_->Log(), HasSubstr("request=user_exists"));
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("4740000503")));
  ExpectNoViolations();
}

TEST_F(CheckUserTest, AProviderThatHangsIsGivenUpInTimeForStaff) {
  const absl::Time begin = absl::Now();
  EXPECT_EQ(CodeOfCheck("+47 400 00 506"), absl::StatusCode::kUnavailable);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
}

TEST_F(CheckUserTest, CibactlSaysItInItsExitCodeAndInJson) {
  std::string out;
  EXPECT_EQ(RunCheck({kApproves}, out), 0);
  EXPECT_THAT(out, testing::StartsWith("yes\t47*****000\t"));
  EXPECT_EQ(RunCheck({"--json", "--sales-unit", "123456", kNobody}, out), 6);
  const nlohmann::json answer = nlohmann::json::parse(out, nullptr, false);
  ASSERT_TRUE(answer.is_object()) << out;
  EXPECT_EQ(answer.value("exists", true), false);
  EXPECT_EQ(answer.value("masked_phone_number", ""), "47*****500");
  EXPECT_EQ(RunCheck({"--json", "--sales-unit", "999", kApproves}, out), 1);
  EXPECT_EQ(RunCheck({"--json", "hello"}, out), 2);
}

TEST_F(CheckUserTest, APartnerAsksWithItsToken) {
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  ASSERT_NO_FATAL_FAILURE(StartSandbox({.auth_method = "partner"}));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  EXPECT_TRUE(Eventually([&] { return Check(kApproves).ok(); }));  // the token may be on its way
  EXPECT_FALSE(Check(kNobody)->exists());
  ExpectNoViolations();
}

// Where the config has each start ask first.
class CheckBeforeStartTest : public CheckUserTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox());
    WriteFile(sandbox_->config_path(),
              absl::StrReplaceAll(ReadFile(sandbox_->config_path()),
                                  {{"[[sales_unit]]\n", "[[sales_unit]]\ncheck_user = true\n"}}));
    ASSERT_NO_FATAL_FAILURE(StartServing());
  }

  v1::Login LogIn(const std::string& phone_number) {
    return till_->WatchToEnd(MustStart(phone_number)).Last();
  }
};

TEST_F(CheckBeforeStartTest, ANumberWithoutAnAccountEndsAtOnceAndIsNotAsked) {
  const v1::Login login = LogIn(kNobody);
  EXPECT_EQ(login.state(), v1::Login::FAILED);
  EXPECT_EQ(login.failure().reason(), v1::Failure::INVALID_USER);
  EXPECT_EQ(LogIn(kApproves).state(), v1::Login::COMPLETED);
  EXPECT_EQ(ChecksSeen(), 2);
  EXPECT_EQ(sandbox_->BackchannelRequestsByPhone()->count("4740000500"), 0u);
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

TEST_F(CheckBeforeStartTest, TroubleWithTheCheckKeepsNobodyOut) {
  for (const char* phone : {"+47 400 00 501", "+47 400 00 502", "+47 400 00 503", "+47 400 00 505",
                            "+47 400 00 506", "+47 400 00 510", "+47 400 00 512"}) {
    const v1::Login login = LogIn(phone);
    EXPECT_EQ(login.state(), v1::Login::COMPLETED) << phone << ": " << login.staff_message();
  }
  ExpectNoViolations();
  ExpectEachAskedOnce();
}

}  // namespace
}  // namespace cibad
