#include "server/provider/text_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "server/provider/base64url.h"

namespace cibad {
namespace {

TEST(TextRules, VisibleAsciiHasNoBlanksNorControls) {
  EXPECT_TRUE(IsVisibleAscii("!az09-._~+/=~"));
  for (absl::string_view text :
       {absl::string_view("a b"), absl::string_view("a\r\nX: y"), absl::string_view("a\0", 2),
        absl::string_view("\x7F"), absl::string_view("\xC3\xA5"), absl::string_view("\t")}) {
    EXPECT_FALSE(IsVisibleAscii(text));
  }
}

TEST(TextRules, HttpsUrlHasAHostAndNeitherCredentialsNorFragment) {
  for (const char* url : {"https://shop.example", "https://shop.example/back?a=b@c",
                          "https://shop.example:8443/", "https://[::1]/back", "https://1.2.3.4/"}) {
    EXPECT_TRUE(IsHttpsUrl(url)) << url;
  }
  for (const char* url :
       {"", "https://", "https:///back", "https://:443/", "http://shop.example/", "HTTPS:/x",
        "http://localhost/", "http://127.0.0.1/", "myapp://back", "//shop.example/", "/back",
        "https://u:p@shop.example/", "https://u@shop.example", "https://shop.example/#top",
        "https://shop.example/a b", "https://sh\xC3\xB8p.example/", "javascript:alert(1)"}) {
    EXPECT_FALSE(IsHttpsUrl(url)) << url;
  }
  const std::string longest = "https://shop.example/" + std::string(2048 - 21, 'a');
  EXPECT_TRUE(IsHttpsUrl(longest));
  EXPECT_FALSE(IsHttpsUrl(longest + "a"));
}

TEST(TextRules, SubjectHas1To255AsciiCharacters) {
  EXPECT_TRUE(IsSubject("c06c4afe-d9e1-4c5d-939a-177d752a0944"));
  EXPECT_TRUE(IsSubject(std::string(255, 'a')));
  EXPECT_FALSE(IsSubject(std::string(256, 'a')));
  EXPECT_FALSE(IsSubject(""));
  EXPECT_FALSE(IsSubject("a\n"));
}

TEST(TextRules, DetailIsOneLineOfPrintableAscii) {
  EXPECT_EQ(CleanDetail("The scope\r\nis  \x1B[31munknown\x01 (5)"),
            "The scope is [31munknown (5)");
  EXPECT_EQ(CleanDetail("gj\xC3\xB8r det"), "gj r det");
}

TEST(TextRules, DetailIsBounded) {
  std::string words;
  for (int i = 0; i < 1000; ++i) words += "word ";
  EXPECT_LE(CleanDetail(words).size(), 256u);
  EXPECT_GE(CleanDetail(words).size(), 200u);
  EXPECT_LE(CleanDetail(std::string(1'000'000, 'x')).size(), 256u);
}

TEST(TextRules, DetailHidesNumbersThatMayBePersons) {
  EXPECT_EQ(CleanDetail("no user +47 912 34 567 here"), "no user +** *** ** *** here");
  EXPECT_EQ(CleanDetail("no user 4791234567"), "no user **********");
  EXPECT_EQ(CleanDetail("at most 8 characters of 5"), "at most 8 characters of 5");
}

TEST(TextRules, DetailHidesWhatMayBeAToken) {
  EXPECT_EQ(CleanDetail("auth_req_id 1c266114-a1be-4252 is gone"), "auth_req_id ... is gone");
  EXPECT_EQ(CleanDetail("VbbtNKfXzJQabcdefghijk unknown"), "... unknown");
  EXPECT_EQ(CleanDetail("unknown_reject_reason in urn:openid:params:grant-type:ciba"),
            "unknown_reject_reason in urn:openid:params:grant-type:ciba");
}

TEST(Base64Url, HasOneSpellingForEachValue) {
  EXPECT_EQ(DecodeBase64Url("-_8"), "\xFB\xFF");
  EXPECT_EQ(DecodeBase64Url(""), "");
  for (const char* text : {"-_8=", "-_9", "+/8", "-_8\n", " -_8", "-", "-_8.", "-_8-_"}) {
    EXPECT_EQ(DecodeBase64Url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cibad
