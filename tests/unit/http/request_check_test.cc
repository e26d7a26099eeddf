#include "server/http/request_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest WithUrl(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

HttpRequest WithHeader(absl::string_view header) {
  HttpRequest request = WithUrl("https://api.example.com/token");
  request.headers.Add({header});
  return request;
}

TEST(RequestCheckTest, LetsOrdinaryRequestsPass) {
  EXPECT_TRUE(CheckRequest(WithUrl("https://api.example.com")).ok());
  EXPECT_TRUE(CheckRequest(WithUrl("HTTPS://api.example.com:8443/a?b=c#d")).ok());
  EXPECT_TRUE(CheckRequest(WithUrl("https://[::1]:8443/")).ok());
  EXPECT_TRUE(CheckRequest(WithHeader("Authorization: Basic dXNlcjpwYXNz")).ok());
  EXPECT_TRUE(CheckRequest(WithHeader("Vipps-System-Name: kasse\t\xc3\xb8st")).ok());
}

TEST(RequestCheckTest, RefusesUrlsThatAreNotHttps) {
  for (const char* url :
       {"", "http://api.example.com/", "ftp://api.example.com/", "//api.example.com/",
        "api.example.com", "https:/api.example.com", " https://api.example.com"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckRequest(WithUrl(url)))) << url;
  }
}

TEST(RequestCheckTest, RefusesUrlsWithCredentialsSpacesControlsOrNoHost) {
  for (const char* url : {"https://user:secret@api.example.com/", "https://", "https:///path",
                          "https://?a=b", "https://api.example.com/a b",
                          "https://api.example.com/a\r\nb", "https://api.example.com/\x7f"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckRequest(WithUrl(url)))) << url;
  }
}

// RFC 9110, 5.5: the one way in which a value becomes a second header or a second request.
TEST(RequestCheckTest, RefusesHeadersThatWouldBecomeTwo) {
  for (const std::string& header :
       {std::string("A: b\r\nC: d"), std::string("A: b\nC: d"), std::string("A: b\rC: d"),
        std::string("A: b\0c", 6), std::string("A: \x1b[31m"), std::string("A: \x7f")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckRequest(WithHeader(header)))) << header;
  }
}

TEST(RequestCheckTest, RefusesHeadersWithoutProperNameOrValue) {
  for (const char* header :
       {"", "A", ": b", "A B: c", "A\r\nB: c", "A : b", "A(: b", "A:", "A:  \t "}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckRequest(WithHeader(header)))) << header;
  }
}

TEST(RequestCheckTest, HoldsItsLimits) {
  const std::string base = "https://api.example.com/";
  EXPECT_TRUE(CheckRequest(WithUrl(base + std::string(kMaxUrlBytes - base.size(), 'a'))).ok());
  EXPECT_FALSE(CheckRequest(WithUrl(base + std::string(kMaxUrlBytes - base.size() + 1, 'a'))).ok());
  EXPECT_TRUE(CheckRequest(WithHeader("A: " + std::string(kMaxRequestHeaderBytes - 3, 'b'))).ok());
  EXPECT_FALSE(CheckRequest(WithHeader("A: " + std::string(kMaxRequestHeaderBytes - 2, 'b'))).ok());

  HttpRequest request = WithUrl(base);
  for (size_t i = 0; i < kMaxRequestHeaders; ++i) request.headers.Add({"A: b"});
  request.body.assign(kMaxRequestBodyBytes, 'x');
  EXPECT_TRUE(CheckRequest(request).ok());
  HttpRequest one_more = request;
  one_more.headers.Add({"A: b"});
  EXPECT_FALSE(CheckRequest(one_more).ok());
  request.body.push_back('x');
  EXPECT_FALSE(CheckRequest(request).ok());
}

TEST(RequestCheckTest, ItsErrorsQuoteNothing) {
  for (const HttpRequest& request :
       {WithUrl("https://user:secret@api.example.com/"), WithUrl("http://a/?code=secret"),
        WithUrl("https://a/secret secret"), WithHeader("Authorization: secret\r\n"),
        WithHeader("secret secret: a")}) {
    EXPECT_THAT(std::string(CheckRequest(request).message()), Not(HasSubstr("secret")));
  }
}

TEST(RequestCheckTest, TellsTheAuthority) {
  EXPECT_EQ(*AuthorityOf("https://api.example.com:8443/token?x=y"), "api.example.com:8443");
  EXPECT_EQ(*AuthorityOf("https://api.example.com"), "api.example.com");
  EXPECT_EQ(*AuthorityOf("https://api.example.com?x"), "api.example.com");
  EXPECT_EQ(*AuthorityOf("https://[::1]:1/"), "[::1]:1");
  // '\' ends the authority for browsers and some parsers: not to be taken for a part of the host.
  EXPECT_EQ(*AuthorityOf("https://api.example.com\\@evil.example"), "api.example.com");
}

}  // namespace
}  // namespace cibad
