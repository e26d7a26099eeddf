#include "server/login/phone_mask.h"

#include <gtest/gtest.h>

#include <string>

namespace cibad {
namespace {

TEST(PhoneMask, LeavesTheFirstTwoAndTheLastThree) {
  EXPECT_EQ(MaskPhoneNumber("4791234678"), "47*****678");
  EXPECT_EQ(MaskPhoneNumber("358401234567"), "35*******567");
}

TEST(PhoneMask, HidesAShortNumberWhole) {
  EXPECT_EQ(MaskPhoneNumber("12345678"), "12***678");
  EXPECT_EQ(MaskPhoneNumber("1234567"), "*******");
  EXPECT_EQ(MaskPhoneNumber("1"), "*");
  EXPECT_EQ(MaskPhoneNumber(""), "");
}

}  // namespace
}  // namespace cibad
