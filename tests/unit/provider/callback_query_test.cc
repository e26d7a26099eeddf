#include "server/provider/callback_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string CodeOf(absl::string_view query) {
  const auto callback = ReadCallbackQuery(query);
  if (!callback.ok()) return std::string(callback.status().message());
  const auto* code = std::get_if<std::string>(&callback->answer);
  return code == nullptr ? "an error" : *code;
}

ProviderError ErrorOf(absl::string_view query) {
  const auto callback = ReadCallbackQuery(query);
  if (!callback.ok()) return {-1, std::string(callback.status().message()), "", std::nullopt};
  const auto* error = std::get_if<ProviderError>(&callback->answer);
  return error == nullptr ? ProviderError{-1, "a code", "", std::nullopt} : *error;
}

TEST(CallbackQuery, HasACodeAndTheState) {
  const auto callback = ReadCallbackQuery("code=abc.DEF-123_~&state=state-0001");
  ASSERT_TRUE(callback.ok()) << callback.status();
  EXPECT_EQ(std::get<std::string>(callback->answer), "abc.DEF-123_~");
  EXPECT_EQ(callback->state, "state-0001");
}

TEST(CallbackQuery, MayHaveItsQuestionMarkAndMoreParameters) {
  EXPECT_EQ(CodeOf("?code=abc"), "abc");
  EXPECT_EQ(CodeOf("scope=openid+name&code=abc&iss=https%3A%2F%2Fapi.example%2F&flag&=&"),
            "callback_query: a parameter is not well encoded");
  EXPECT_EQ(CodeOf("scope=openid+name&code=abc&iss=https%3A%2F%2Fapi.example%2F&flag&&"), "abc");
}

TEST(CallbackQuery, IsDecodedOnce) {
  EXPECT_EQ(CodeOf("code=a%2Bb%2fc%3D%26d"), "a+b/c=&d");
  EXPECT_EQ(CodeOf("%63ode=abc"), "abc");
  EXPECT_EQ(CodeOf("code=a%252Bb"), "a%2Bb");
}

TEST(CallbackQuery, AnErrorComesInPlaceOfTheCode) {
  const ProviderError error =
      ErrorOf("error=access_denied&error_description=The+customer+said+no%21&state=s");
  EXPECT_EQ(error.code, "access_denied");
  EXPECT_EQ(error.detail, "The customer said no!");
  EXPECT_EQ(error.http_status, 0);
}

TEST(CallbackQuery, AnErrorIsCleanedAsAnyOtherOfTheProvider) {
  const ProviderError error =
      ErrorOf("error=%0Ano+such%1Bthing&error_description=call+91234567%0D%0Anow");
  EXPECT_EQ(error.code, "nosuchthing");
  EXPECT_EQ(error.detail, "call ******** now");
}

TEST(CallbackQuery, BadEncodingIsRefused) {
  for (const char* query : {"code=%", "code=%4", "code=%zz", "code=a%2", "code=%-1", "=abc"}) {
    EXPECT_EQ(CodeOf(query), "callback_query: a parameter is not well encoded") << query;
  }
  for (const std::string& query :
       {std::string("code=a b"), std::string("code=a\nb"), std::string("code=\xC3\xA5"),
        std::string("code=a\0b", 8), std::string("code=abc#top")}) {
    EXPECT_EQ(CodeOf(query), "callback_query: not the query of a URL, encoded as it stood there");
  }
}

TEST(CallbackQuery, AParameterThatIsThereTwiceIsRefused) {
  for (const char* query : {"code=a&code=b", "code=a&code=a", "code=a&state=s&state=s",
                            "code=a&%63ode=b", "code=a&x=1&x=2"}) {
    EXPECT_EQ(CodeOf(query), "callback_query: a parameter is there twice") << query;
  }
}

TEST(CallbackQuery, HasEitherACodeOrAnError) {
  EXPECT_THAT(CodeOf("code=a&error=access_denied"), HasSubstr("both"));
  for (const char* query : {"", "?", "state=s", "Code=a", "https://shop.example/back?code=a"}) {
    EXPECT_THAT(CodeOf(query), HasSubstr("neither code nor error")) << query;
  }
  EXPECT_THAT(CodeOf("code="), HasSubstr("code: empty"));
  EXPECT_THAT(CodeOf("code"), HasSubstr("code: empty"));
  EXPECT_THAT(CodeOf("error="), HasSubstr("error: empty"));
}

TEST(CallbackQuery, ACodeIsVisibleAscii) {
  for (const char* query :
       {"code=a+b", "code=a%20b", "code=a%0D%0AX:+y", "code=%C3%A5", "code=a%00b"}) {
    EXPECT_THAT(CodeOf(query), StartsWith("callback_query: code: empty, too long")) << query;
  }
}

TEST(CallbackQuery, IsBounded) {
  EXPECT_EQ(CodeOf("code=" + std::string(2048, 'a')), std::string(2048, 'a'));
  EXPECT_THAT(CodeOf("code=" + std::string(2049, 'a')), HasSubstr("too long"));
  EXPECT_EQ(CodeOf("code=a&x=" + std::string(8192 - 9, 'x')), "a");
  EXPECT_THAT(CodeOf("code=a&x=" + std::string(8192 - 8, 'x')), HasSubstr("longer than 8 KiB"));
  std::string many = "code=a";
  for (int i = 0; i < 31; ++i) absl::StrAppend(&many, "&x", i, "=");
  EXPECT_EQ(CodeOf(many), "a");
  EXPECT_THAT(CodeOf(many + "&y="), HasSubstr("more than 32"));
  EXPECT_THAT(CodeOf("code=a&state=" + std::string(257, 's')), HasSubstr("state: longer"));
}

TEST(CallbackQuery, ErrorsDoNotRepeatIt) {
  for (const char* query : {"code=s3cret&code=s3cret", "code=s3cret%", "code=s3cret&error=s3cret",
                            "code=s3cret+s3cret"}) {
    EXPECT_THAT(CodeOf(query), StartsWith("callback_query: ")) << query;
    EXPECT_THAT(CodeOf(query), Not(HasSubstr("s3cret"))) << query;
  }
}

TEST(CallbackCode, IsVisibleAsciiOfBoundedLength) {
  const auto callback = ReadCallbackCode("a+b/c=");
  ASSERT_TRUE(callback.ok()) << callback.status();
  EXPECT_EQ(std::get<std::string>(callback->answer), "a+b/c=");
  for (const std::string& code : {std::string(), std::string("a b"), std::string(2049, 'a')}) {
    EXPECT_THAT(std::string(ReadCallbackCode(code).status().message()), StartsWith("code: "));
  }
}

TEST(CallbackState, MustBeThatOfTheStart) {
  const auto check = [](absl::string_view query) {
    return CheckCallbackState(*ReadCallbackQuery(query), "state-0001");
  };
  EXPECT_TRUE(check("code=a&state=state-0001").ok());
  EXPECT_TRUE(check("error=access_denied&state=state%2D0001").ok());
  for (const char* query :
       {"code=a", "error=access_denied", "code=a&state=", "code=a&state=state-0002",
        "code=a&state=state-000", "code=a&state=state-00010", "code=a&state=STATE-0001"}) {
    EXPECT_EQ(check(query).code(), absl::StatusCode::kInvalidArgument) << query;
    EXPECT_THAT(std::string(check(query).message()), Not(HasSubstr("state-0"))) << query;
  }
}

TEST(CallbackState, OfAStartWithoutOneIsNotLookedAt) {
  EXPECT_TRUE(CheckCallbackState(*ReadCallbackQuery("code=a&state=any"), "").ok());
  EXPECT_TRUE(CheckCallbackState(*ReadCallbackQuery("code=a"), "").ok());
}

TEST(CallbackState, StayedWithWhoeverTookTheCodeOut) {
  EXPECT_TRUE(CheckCallbackState(*ReadCallbackCode("a"), "state-0001").ok());
}

}  // namespace
}  // namespace cibad
