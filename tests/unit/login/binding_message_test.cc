#include "server/login/binding_message.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"

namespace cibad {
namespace {

TEST(BindingMessage, Section7_1_IsFiveToEightCapitalsDigitsAndHyphens) {
  for (const char* message : {"ABCDE", "ABCDEFGH", "12345", "A-1-Z", "-----", "AZ09-AZ0"}) {
    EXPECT_EQ(NormalizeBindingMessage(message).value_or("refused"), message);
  }
}

TEST(BindingMessage, LowerCaseIsRaised) {
  EXPECT_EQ(NormalizeBindingMessage("k7p-3xm").value_or("refused"), "K7P-3XM");
}

TEST(BindingMessage, Section7_1_AnythingElseIsRefusedAndTheFieldNamed) {
  const std::string refused[] = {"",
                                 "ABCD",
                                 "ABCDEFGHI",
                                 "ABC DE",
                                 " ABCDE",
                                 "ABCDE ",
                                 "ABC_DE",
                                 "ABC.DE",
                                 "ABCDE\n",
                                 "ÆØÅÆØ",
                                 "ABCÉ1",
                                 "ABCDE\xff",
                                 "ABC@DE",
                                 "ABC[DE",
                                 "ABC/DE",
                                 "ABC:DE",
                                 "ABC\x80\x80",
                                 std::string("ABCD\0", 5),
                                 "ABC–DE",
                                 std::string(100'000, 'A')};
  for (const std::string& message : refused) {
    const auto normalized = NormalizeBindingMessage(message);
    ASSERT_FALSE(normalized.ok()) << message;
    EXPECT_EQ(normalized.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StartsWith(normalized.status().message(), "binding_message"));
  }
}

TEST(BindingMessage, MadeOnesAreValid) {
  for (const uint64_t bits :
       {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, uint64_t{0x0123456789abcdef}}) {
    const std::string message = MakeBindingMessage(bits);
    EXPECT_EQ(NormalizeBindingMessage(message).value_or("refused"), message);
  }
}

TEST(BindingMessage, MadeOnesHoldNoLookalikesAndNoVowels) {
  for (uint64_t bits = 0; bits < 10'000; ++bits) {
    const std::string message = MakeBindingMessage(bits * 0x9e3779b97f4a7c15u);
    EXPECT_EQ(message.find_first_of("01258BSZOILUVAE"), std::string::npos) << message;
  }
}

TEST(BindingMessage, MadeOnesDifferWithTheBits) {
  std::set<std::string> messages;
  for (uint64_t bits = 0; bits < 10'000; ++bits) messages.insert(MakeBindingMessage(bits));
  EXPECT_EQ(messages.size(), 10'000u);
}

}  // namespace
}  // namespace cibad
