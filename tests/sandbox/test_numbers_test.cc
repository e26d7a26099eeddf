#include "tests/sandbox/test_numbers.h"

#include <gtest/gtest.h>
#include <phonenumbers/phonenumberutil.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using ::i18n::phonenumbers::PhoneNumber;
using ::i18n::phonenumbers::PhoneNumberUtil;

bool IsMobile(const std::string& number) {
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber parsed;
  if (util.Parse(number, "ZZ", &parsed) != PhoneNumberUtil::NO_PARSING_ERROR) return false;
  const PhoneNumberUtil::PhoneNumberType type = util.GetNumberType(parsed);
  return util.IsValidNumber(parsed) &&
         (type == PhoneNumberUtil::MOBILE || type == PhoneNumberUtil::FIXED_LINE_OR_MOBILE);
}

TEST(TestNumbersTest, AreMobileNumbersToTheLibraryThatTheDaemonUses) {
  for (const TestNumber& number : TestNumbers()) {
    EXPECT_TRUE(IsMobile(absl::StrCat("+", number.msisdn))) << number.msisdn;
  }
  for (const TestNumberRange& range : TestNumberRanges()) {
    for (const char* rest : {"00000", "99999"}) {
      EXPECT_TRUE(IsMobile(absl::StrCat("+", range.prefix, rest))) << range.prefix << rest;
    }
  }
}

TEST(TestNumbersTest, EachIsThereOnce) {
  std::set<std::string> numbers;
  for (const TestNumber& number : TestNumbers()) {
    EXPECT_TRUE(numbers.insert(std::string(number.msisdn)).second) << number.msisdn;
  }
}

TEST(TestNumbersTest, HaveEveryKindOfIdToken) {
  std::set<int> kinds;
  for (const TestNumber& number : TestNumbers()) {
    kinds.insert(static_cast<int>(number.behaviour.id_token));
  }
  EXPECT_EQ(kinds.size(), static_cast<size_t>(IdTokenKind::kOtherAuthReqIdUrn) + 1);
}

TEST(TestNumbersTest, HaveEveryDistortionAndDeliveryAndProfile) {
  std::set<int> distortions;
  std::set<int> deliveries;
  std::set<int> profiles;
  for (const TestNumber& number : TestNumbers()) {
    profiles.insert(static_cast<int>(number.behaviour.profile));
    for (const EndpointBehaviour& endpoint :
         {number.behaviour.backchannel, number.behaviour.token, number.behaviour.userinfo}) {
      distortions.insert(static_cast<int>(endpoint.fault.distortion));
      deliveries.insert(static_cast<int>(endpoint.delivery));
    }
  }
  EXPECT_EQ(distortions.size(), static_cast<size_t>(Distortion::kDeep) + 1);
  EXPECT_EQ(deliveries.size(), static_cast<size_t>(Delivery::kCut) + 1);
  EXPECT_EQ(profiles.size(), static_cast<size_t>(ProfileKind::kUndocumentedMembers) + 1);
}

TEST(TestNumbersTest, RangesReadTheSecondsOutOfTheNumber) {
  EXPECT_EQ(BehaviourOf("4740107123").decision, Decision::kApprove);
  EXPECT_EQ(BehaviourOf("4740107123").decides_after, absl::Seconds(7));
  EXPECT_EQ(BehaviourOf("4740230999").decision, Decision::kDeny);
  EXPECT_EQ(BehaviourOf("4740230999").decides_after, absl::Seconds(30));
  EXPECT_EQ(BehaviourOf("4740312345").decision, Decision::kNever);
  EXPECT_EQ(BehaviourOf("4740404123").decision, Decision::kApprove);
  EXPECT_EQ(BehaviourOf("4740404123").decides_after, absl::ZeroDuration());
  EXPECT_EQ(BehaviourOf("4740404123").userinfo.delay, absl::Seconds(4));
}

TEST(TestNumbersTest, OtherNumbersWait) {
  EXPECT_EQ(BehaviourOf("4791234567").decision, Decision::kByHand);
  EXPECT_EQ(BehaviourOf("474010712").decision, Decision::kByHand);
  EXPECT_EQ(BehaviourOf("").decision, Decision::kByHand);
}

TEST(TestNumbersTest, AreListedInTheReadme) {
  std::ifstream file(CIBAD_SANDBOX_README);
  std::ostringstream readme;
  readme << file.rdbuf();
  EXPECT_NE(readme.str().find(TestNumbersText()), std::string::npos)
      << "paste the output of cibad-sandbox --numbers into " << CIBAD_SANDBOX_README;
}

}  // namespace
}  // namespace cibad
