#include "server/provider/strict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string WhyNot(absl::string_view text) {
  const auto parsed = ParseJsonObject(text);
  return parsed.ok() ? "it was accepted" : std::string(parsed.status().message());
}

std::string Nested(int depth) {
  std::string text = "{\"a\":";
  for (int i = 1; i < depth; ++i) text += "[";
  for (int i = 1; i < depth; ++i) text += "]";
  return depth == 1 ? "{}" : text + "}";
}

TEST(StrictJson, ReadsAnObject) {
  const auto parsed = ParseJsonObject(" {\"a\": [1, true, null, \"\xC3\xA5\\u00e5\"]} ");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->at("a").at(3), "\xC3\xA5\xC3\xA5");
}

TEST(StrictJson, RefusesWhatIsNoObject) {
  for (const char* text : {"[]", "1", "\"{}\"", "null", "true"}) {
    EXPECT_EQ(WhyNot(text), "JSON, but not an object") << text;
  }
}

TEST(StrictJson, RefusesWhatIsNotJson) {
  for (const char* text : {"<html></html>", "{", "{}{}", "{\"a\":1,}", "{'a':1}", "{\"a\":01}",
                           "{\"a\":NaN}", "{\"a\":1}x", "// c\n{}", " ", "{\"a\":\"\x01\"}"}) {
    EXPECT_EQ(WhyNot(text), "not JSON in UTF-8 (RFC 8259)") << text;
  }
}

TEST(StrictJson, RefusesAnEmptyBody) { EXPECT_EQ(WhyNot(""), "empty"); }

TEST(StrictJson, RefusesMembersNamedTwice) {
  EXPECT_THAT(WhyNot(R"({"a":1,"a":1})"), HasSubstr("twice"));
  EXPECT_THAT(WhyNot(R"({"a":1,"\u0061":2})"), HasSubstr("twice"));
  EXPECT_THAT(WhyNot(R"({"b":[{"c":{"a":1,"x":{},"a":2}}]})"), HasSubstr("twice"));
}

TEST(StrictJson, TakesTheSameNameInDifferentObjects) {
  EXPECT_TRUE(ParseJsonObject(R"({"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}})").ok());
}

TEST(StrictJson, RefusesInvalidUtf8) {
  for (const char* text : {"{\"a\":\"\xFF\"}", "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\xED\xA0\x80\"}",
                           "{\"a\":\"\xC3\"}", "{\"a\":\"\\ud800\"}", "{\"\xFE\":1}"}) {
    EXPECT_EQ(WhyNot(text), "not JSON in UTF-8 (RFC 8259)");
  }
}

TEST(StrictJson, RefusesNulBytesAndCharacters) {
  EXPECT_THAT(WhyNot(absl::string_view("{}\0x", 4)), HasSubstr("NUL byte"));
  EXPECT_THAT(WhyNot(absl::string_view("\0{}", 3)), HasSubstr("NUL byte"));
  EXPECT_THAT(WhyNot(R"({"a":["\u0000"]})"), HasSubstr("NUL character"));
  EXPECT_THAT(WhyNot(R"({"a\u0000":1})"), HasSubstr("NUL character"));
}

TEST(StrictJson, RefusesAByteOrderMark) {
  EXPECT_THAT(WhyNot("\xEF\xBB\xBF{}"), HasSubstr("byte order mark"));
}

TEST(StrictJson, RefusesNumbersThatNoDoubleHolds) {
  EXPECT_EQ(WhyNot(R"({"a":1e999})"), "not JSON in UTF-8 (RFC 8259)");
  EXPECT_TRUE(ParseJsonObject(R"({"a":123456789012345678901234567890})").ok());
}

TEST(StrictJson, LimitsTheDepth) {
  EXPECT_TRUE(ParseJsonObject(Nested(kMaxJsonDepth)).ok());
  EXPECT_THAT(WhyNot(Nested(kMaxJsonDepth + 1)), HasSubstr("nested deeper than 16"));
  EXPECT_THAT(WhyNot(Nested(100'000)), HasSubstr("nested deeper than 16"));
}

TEST(StrictJson, LimitsTheSize) {
  const std::string frame = R"({"a":""})";
  const std::string longest(kMaxJsonBytes - frame.size(), 'x');
  EXPECT_TRUE(ParseJsonObject("{\"a\":\"" + longest + "\"}").ok());
  EXPECT_THAT(WhyNot("{\"a\":\"" + longest + "x\"}"), HasSubstr("larger than 262144 bytes"));
}

TEST(StrictJson, NeverQuotesTheText) {
  for (const char* text :
       {"{\"s3cret\":1,\"s3cret\":2}", "s3cret", "{\"a\":s3cret}", "\"s3cret\""}) {
    EXPECT_THAT(WhyNot(text), Not(HasSubstr("s3cret")));
  }
}

TEST(StrictJson, FindMemberTakesNullForNone) {
  const auto parsed = ParseJsonObject(R"({"a":null,"b":0})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(FindMember(*parsed, "a"), nullptr);
  EXPECT_EQ(FindMember(*parsed, "c"), nullptr);
  ASSERT_NE(FindMember(*parsed, "b"), nullptr);
  EXPECT_EQ(*FindMember(*parsed, "b"), 0);
}

}  // namespace
}  // namespace cibad
