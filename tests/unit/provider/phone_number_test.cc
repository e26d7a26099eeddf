#include "server/provider/phone_number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "tests/unit/left_on_stack.h"

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

// However it is written, and also when it is refused: too long, a service's, of no country here.
TEST(PhoneNumber, LeavesNothingOnTheStack) {
  struct Number {
    absl::string_view text, digits;
  };
  for (const auto& number : {Number{"912 68 453", "126845"}, Number{"+4791268453", "126845"},
                             Number{"0047 91268453", "126845"}, Number{"912 68 453 890", "126845"},
                             Number{"800 68 453", "006845"}, Number{"+33 691268453", "126845"}}) {
    absl::StatusOr<std::string> msisdn;
    const std::string left = LeftOnStack([&] { msisdn = ParsePhoneNumber(number.text, "NO"); });
    ASSERT_FALSE(left.empty());
    EXPECT_FALSE(HasInAnyWidth(left, number.digits)) << number.text;
    EXPECT_FALSE(HasInAnyWidth(left, number.text)) << number.text;
  }
}

// That the search finds what is there: deep enough that the thread's own end does not overwrite it.
// AddressSanitizer would have the room on the heap.
[[gnu::noinline, gnu::no_sanitize_address]] bool LeaveText() {
  volatile char room[8192] = {};
  const absl::string_view text = "Left behind";
  for (size_t i = 0; i < text.size(); ++i) room[i] = text[i];
  return room[0] == 'L';
}

TEST(LeftOnStack, HasWhatAFunctionLeavesThere) {
  bool is_left = false;
  const std::string left = LeftOnStack([&] { is_left = LeaveText(); });
  ASSERT_TRUE(is_left);
  EXPECT_TRUE(HasInAnyWidth(left, "Left behind"));
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

struct Nordic {
  const char* what;
  const char* text;
  const char* region;
  const char* msisdn;
};

constexpr Nordic kNordicNumbers[] = {
    {"a Norwegian mobile", "412 34 567", "NO", "4741234567"},
    {"with 00", "0047 412 34 567", "DK", "4741234567"},
    {"with its country code and no +", "47 412 34 567", "NO", "4741234567"},
    {"a Norwegian fixed line", "22 12 34 56", "NO", "4722123456"},
    {"of Svalbard", "+47 79 02 12 34", "NO", "4779021234"},
    {"a Danish mobile", "20 12 34 56", "DK", "4520123456"},
    {"with its country code", "+45 20 12 34 56", "NO", "4520123456"},
    {"with its country code and no +", "45 20 12 34 56", "DK", "4520123456"},
    {"a Danish fixed line", "33 12 34 56", "DK", "4533123456"},
    {"a Swedish mobile", "070-123 45 67", "SE", "46701234567"},
    {"with its country code", "+46 70 123 45 67", "NO", "46701234567"},
    {"with its country code and the 0 before the area", "+46 (0)70 123 45 67", "NO", "46701234567"},
    {"a Swedish fixed line", "08-123 456 78", "SE", "46812345678"},
    {"a Finnish mobile", "040 123 4567", "FI", "358401234567"},
    {"a short Finnish mobile", "050 12345", "FI", "3585012345"},
    {"with its country code", "+358 40 123 4567", "NO", "358401234567"},
    {"a Finnish fixed line", "09 123 4567", "FI", "35891234567"},
    {"an Åland mobile", "0457 123 4567", "AX", "3584571234567"},
    {"an Åland mobile in Finland", "0457 123 4567", "FI", "3584571234567"},
    {"an Åland fixed line", "018 12 345", "AX", "3581812345"},
    {"an Åland fixed line in Finland", "018 12 345", "FI", "3581812345"},
    {"with its country code", "+358 18 12345", "NO", "3581812345"},
    {"a Faroese mobile", "21 12 34", "FO", "298211234"},
    {"with its country code", "+298 211234", "NO", "298211234"},
    {"with 00", "00298 21 12 34", "DK", "298211234"},
    {"a Faroese fixed line", "30 12 34", "FO", "298301234"},
};

TEST(PhoneNumber, NordicNumbersWithAndWithoutCountryCode) {
  for (const Nordic& number : kNordicNumbers) {
    EXPECT_EQ(Parse(number.text, number.region), number.msisdn)
        << number.what << ": " << number.text << " in " << number.region;
  }
}

// Without a blank the number is read on a shorter way, which must make no difference.
TEST(PhoneNumber, BlanksMakeNoDifference) {
  for (const int country_code : {47, 45, 46, 358, 298}) {
    for (int i = 0; i < 1000; ++i) {
      const std::string national = absl::StrFormat("%08d", i * 99'991 % 100'000'000);
      const std::string plain = absl::StrFormat("+%d%s", country_code, national);
      const std::string with_blanks = absl::StrFormat("+%d %s ", country_code, national);
      ASSERT_EQ(Parse(plain), Parse(with_blanks)) << plain;
    }
  }
}

// Of a thousand numbers of which one is a customer's the others are not looked up any more; the
// blank has them looked up nevertheless. A sample: all would take a minute with a sanitizer.
TEST(PhoneNumber, NumbersOfAThousandAreAlike) {
  for (const int country_code : {47, 45}) {
    for (int thousand = 0; thousand < 100'000; thousand += 11) {
      for (const int last : {0, 1, 480, 999}) {
        const std::string national = absl::StrFormat("%05d%03d", thousand, last);
        const std::string plain = absl::StrFormat("+%d%s", country_code, national);
        ASSERT_EQ(Parse(plain), Parse(absl::StrFormat("+%d %s", country_code, national))) << plain;
      }
    }
  }
}

TEST(PhoneNumber, OneThatIsRefusedStaysRefused) {
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Parse("+4740000003"), "4740000003");
    EXPECT_THAT(Parse("+4742000003"), HasSubstr("not a number that exists")) << "beside the first";
    EXPECT_THAT(Parse("+4580000003"), HasSubstr("of a service")) << "another country's";
  }
}

struct NotServed {
  const char* where;
  const char* text;
  const char* region;
};

constexpr NotServed kNotServed[] = {
    {"Great Britain", "+44 7911 123456", "NO"},
    {"the USA", "+1 650 253 0000", "NO"},
    {"Greenland", "+299 221234", "DK"},
    {"Iceland", "+354 611 1234", "NO"},
    {"Germany", "+49 151 12345678", "DK"},
    {"Estonia", "+372 5123 4567", "FI"},
    {"Greenland by 00", "00299 221234", "DK"},
    {"an international toll-free number", "+800 1234 5678", "NO"},
};

TEST(PhoneNumber, OtherCountriesAreNotServed) {
  for (const NotServed& number : kNotServed) {
    EXPECT_THAT(Parse(number.text, number.region),
                StartsWith("phone_number: the country is not served: +"))
        << number.where;
  }
  EXPECT_EQ(Parse("+299 221234"), "phone_number: the country is not served: +299");
}

TEST(PhoneNumber, NumbersThatNobodyHasAreRefused) {
  // Too short, too long, or with a beginning that its country's plan does not give out.
  const std::pair<const char*, const char*> numbers[] = {
      {"+47 1234 5678", "NO"}, {"+47 912 34 56", "NO"},   {"+47 912 34 5678", "NO"},
      {"12 34 56 78", "NO"},   {"+45 10 12 34 56", "DK"}, {"+45 20 12 34 5", "DK"},
      {"+46 70 123 45", "SE"}, {"+358 40 1", "FI"},       {"+358 457", "AX"},
      {"+298 12 34 56", "FO"}, {"+298 21 12 34 5", "FO"}, {"+298 21 12", "FO"}};
  for (const auto& [text, region] : numbers) {
    EXPECT_THAT(Parse(text, region), StartsWith("phone_number: not a ")) << text;
  }
}

TEST(PhoneNumber, NumbersOfServicesAreRefused) {
  const std::pair<const char*, const char*> numbers[] = {
      {"800 12 345", "NO"},  {"820 12 345", "NO"},     {"80 12 34 56", "DK"}, {"90 12 34 56", "DK"},
      {"020-123 456", "SE"}, {"0900-123 45 67", "SE"}, {"0800 12345", "FI"},  {"80 22 34", "FO"}};
  for (const auto& [text, region] : numbers) {
    EXPECT_THAT(Parse(text, region), StartsWith("phone_number: the number of a service")) << text;
  }
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
