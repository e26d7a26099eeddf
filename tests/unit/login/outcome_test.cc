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

TEST(CleanProviderCode, KeepsAtMost64Characters) {
  EXPECT_EQ(CleanProviderCode(std::string(64, 'a')), std::string(64, 'a'));
  EXPECT_EQ(CleanProviderCode(" " + std::string(100'000, 'a')), std::string(64, 'a'));
}

}  // namespace
}  // namespace cibad
