// How answers over HTTP/2 end: in a frame with the last of the body or in one of their own, with a
// length that was announced or without. Servers are free to do either.

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/http2_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

class Http2EndTest : public ::testing::Test {
 protected:
  Http2EndTest() { options_.ca_file = authority_.file(); }

  const TestAuthority authority_;
  CurlClientOptions options_;
};

class EveryHttp2EndTest : public Http2EndTest, public ::testing::WithParamInterface<Http2Body> {};

INSTANTIATE_TEST_SUITE_P(
    Ends, EveryHttp2EndTest,
    ::testing::Values(Http2Body{.length_off_by = 0, .end_apart = false},
                      Http2Body{.length_off_by = 0, .end_apart = true},
                      Http2Body{.length_off_by = std::nullopt, .end_apart = false},
                      Http2Body{.length_off_by = std::nullopt, .end_apart = true}),
    [](const auto& instance) {
      return absl::StrCat(
          instance.param.length_off_by.has_value() ? "WithALength" : "WithoutALength",
          instance.param.end_apart ? "AndAnEndApart" : "");
    });

// Nothing is to be sent on a stream that has ended (RFC 9113, 5.1), and servers count resets.
TEST_P(EveryHttp2EndTest, IsNotAnsweredWithAReset) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.body = GetParam()});
  ClientHarness harness(options_);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "200 a=b");
  }
  // The first tells that the answers of this server may end apart.
  const bool first_is_reset = GetParam().length_off_by.has_value() && GetParam().end_apart;
  EXPECT_EQ(server.resets(), first_is_reset ? 1 : 0);
  EXPECT_EQ(server.accepted_connections(), 1);
}

// nghttp2, and so Node and Apache, takes who resets more than a thousand streams for an attacker
// (CVE-2023-44487), and closes the connection with all that is under way on it.
TEST_P(EveryHttp2EndTest, LosesNoneOfThousands) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.body = GetParam()});
  options_.max_connections = 1;
  ClientHarness harness(options_);
  const std::vector<HttpResult> results =
      harness.ExchangeAll(std::vector<HttpRequest>(3'000, Post(server.Url(), "a=b")));
  for (const HttpResult& result : results) EXPECT_EQ(Summary(result), "200 a=b");
  EXPECT_EQ(server.accepted_connections(), 1);
}

// RFC 9113, 8.1.1: such an answer is malformed. Where ends come apart the first answer tells.
TEST_F(Http2EndTest, AnAnswerOfAnotherLengthThanAnnouncedIsNone) {
  for (const bool end_apart : {false, true}) {
    for (const int off_by : {-1, 1}) {
      Http2Server server(
          authority_.Issue("DNS:localhost"),
          {.body = {.length_off_by = off_by, .first_right = 1, .end_apart = end_apart}});
      ClientHarness harness(options_);
      EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "200 a=b");
      EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))),
                "UNAVAILABLE, may have arrived")
          << "off by " << off_by << (end_apart ? ", the end apart" : "");
    }
  }
}

TEST_F(Http2EndTest, HalfAnAnswerIsNone) {
  Http2Server server(
      authority_.Issue("DNS:localhost"),
      {.body = {.length_off_by = 1, .first_right = 1, .end_apart = true, .breaks_off = true}});
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "200 a=b");
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "UNAVAILABLE, may have arrived");
}

}  // namespace
}  // namespace cibad
