#include "server/provider/phone_number.h"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/login/secret.h"

namespace cibad {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr size_t kMaxPhoneNumberBytes = 64;
constexpr int kServedCountryCodes[] = {
    47,   // Norway
    45,   // Denmark
    358,  // Finland, and Åland within its plan
    46,   // Sweden
    298,  // the Faroe Islands
};

absl::Status Wrong(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("phone_number: ", what));
}

// The library is made for text out of which a number is to be fished: it takes letters for keys of
// the telephone and stops at what it does not know. Here the text is the number or nothing.
absl::Status CheckCharacters(absl::string_view text) {
  if (text.size() > kMaxPhoneNumberBytes)
    return Wrong(absl::StrCat("longer than ", kMaxPhoneNumberBytes, " characters"));
  constexpr absl::string_view kDigits = "0123456789";
  constexpr absl::string_view kPunctuation = " -()./";
  bool seen_digit = false;
  bool seen_plus = false;
  for (const char c : text) {
    if (absl::StrContains(kDigits, c)) {
      seen_digit = true;
    } else if (c == '+' && !seen_digit && !seen_plus) {
      seen_plus = true;
    } else if (!absl::StrContains(kPunctuation, c)) {
      return Wrong(
          "not a phone number: only digits, blanks, - ( ) . / and a + in front can be in one");
    }
  }
  return seen_digit ? absl::OkStatus() : Wrong("not a phone number: there is no digit in it");
}

// Reads what most tills send, "+47" or "+45" and eight digits, without the regular expressions that
// the library reads any text with. In these two countries there is no prefix that might have to go,
// and a number that begins with 0 is left to the library. False: the library has to read it.
bool ReadPlainNumber(absl::string_view text, PhoneNumber* number) {
  constexpr size_t kDigits = 8;
  for (const int country_code : {47, 45}) {
    absl::string_view rest = text;
    uint64_t national = 0;
    if (!absl::ConsumePrefix(&rest, absl::StrCat("+", country_code)) || rest.size() != kDigits ||
        rest.front() == '0' || !std::all_of(rest.begin(), rest.end(), absl::ascii_isdigit) ||
        !absl::SimpleAtoi(rest, &national)) {
      continue;
    }
    number->set_country_code(country_code);
    number->set_national_number(national);
    return true;
  }
  return false;
}

// The thousands of plain numbers, +47 and +45, of which one was found to be a customer's. Numbers
// are given out by the thousand and more, so the other 999 are as good as it is, and need not be
// compared with each of the library's forty patterns: those would be a twentieth of a start's cost.
// What was found wrong is not remembered.
class CustomerRanges {
 public:
  bool Has(const PhoneNumber& number) const { return (WordOf(number) & BitOf(number)) != 0; }
  void Add(const PhoneNumber& number) { WordOf(number) |= BitOf(number); }

 private:
  using Word = uint64_t;
  static constexpr size_t kBits = 64;
  static constexpr size_t kThousands = 100'000;  // in each country: numbers of eight digits

  static size_t RangeOf(const PhoneNumber& number) {
    const size_t range = number.national_number() / 1000;
    assert(range < kThousands);
    return number.country_code() == 47 ? range : kThousands + range;
  }
  static Word BitOf(const PhoneNumber& number) { return Word{1} << (RangeOf(number) % kBits); }
  std::atomic<Word>& WordOf(const PhoneNumber& number) { return words_[RangeOf(number) / kBits]; }
  const std::atomic<Word>& WordOf(const PhoneNumber& number) const {
    return words_[RangeOf(number) / kBits];
  }

  std::array<std::atomic<Word>, 2 * kThousands / kBits> words_ = {};
};

CustomerRanges& KnownRanges() {
  static CustomerRanges ranges;
  return ranges;
}

absl::Status DescribeParseError(PhoneNumberUtil::ErrorType error) {
  switch (error) {
    case PhoneNumberUtil::NO_PARSING_ERROR:
      return absl::OkStatus();
    case PhoneNumberUtil::INVALID_COUNTRY_CODE_ERROR:
      return Wrong("not a phone number: it has no country code that exists");
    case PhoneNumberUtil::TOO_LONG_NSN:
      return Wrong("not a phone number: too many digits");
    case PhoneNumberUtil::TOO_SHORT_AFTER_IDD:
    case PhoneNumberUtil::TOO_SHORT_NSN:
      return Wrong("not a phone number: too few digits");
    case PhoneNumberUtil::NOT_A_NUMBER:
      break;
  }
  return Wrong("not a phone number");
}

// As it is sent: country code and number, digits only.
std::string Digits(const PhoneNumber& number) {
  std::string national;
  PhoneNumberUtil::GetInstance()->GetNationalSignificantNumber(number, &national);
  std::string digits;
  digits.reserve(kHeapTextBytes);
  absl::StrAppend(&digits, number.country_code(), national);
  return digits;
}

// A number behind which stands a service, and never a customer. Fixed lines pass: some have an
// account, and the provider knows which.
bool IsOfService(PhoneNumberUtil::PhoneNumberType type) {
  switch (type) {
    case PhoneNumberUtil::TOLL_FREE:
    case PhoneNumberUtil::PREMIUM_RATE:
    case PhoneNumberUtil::SHARED_COST:
    case PhoneNumberUtil::PAGER:
    case PhoneNumberUtil::UAN:
    case PhoneNumberUtil::VOICEMAIL:
      return true;
    default:
      return false;
  }
}

// Not inline: what it and the library leave on the stack is to lie below the caller's frame.
[[gnu::noinline]] absl::StatusOr<std::string> Parse(absl::string_view text,
                                                    absl::string_view default_region) {
  if (absl::Status status = CheckCharacters(text); !status.ok()) return status;
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  const bool is_plain = ReadPlainNumber(text, &number);
  if (is_plain && KnownRanges().Has(number)) return Digits(number);
  if (!is_plain) {
    const PhoneNumberUtil::ErrorType error =
        util.Parse(std::string(text), std::string(default_region), &number);
    if (absl::Status status = DescribeParseError(error); !status.ok()) return status;
  }

  const int country_code = number.country_code();
  if (std::count(std::begin(kServedCountryCodes), std::end(kServedCountryCodes), country_code) ==
      0) {
    return Wrong(absl::StrCat("the country is not served: +", country_code));
  }
  // UNKNOWN is what IsValidNumber calls not valid; asking for both would cost the same search
  // twice.
  const PhoneNumberUtil::PhoneNumberType type = util.GetNumberType(number);
  if (type == PhoneNumberUtil::UNKNOWN) {
    return Wrong(absl::StrCat("not a number that exists in its country (+", country_code, ")"));
  }
  if (IsOfService(type)) {
    return Wrong(
        "the number of a service (toll-free, premium rate or the like), not of a customer");
  }
  if (is_plain) KnownRanges().Add(number);
  return Digits(number);
}

}  // namespace

absl::StatusOr<std::string> ParsePhoneNumber(absl::string_view text,
                                             absl::string_view default_region) {
  absl::StatusOr<std::string> msisdn = Parse(text, default_region);
  WipeStackBelow();
  return msisdn;
}

}  // namespace cibad
