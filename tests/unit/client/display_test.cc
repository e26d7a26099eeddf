#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/json_display.h"
#include "client/plain_display.h"
#include "tests/unit/client/sample_login.h"

namespace cibad {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PlainDisplayTest : public testing::Test {
 protected:
  std::vector<std::string> out_;
  std::vector<std::string> err_;
  PlainDisplay display_{[this](const std::string& text) { out_.push_back(text); },
                        [this](const std::string& text) { err_.push_back(text); }};
};

TEST_F(PlainDisplayTest, AStateIsOneLine) {
  display_.ShowState(SampleLogin(v1::Login::PENDING), std::nullopt);
  EXPECT_THAT(out_,
              ElementsAre("PENDING\t01SAMPLE\tAsk the customer to open Vipps and confirm code "
                          "K7-42XQ.\n"));
}

TEST_F(PlainDisplayTest, TheProfileFollowsItsState) {
  display_.ShowState(SampleCompletedLogin(), std::nullopt);
  EXPECT_THAT(out_,
              ElementsAre("COMPLETED\t01SAMPLE\tThe customer is logged in.\n",
                          "profile.name\tÅse Bjørnsdatter Ærfugl\n",
                          "profile.phone_number\t+4791234678\n", "profile.email\tase@example.com\n",
                          "profile.addresses.0\tRobert Levins gate 5, 0154 OSLO, NO\n",
                          "profile.sub\tc06c4afe-d9e1-4c5d-939a-177d752a0944\n"));
}

TEST_F(PlainDisplayTest, AReferenceCannotForgeALineOrAnEscape) {
  v1::Login login = SampleLogin(v1::Login::PENDING);
  login.set_reference("x\nCOMPLETED\t01\x1b[31m");
  display_.ShowLogin(login);
  display_.ShowList({login}, false);
  for (const std::string& line : out_) {
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_EQ(line.find('\x1b'), std::string::npos);
  }
  EXPECT_EQ(out_.back(),
            "01SAMPLE\tPENDING\t47*****678\tK7-42XQ\t2027-01-15T08:00:00Z\tx COMPLETED 01[31m\n");
}

TEST_F(PlainDisplayTest, AFailureHasItsReason) {
  v1::Login login = SampleLogin(v1::Login::FAILED);
  login.mutable_failure()->set_reason(v1::Failure::APP_OUTDATED);
  login.mutable_failure()->set_staff_message("Ask them to update the app.");
  display_.ShowState(login, std::nullopt);
  EXPECT_THAT(out_, ElementsAre("FAILED\t01SAMPLE\tAsk them to update the app. (APP_OUTDATED)\n"));
}

TEST_F(PlainDisplayTest, NotesAndProblemsGoToStandardErrorCleaned) {
  display_.ShowNote("lost");
  display_.ShowProblem({"INTERNAL", "bad\x1b[31m", "do this", 1});
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_THAT(err_, ElementsAre("cibactl: lost\n", "cibactl: bad[31m\n  do this\n"));
}

TEST(JsonDisplayTest, EverythingIsOneObjectALineOnStandardOutput) {
  std::vector<std::string> out;
  JsonDisplay display([&out](const std::string& text) { out.push_back(text); });
  display.ShowState(SampleLogin(v1::Login::PENDING), std::nullopt);
  display.ShowNote("for people");
  display.ShowList({SampleCompletedLogin(), SampleCompletedLogin()}, true);
  display.ShowProblem({"INTERNAL", "x", "", 1});
  ASSERT_EQ(out.size(), 4U);
  for (const std::string& line : out) {
    EXPECT_EQ(line.front(), '{');
    EXPECT_EQ(line.find('\n'), line.size() - 1);
  }
  EXPECT_EQ(out.back(), "{\"error\":{\"code\":\"INTERNAL\",\"message\":\"x\"}}\n");
}

}  // namespace
}  // namespace cibad
