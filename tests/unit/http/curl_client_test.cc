#include "server/http/curl_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CurlClientTest : public ::testing::Test {
 protected:
  CurlClientOptions Options() const {
    CurlClientOptions options;
    options.ca_file = authority_.file();
    options.user_agent = "cibad/test";
    return options;
  }

  // A server that gives every request the same answer and keeps what it was asked.
  std::unique_ptr<TlsServer> Answering(const std::string& answer) {
    return std::make_unique<TlsServer>(
        authority_.Issue("DNS:localhost"), [this, answer](TlsConnection& connection) {
          while (std::optional<std::string> request = connection.ReadRequest()) {
            requests_.Add(*std::move(request));
            connection.Write(answer);
          }
        });
  }

  const TestAuthority authority_;
  Notes requests_;
};

TEST_F(CurlClientTest, GetsAnAnswer) {
  const auto server = Answering(Http1Answer(200, "hello",
                                            "Cache-Control: max-age=3600\r\nX-Two: a\r\n"
                                            "x-two:  b \r\n"));
  ClientHarness harness(Options());
  const HttpResult result = harness.Exchange(Get(server->Url("/path?query=1")));
  ASSERT_EQ(Summary(result), "200 hello") << ErrorText(result);
  EXPECT_THAT(
      std::get<HttpResponse>(result).headers,
      ElementsAre("Content-Length: 5", "Cache-Control: max-age=3600", "X-Two: a", "x-two:  b"));
  EXPECT_THAT(requests_.last(), StartsWith("GET /path?query=1 HTTP/1.1\r\n"));
  const std::vector<std::string> around = absl::StrSplit(requests_.last(), "User-Agent:");
  EXPECT_EQ(around.size(), 2) << "it is there once";
  EXPECT_THAT(requests_.last(), HasSubstr("\r\nUser-Agent: cibad/test\r\n"));
}

TEST_F(CurlClientTest, PostsTheBodyAndHeadersAsTheyAreAndAsksForNothingElse) {
  const auto server = Answering(Http1Answer(200, ""));
  ClientHarness harness(Options());
  const std::string body("a=1&b=\0&c=3", 11);
  HttpRequest request = Post(server->Url(), body);
  request.headers = {"Authorization: Basic abc", "Content-Type: text/plain"};
  EXPECT_EQ(Summary(harness.Exchange(request)), "200 ");
  EXPECT_THAT(requests_.last(), StartsWith("POST / HTTP/1.1\r\n"));
  EXPECT_THAT(requests_.last(), HasSubstr("\r\nAuthorization: Basic abc\r\n"));
  EXPECT_THAT(requests_.last(), HasSubstr("\r\nContent-Type: text/plain\r\n"));
  EXPECT_THAT(requests_.last(), HasSubstr("\r\nContent-Length: 11\r\n"));
  EXPECT_EQ(requests_.last().substr(requests_.last().size() - body.size()), body);
  EXPECT_THAT(requests_.last(), Not(HasSubstr("Expect:")));
  EXPECT_THAT(requests_.last(), Not(HasSubstr("Accept-Encoding:")));
}

TEST_F(CurlClientTest, ABodyIsAFormWhereItIsNotCalledAnythingElse) {
  const auto server = Answering(Http1Answer(200, ""));
  ClientHarness harness(Options());
  EXPECT_EQ(Summary(harness.Exchange(Post(server->Url(), "a=1"))), "200 ");
  EXPECT_THAT(requests_.last(),
              HasSubstr("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
}

TEST_F(CurlClientTest, SendsALargeBodyWithoutAskingFirst) {
  const auto server = Answering(Http1Answer(200, ""));
  ClientHarness harness(Options());
  EXPECT_EQ(Summary(harness.Exchange(Post(server->Url(), std::string(size_t{64} << 10, 'x')))),
            "200 ");
  EXPECT_THAT(requests_.last(), Not(HasSubstr("Expect:")));
}

TEST_F(CurlClientTest, AHandleThatIsUsedAgainGoesWhereTheNextRequestSays) {
  const auto one = Answering(Http1Answer(200, "one"));
  const auto other = Answering(Http1Answer(200, "other"));
  ClientHarness harness(Options());
  const auto go = [&](const std::string& url) { return Summary(harness.Exchange(Get(url))); };
  EXPECT_EQ(go(one->Url("/a")), "200 one");
  EXPECT_EQ(go(one->Url("/b?c=1")), "200 one");
  EXPECT_THAT(requests_.last(), StartsWith("GET /b?c=1 HTTP/1.1\r\n"));
  EXPECT_EQ(go(other->Url("/a")), "200 other");
  EXPECT_THAT(requests_.last(),
              HasSubstr(absl::StrCat("\r\nHost: localhost:", other->port(), "\r\n")));
  EXPECT_THAT(go("https://localhost:99999/"), Not(StartsWith("200")));
  EXPECT_EQ(go(other->Url("/a")), "200 other");
  EXPECT_THAT(requests_.last(), StartsWith("GET /a HTTP/1.1\r\n"));
}

TEST_F(CurlClientTest, UsesAHandleAgainWithNothingLeftOfTheRequestBefore) {
  const auto server = Answering(Http1Answer(200, "ok"));
  ClientHarness harness(Options());
  HttpRequest first = Post(server->Url(), "secret=1");
  first.headers = {"X-First: 1"};
  EXPECT_EQ(Summary(harness.Exchange(first)), "200 ok");
  EXPECT_EQ(Summary(harness.Exchange(Get(server->Url()))), "200 ok");
  EXPECT_THAT(requests_.last(), AllOf(StartsWith("GET "), Not(HasSubstr("X-First")),
                                      Not(HasSubstr("secret")), Not(HasSubstr("Content-Length"))));
  EXPECT_EQ(server->accepted_connections(), 1);
}

TEST_F(CurlClientTest, AnErrorStatusIsAnAnswer) {
  const auto server = Answering(Http1Answer(400, R"({"error":"authorization_pending"})"));
  ClientHarness harness(Options());
  EXPECT_EQ(Summary(harness.Exchange(Post(server->Url(), "a=b"))),
            R"(400 {"error":"authorization_pending"})");
}

TEST_F(CurlClientTest, DoesNotFollowRedirects) {
  const auto server =
      Answering(Http1Answer(302, "", "Location: https://localhost:1/elsewhere\r\n"));
  ClientHarness harness(Options());
  const HttpResult result = harness.Exchange(Get(server->Url()));
  EXPECT_EQ(Summary(result), "302 ");
  EXPECT_EQ(std::get<HttpResponse>(result).headers.Find("location"),
            "https://localhost:1/elsewhere");
}

TEST_F(CurlClientTest, KeepsNoCookies) {
  const auto server = Answering(Http1Answer(200, "", "Set-Cookie: a=b; Path=/\r\n"));
  ClientHarness harness(Options());
  EXPECT_EQ(Summary(harness.Exchange(Get(server->Url()))), "200 ");
  EXPECT_EQ(Summary(harness.Exchange(Get(server->Url()))), "200 ");
  EXPECT_THAT(requests_.last(), Not(HasSubstr("ookie")));
}

TEST_F(CurlClientTest, InformationalAnswersAndTrailersAreNotTheAnswersHeaders) {
  const auto server = Answering(
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-Late: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nok\r\n0\r\nX-Late: 3\r\nX-Trailer: 4\r\n\r\n");
  ClientHarness harness(Options());
  const HttpResult result = harness.Exchange(Get(server->Url()));
  ASSERT_EQ(Summary(result), "200 ok") << ErrorText(result);
  EXPECT_THAT(std::get<HttpResponse>(result).headers,
              ElementsAre("X-Late: 2", "Transfer-Encoding: chunked"));
}

TEST_F(CurlClientTest, NeverCallsBackWithinSend) {
  const auto server = Answering(Http1Answer(200, "ok"));
  ClientHarness harness(Options());
  int called = 0;
  const auto count = [&](const HttpResult&) {
    if (++called == 2) harness.loop.Stop();
  };
  harness.client.Send(Get(server->Url()), count);
  harness.client.Send(Get("http://not.https/"), count);
  EXPECT_EQ(called, 0);
  harness.loop.Run();
  EXPECT_EQ(called, 2);
}

TEST_F(CurlClientTest, ACallbackMaySendTheNextRequest) {
  const auto server = Answering(Http1Answer(200, "ok"));
  ClientHarness harness(Options());
  int answers = 0;
  std::function<void(HttpResult)> next = [&](const HttpResult& result) {
    EXPECT_EQ(Summary(result), "200 ok");
    if (++answers == 10) return harness.loop.Stop();
    harness.client.Send(Get(server->Url()), next);
  };
  harness.client.Send(Get(server->Url()), next);
  harness.loop.Run();
  EXPECT_EQ(server->accepted_connections(), 1);
}

TEST_F(CurlClientTest, SentTimeIsWhenTheRequestWentOutNotWhenItWasQueued) {
  std::atomic<bool> second_is_in = false;
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    while (connection.ReadRequest()) {
      while (!second_is_in) std::this_thread::yield();
      connection.Write(Http1Answer(200, "ok"));
    }
  });
  CurlClientOptions options = Options();
  options.max_connections = 1;
  ClientHarness harness(options);
  std::vector<absl::Time> sent;
  absl::Time first_answered;
  const absl::Time start = harness.loop.Now();
  const auto keep = [&](const HttpResult& result) {
    sent.push_back(std::get<HttpResponse>(result).sent_time);
    if (sent.size() == 1) first_answered = harness.loop.Now();
    if (sent.size() == 2) harness.loop.Stop();
  };
  harness.client.Send(Get(server.Url()), keep);
  harness.client.Send(Get(server.Url()), keep);
  harness.loop.Post([&] { second_is_in = true; });
  harness.loop.Run();
  EXPECT_GE(sent[0], start);
  EXPECT_LE(sent[0], first_answered);
  EXPECT_GT(sent[1], sent[0]);
  EXPECT_LE(sent[1], harness.loop.Now());
}

TEST_F(CurlClientTest, RefusesWhatIsNotHttpsOrInjectsHeaders) {
  ClientHarness harness(Options());
  EXPECT_EQ(Summary(harness.Exchange(Get("http://localhost/?code=secret"))),
            "INVALID_ARGUMENT, not sent");
  HttpRequest request = Get("https://localhost/");
  request.headers = {"X-One: 1\r\nX-Two: secret"};
  const HttpResult result = harness.Exchange(request);
  EXPECT_EQ(Summary(result), "INVALID_ARGUMENT, not sent");
  EXPECT_THAT(ErrorText(result), Not(HasSubstr("secret")));
}

TEST_F(CurlClientTest, AUrlThatOnlyLibcurlFindsWrongIsRefusedToo) {
  ClientHarness harness(Options());
  EXPECT_EQ(Summary(harness.Exchange(Get("https://localhost:99999/"))),
            "INVALID_ARGUMENT, not sent");
}

TEST_F(CurlClientTest, ARefusedConnectionIsKnownNotToHaveCarriedTheRequest) {
  std::string url;
  {
    const auto server = Answering("");
    url = server->Url("/token?code=secret");
  }
  ClientHarness harness(Options());
  const HttpResult result = harness.Exchange(Post(url, "a=b"));
  EXPECT_EQ(Summary(result), "UNAVAILABLE, not sent");
  EXPECT_THAT(ErrorText(result), AllOf(HasSubstr("localhost"), Not(HasSubstr("secret"))));
}

TEST_F(CurlClientTest, AnUnknownHostIsKnownNotToHaveGotTheRequest) {
  ClientHarness harness(Options());
  EXPECT_EQ(Summary(harness.Exchange(Post("https://no-such-host.invalid/", "a=b"))),
            "UNAVAILABLE, not sent");
}

TEST_F(CurlClientTest, DroppingTheClientCancelsWithoutCallingBack) {
  std::atomic<int> requests = 0;
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    if (connection.ReadRequest()) ++requests;
    connection.WaitForEnd();
  });
  EventLoop loop(MonotonicClock());
  CurlClientOptions options = Options();
  options.max_connections = 2;
  auto client = std::make_unique<CurlClient>(loop, options);
  bool called = false;
  for (int i = 0; i < 5; ++i) {  // some with the server, some waiting for libcurl, some refused
    client->Send(Get(server.Url()), [&](const HttpResult&) { called = true; });
  }
  std::function<void()> stop_when_sent = [&] {
    if (requests < 1) return loop.Post(stop_when_sent);
    client->Send(Get("http://not.https/"), [&](const HttpResult&) { called = true; });
    client.reset();
    loop.Post([&] { loop.Stop(); });
  };
  loop.Post(stop_when_sent);
  loop.Run();
  EXPECT_FALSE(called);
}

// Whatever goes wrong, an operator reads it; what was sent is not for the log.
TEST_F(CurlClientTest, ErrorsHoldNothingOfTheRequestOrTheAnswer) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: answer-secret\r\n\r\n", "answer-secret\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nanswer-secret\r\n",
        "HTTP/9.9 answer-secret\r\n\r\n",
        "HTTP/1.1 200 OK\r\nanswer-secret without colon\r\n\r\n"}) {
    TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
      connection.ReadRequest();
      connection.Write(answer);
    });
    ClientHarness harness(Options());
    HttpRequest request = Post(server.Url("/?code=url-secret"), "body-secret");
    request.headers = {"Authorization: Basic header-secret"};
    const HttpResult result = harness.Exchange(request);
    EXPECT_EQ(Summary(result), "UNAVAILABLE, may have arrived") << answer;
    EXPECT_THAT(ErrorText(result), Not(HasSubstr("secret")));
    EXPECT_NE(ErrorText(result), "");
  }
}

}  // namespace
}  // namespace cibad
