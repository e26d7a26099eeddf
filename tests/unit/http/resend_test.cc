// That a POST reaches the server at most once, whatever becomes of the connection, and that the
// client says so when it may have arrived. libcurl by itself would repeat it on a kept connection
// that closes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/http2_server.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

using ::testing::Not;
using ::testing::StartsWith;

class ResendTest : public ::testing::Test {
 protected:
  ResendTest() { options_.ca_file = authority_.file(); }

  const TestAuthority authority_;
  CurlClientOptions options_;
  std::atomic<int> requests_ = 0;
};

TEST_F(ResendTest, APostOnAKeptConnectionThatClosesUponItIsNotRepeated) {
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    if (!connection.ReadRequest()) return;
    ++requests_;
    connection.Write(Http1Answer(200, "ok"));
    if (connection.ReadRequest()) ++requests_;
  });
  ClientHarness harness(options_);
  ASSERT_EQ(Summary(harness.Exchange(Post(server.Url(), "first"))), "200 ok");
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "second"))),
            "UNAVAILABLE, may have arrived");
  EXPECT_EQ(requests_, 2);
}

TEST_F(ResendTest, APostOnAKeptConnectionThatIsCutOffUponItIsNotRepeated) {
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    if (!connection.ReadRequest()) return;
    ++requests_;
    connection.Write(Http1Answer(200, "ok"));
    if (connection.ReadRequest()) ++requests_;
    connection.CutOff();
  });
  ClientHarness harness(options_);
  ASSERT_EQ(Summary(harness.Exchange(Post(server.Url(), "first"))), "200 ok");
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "second"))),
            "UNAVAILABLE, may have arrived");
  EXPECT_EQ(requests_, 2);
}

// The server is gone for good: the repetition could not even connect, which must not read as "not
// sent".
TEST_F(ResendTest, APostThatWasSentBeforeTheServerWentAwayMayHaveArrived) {
  std::unique_ptr<TlsServer> server;
  std::atomic<bool> second_is_in = false;
  server = std::make_unique<TlsServer>(authority_.Issue("DNS:localhost"),
                                       [&](TlsConnection& connection) {
                                         connection.ReadRequest();
                                         connection.Write(Http1Answer(200, "ok"));
                                         if (connection.ReadRequest()) second_is_in = true;
                                         connection.WaitForEnd();
                                       });
  ClientHarness harness(options_);
  const std::string url = server->Url();
  ASSERT_EQ(Summary(harness.Exchange(Post(url, "first"))), "200 ok");
  std::thread stopper([&] {
    while (!second_is_in) std::this_thread::yield();
    server.reset();
  });
  EXPECT_EQ(Summary(harness.Exchange(Post(url, "second"))), "UNAVAILABLE, may have arrived");
  stopper.join();
}

TEST_F(ResendTest, APostOnAFreshConnectionThatClosesUponItMayHaveArrived) {
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    if (connection.ReadRequest()) ++requests_;
  });
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "UNAVAILABLE, may have arrived");
  EXPECT_EQ(requests_, 1);
}

// A GET is idempotent (RFC 9110, 9.2.2), and the race with a server that closes idle connections is
// not rare.
TEST_F(ResendTest, AGetOnAKeptConnectionThatClosesUponItIsRepeated) {
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    if (!connection.ReadRequest()) return;
    ++requests_;
    connection.Write(Http1Answer(200, "ok"));
    if (connection.ReadRequest()) ++requests_;
  });
  ClientHarness harness(options_);
  ASSERT_EQ(Summary(harness.Exchange(Get(server.Url()))), "200 ok");
  EXPECT_EQ(Summary(harness.Exchange(Get(server.Url()))), "200 ok");
  EXPECT_EQ(requests_, 3);
}

// libcurl repeats what it has as the text of the URL, which must not be an earlier request's.
TEST_F(ResendTest, AGetIsRepeatedWhereItWentThoughItsHandleWasUsedForAnother) {
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    if (!connection.ReadRequest()) return;
    connection.Write(Http1Answer(200, "ok"));
    if (connection.ReadRequest()) ++requests_;
  });
  ClientHarness harness(options_);
  EXPECT_THAT(Summary(harness.Exchange(Get("https://localhost:99999/"))), Not(StartsWith("200")));
  ASSERT_EQ(Summary(harness.Exchange(Get(server.Url("/here")))), "200 ok");
  EXPECT_EQ(Summary(harness.Exchange(Get(server.Url("/there")))), "200 ok");
  EXPECT_EQ(requests_, 1) << "the second was not repeated";
}

TEST_F(ResendTest, AKeptConnectionThatTheServerHasClosedIsNotUsed) {
  std::atomic<int> closed = 0;
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    if (!connection.ReadRequest()) return;
    ++requests_;
    connection.Write(Http1Answer(200, "ok"));
    connection.CutOff();
    ++closed;
  });
  ClientHarness harness(options_);
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "200 ok");
    while (closed < i) std::this_thread::yield();
  }
  EXPECT_EQ(requests_, 3);
}

TEST_F(ResendTest, HalfAnAnswerIsNoAnswer) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nConte",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"}) {
    TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
      connection.ReadRequest();
      connection.Write(answer);
    });
    ClientHarness harness(options_);
    EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "UNAVAILABLE, may have arrived")
        << answer;
  }
}

// The provider promises that it has not looked at a refused request (RFC 9113, 8.7), but libcurl
// does not say why it means to repeat, so a POST is left alone.
TEST_F(ResendTest, APostRefusedOverHttp2IsNotRepeated) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.refuse_first = 1});
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "UNAVAILABLE, may have arrived");
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(ResendTest, AGetRefusedOverHttp2IsRepeated) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.refuse_first = 1});
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Get(server.Url()))), "200 GET");
  EXPECT_EQ(server.requests(), 2);
}

}  // namespace
}  // namespace cibad
