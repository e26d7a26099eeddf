#include "server/provider/phone_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_format.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Parse(absl::string_view text, absl::string_view region = "NO") {
  const auto msisdn = ParsePhoneNumber(text, region);
  return msisdn.ok() ? *msisdn : std::string(msisdn.status().message());
}

TEST(PhoneNumber, IsOneNumberHoweverItIsWritten) {
  for (const char* text :
       {"912 34 567", "91234567", "+47 91234567", "+4791234567", "0047 91234567", "4791234567",
        "(+47) 912 34 567", "912-34-567", "912.34.567", "  +47 912 34 567  "}) {
    EXPECT_EQ(Parse(text), "4791234567") << text;
  }
}

TEST(PhoneNumber, CountryCodeWinsOverTheDefaultRegion) {
  for (const char* region : {"NO", "DK", "SE", "FI", "AX", "FO"}) {
    EXPECT_EQ(Parse("+4791234567", region), "4791234567") << region;
    EXPECT_EQ(Parse("0047 912 34 567", region), "4791234567") << region;
  }
}

TEST(PhoneNumber, WithoutCountryCodeIsOfTheDefaultRegion) {
  EXPECT_EQ(Parse("20 12 34 56", "DK"), "4520123456");
  EXPECT_EQ(Parse("070-123 45 67", "SE"), "46701234567");
  EXPECT_EQ(Parse("040 123 4567", "FI"), "358401234567");
  EXPECT_EQ(Parse("0457 123 4567", "AX"), "3584571234567");
  EXPECT_EQ(Parse("211234", "FO"), "298211234");
}

TEST(PhoneNumber, ServedCountriesPass) {
  EXPECT_EQ(Parse("+45 20 12 34 56"), "4520123456");
  EXPECT_EQ(Parse("+46 70 123 45 67"), "46701234567");
  EXPECT_EQ(Parse("+358 40 1234567"), "358401234567");
  EXPECT_EQ(Parse("+358 18 12345"), "3581812345");  // Åland
  EXPECT_EQ(Parse("+298 211234"), "298211234");     // the Faroe Islands
}

TEST(PhoneNumber, OtherCountriesAreNotServed) {
  EXPECT_EQ(Parse("+44 7911 123456"), "phone_number: the country is not served: +44");
  EXPECT_EQ(Parse("+1 650 253 0000"), "phone_number: the country is not served: +1");
  EXPECT_EQ(Parse("+299 221234"), "phone_number: the country is not served: +299");
}

TEST(PhoneNumber, LettersAreRefused) {
  constexpr char kFullWidthNine[] = "\357\274\2311234567";
  for (const char* text : {"91234567x", "0800 VIPPS", "tel:+4791234567", "912 34 567 ext. 1",
                           kFullWidthNine, "91234567\n", "91234567;1"}) {
    EXPECT_THAT(Parse(text), StartsWith("phone_number: not a phone number: only digits")) << text;
  }
}

TEST(PhoneNumber, PlusStandsInFrontOnly) {
  for (const char* text : {"47+91234567", "++4791234567", "91234567+"}) {
    EXPECT_THAT(Parse(text), StartsWith("phone_number: not a phone number")) << text;
  }
}

TEST(PhoneNumber, NoneIsRefused) {
  for (const char* text : {"", " ", "+", "-", "()", "1", "123", "+47", "+4712", "00000000"}) {
    EXPECT_THAT(Parse(text), StartsWith("phone_number: not a ")) << text;
  }
}

TEST(PhoneNumber, TwoAreRefused) {
  EXPECT_THAT(Parse("91234567/91234568"), StartsWith("phone_number: not a "));
}

TEST(PhoneNumber, TooLongIsRefused) {
  EXPECT_EQ(Parse(std::string(65, '1')), "phone_number: longer than 64 characters");
  EXPECT_THAT(Parse("+47 9123 4567 8"), StartsWith("phone_number: not a number that exists"));
  EXPECT_THAT(Parse(std::string(64, '9')), HasSubstr("too many digits"));
}

TEST(PhoneNumber, ErrorsDoNotRepeatTheNumber) {
  for (const char* text : {"+4479111234567", "9123456789", "912345x", "9123456"}) {
    const std::string message = Parse(text);
    EXPECT_THAT(message, StartsWith("phone_number: ")) << text;
    EXPECT_THAT(message, Not(HasSubstr("912345")));
    EXPECT_THAT(message, Not(HasSubstr("7911")));
  }
}

TEST(PhoneNumber, UnknownDefaultRegionOnlyMattersToNumbersWithoutCountryCode) {
  EXPECT_EQ(Parse("+4791234567", "XX"), "4791234567");
  EXPECT_THAT(Parse("91234567", "XX"), HasSubstr("no country code"));
}

TEST(PhoneNumber, SandboxNumbersPass) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Parse(absl::StrFormat("+47 400 00 0%02d", i)), absl::StrFormat("47400000%02d", i));
    EXPECT_EQ(Parse(absl::StrFormat("+47 999 00 0%02d", i)), absl::StrFormat("47999000%02d", i));
  }
}

}  // namespace
}  // namespace cibad
