#include "server/login/outcome.h"

#include <gtest/gtest.h>

#include <string>

namespace cibad {
namespace {

TEST(CleanProviderCode, KeepsWhatACodeIsMadeOf) {
  EXPECT_EQ(CleanProviderCode("unknown_reject-reason.42Z"), "unknown_reject-reason.42Z");
}

TEST(CleanProviderCode, DropsEverythingElse) {
  EXPECT_EQ(CleanProviderCode("a b\tc\r\nd\x1b[31me\"f\\g<h>&i%j"), "abcd31mefghij");
  EXPECT_EQ(CleanProviderCode(std::string("a\0b", 3)), "ab");
  EXPECT_EQ(CleanProviderCode("n\xc3\xb8kkel\xff"), "nkkel");
  EXPECT_EQ(CleanProviderCode(" \n"), "");
}

TEST(CleanProviderCode, MasksWhatMayBeAPhoneNumber) {
  EXPECT_EQ(CleanProviderCode("blocked_91234567"), "blocked_********");
  EXPECT_EQ(CleanProviderCode("+47 912 34 567"), "**********");
  EXPECT_EQ(CleanProviderCode("user.912-34-567.blocked"), "user.***-**-***.blocked");
  EXPECT_EQ(CleanProviderCode("x4791234567y4791234567"), "x**********y**********");
  EXPECT_EQ(CleanProviderCode("12345678901_nin"), "***********_nin");
}

TEST(CleanProviderCode, KeepsTheNumbersOfErrors) {
  for (const char* code :
       {"E1234567", "1234567", "AADSTS90002", "404-1.17", "e1a2b3c4d5e6f7a8b9"}) {
    EXPECT_EQ(CleanProviderCode(code), code);
  }
}

TEST(CleanProviderCode, KeepsAtMost64Characters) {
  EXPECT_EQ(CleanProviderCode(std::string(64, 'a')), std::string(64, 'a'));
  EXPECT_EQ(CleanProviderCode(" " + std::string(100'000, 'a')), std::string(64, 'a'));
}

}  // namespace
}  // namespace cibad
