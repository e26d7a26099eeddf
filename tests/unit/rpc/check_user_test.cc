#include "server/rpc/check_user.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/left_on_stack.h"
#include "tests/unit/rpc/test_caller.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

SalesUnits DanishUnit() {
  SalesUnit unit;
  unit.msn = "654321";
  unit.default_region = "DK";
  return {{unit.msn, unit}};
}

v1::CheckUserRequest Question(const std::string& phone_number) {
  v1::CheckUserRequest request;
  request.set_phone_number(phone_number);
  return request;
}

TEST(CheckUserRequest, IsReadLikeAStart) {
  const auto question = ReadCheckUserRequest(Question("20 12 34 56"), Anybody(), DanishUnit());
  ASSERT_TRUE(question.ok()) << question.status();
  EXPECT_EQ((*question)->caller, "tills");
  EXPECT_EQ((*question)->sales_unit, "654321");
  EXPECT_EQ((*question)->msisdn, "4520123456");
  EXPECT_EQ((*question)->language, Language::kEnglish);
}

TEST(CheckUserRequest, LeavesNothingOfTheNumberOnTheStack) {
  const v1::CheckUserRequest message = Question("20 12 34 56");
  absl::StatusOr<Shared<LoginRequest>> question;
  const std::string left =
      LeftOnStack([&] { question = ReadCheckUserRequest(message, Anybody(), DanishUnit()); });
  ASSERT_TRUE(question.ok()) << question.status();
  ASSERT_FALSE(left.empty());
  EXPECT_FALSE(HasInAnyWidth(left, "201234"));
  EXPECT_FALSE(HasInAnyWidth(left, "20 12 34"));
}

TEST(CheckUserRequest, EachMistakeNamesItsFieldAndRepeatsNoNumber) {
  const auto message = [](const v1::CheckUserRequest& request) {
    return std::string(ReadCheckUserRequest(request, Anybody(), DanishUnit()).status().message());
  };
  EXPECT_THAT(message(Question("")), StartsWith("phone_number:"));
  EXPECT_THAT(message(Question("+1 415 555 0100")),
              testing::AllOf(StartsWith("phone_number:"), Not(HasSubstr("415"))));
  v1::CheckUserRequest request = Question("20 12 34 56");
  request.set_sales_unit("1");
  EXPECT_THAT(message(request), StartsWith("sales_unit:"));
  EXPECT_EQ(ReadCheckUserRequest(request, Anybody(), DanishUnit()).status().code(),
            absl::StatusCode::kNotFound);
  request.set_sales_unit("");
  request.set_language_code("!");
  EXPECT_THAT(message(request), StartsWith("language_code:"));
}

TEST(CheckUserResponse, SpeaksTheLanguageAndMasksTheNumber) {
  LoginRequest question;
  question.msisdn = "4520123456";
  question.language = Language::kDanish;
  const v1::CheckUserResponse yes = ToMessage(question, UserExists{true});
  const v1::CheckUserResponse no = ToMessage(question, UserExists{false});
  EXPECT_TRUE(yes.exists());
  EXPECT_FALSE(no.exists());
  EXPECT_THAT(no.masked_phone_number(), Not(HasSubstr("20123")));
  EXPECT_NE(yes.staff_message(), "");
  EXPECT_NE(yes.staff_message(), no.staff_message());
  question.language = Language::kEnglish;
  EXPECT_NE(ToMessage(question, UserExists{false}).staff_message(), no.staff_message());
}

}  // namespace
}  // namespace cibad
