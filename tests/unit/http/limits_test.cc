// The client's limits: on time, on the size of answers, on how much may be under way.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/http2_server.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

void ReadToTheEnd(int fd) {
  std::array<char, 4096> buffer;
  while (read(fd, buffer.data(), buffer.size()) > 0) {
  }
}

class LimitsTest : public ::testing::Test {
 protected:
  LimitsTest() {
    options_.ca_file = authority_.file();
    options_.max_response_bytes = 1000;
    options_.max_response_header_bytes = 2000;
    options_.max_response_headers = 10;
  }

  HttpResult Answered(const std::string& answer) {
    TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
      while (connection.ReadRequest()) connection.Write(answer);
    });
    ClientHarness harness(options_);
    return harness.Exchange(Post(server.Url(), "a=b"));
  }

  // A server that answers the first request of a connection and never another.
  std::unique_ptr<TlsServer> AnsweringOnce() {
    return std::make_unique<TlsServer>(authority_.Issue("DNS:localhost"),
                                       [this](TlsConnection& connection) {
                                         if (!connection.ReadRequest()) return;
                                         ++requests_seen_;
                                         connection.Write(Http1Answer(200, "ok"));
                                         if (connection.ReadRequest()) ++requests_seen_;
                                         connection.Write(part_of_second_answer_);
                                         connection.WaitForEnd();
                                       });
  }

  const TestAuthority authority_;
  CurlClientOptions options_;
  std::atomic<int> requests_seen_ = 0;
  std::string part_of_second_answer_;
};

TEST_F(LimitsTest, TakesABodyUpToTheLimit) {
  const HttpResult result = Answered(Http1Answer(200, std::string(1000, 'x')));
  EXPECT_EQ(Summary(result), absl::StrCat("200 ", std::string(1000, 'x')));
}

TEST_F(LimitsTest, RefusesALargerBodyAnnouncedOrNot) {
  EXPECT_EQ(Summary(Answered(Http1Answer(200, std::string(1001, 'x')))),
            "RESOURCE_EXHAUSTED, may have arrived");
  const std::string chunk = absl::StrCat("1f4\r\n", std::string(500, 'x'), "\r\n");
  EXPECT_EQ(Summary(Answered(absl::StrCat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                          chunk, chunk, chunk, "0\r\n\r\n"))),
            "RESOURCE_EXHAUSTED, may have arrived");
}

TEST_F(LimitsTest, RefusesAnEndlessBody) {
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\n\r\n");
    for (int i = 0; i < 1'000; ++i) connection.Write(std::string(1000, 'x'));
  });
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Get(server.Url()))), "RESOURCE_EXHAUSTED, may have arrived");
}

TEST_F(LimitsTest, RefusesHeadersThatAreTooLarge) {
  EXPECT_EQ(Summary(Answered(Http1Answer(200, "", "X-Long: " + std::string(1500, 'x') + "\r\n"))),
            "200 ");
  EXPECT_EQ(Summary(Answered(Http1Answer(200, "", "X-Long: " + std::string(2000, 'x') + "\r\n"))),
            "RESOURCE_EXHAUSTED, may have arrived");
}

TEST_F(LimitsTest, RefusesTooManyHeaders) {
  std::string headers;  // Http1Answer adds one
  for (int i = 0; i < 9; ++i) absl::StrAppend(&headers, "X-", i, ": y\r\n");
  EXPECT_EQ(Summary(Answered(Http1Answer(200, "", headers))), "200 ");
  EXPECT_EQ(Summary(Answered(Http1Answer(200, "", headers + "X-More: y\r\n"))),
            "RESOURCE_EXHAUSTED, may have arrived");
}

TEST_F(LimitsTest, InformationalAnswersCountTowardsTheLimit) {
  std::string answer;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&answer, "HTTP/1.1 103 Early Hints\r\n\r\n");
  EXPECT_EQ(Summary(Answered(answer + Http1Answer(200, ""))),
            "RESOURCE_EXHAUSTED, may have arrived");
}

TEST_F(LimitsTest, AnAnswerThatDoesNotComeInTimeMayHaveBeenAskedFor) {
  const auto server = AnsweringOnce();
  ClientHarness harness(options_);
  ASSERT_EQ(Summary(harness.Exchange(Get(server->Url()))),
            "200 ok");  // so that a connection stands
  HttpRequest request = Post(server->Url(), "a=b");
  request.timeout = absl::Milliseconds(200);
  const absl::Time start = harness.loop.Now();
  EXPECT_EQ(Summary(harness.Exchange(request)), "DEADLINE_EXCEEDED, may have arrived");
  EXPECT_GE(harness.loop.Now() - start, absl::Milliseconds(200));
}

TEST_F(LimitsTest, HalfAnAnswerDoesNotExtendTheTimeout) {
  part_of_second_answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf an answer";
  const auto server = AnsweringOnce();
  ClientHarness harness(options_);
  ASSERT_EQ(Summary(harness.Exchange(Get(server->Url()))), "200 ok");
  HttpRequest request = Get(server->Url());
  request.timeout = absl::Milliseconds(200);
  EXPECT_EQ(Summary(harness.Exchange(request)), "DEADLINE_EXCEEDED, may have arrived");
}

// The first takes the only connection; the time of the others runs in the queue.
TEST_F(LimitsTest, ARequestThatTimesOutInTheQueueWasNotSent) {
  const auto server = AnsweringOnce();
  options_.max_connections = 1;
  ClientHarness harness(options_);
  ASSERT_EQ(Summary(harness.Exchange(Get(server->Url()))), "200 ok");
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 4; ++i) {
    requests.push_back(Post(server->Url(), "a=b"));
    requests.back().timeout = absl::Milliseconds(i == 0 ? 400 : 200);
  }
  const std::vector<HttpResult> results = harness.ExchangeAll(std::move(requests));
  EXPECT_EQ(Summary(results[0]), "DEADLINE_EXCEEDED, may have arrived");
  for (int i = 1; i < 4; ++i) EXPECT_EQ(Summary(results[i]), "DEADLINE_EXCEEDED, not sent");
  EXPECT_EQ(requests_seen_, 2);
}

// A server that accepts and then says nothing at all: TLS never comes about.
TEST_F(LimitsTest, AHandshakeThatHangsEndsWithTheConnectTimeout) {
  SocketServer server([](int fd) { ReadToTheEnd(fd); });
  options_.connect_timeout = absl::Milliseconds(100);
  ClientHarness harness(options_);
  EXPECT_EQ(
      Summary(harness.Exchange(Post(absl::StrCat("https://localhost:", server.port()), "a=b"))),
      "UNAVAILABLE, not sent");
}

TEST_F(LimitsTest, ATimeoutWhileConnectingIsKnownNotToHaveSent) {
  SocketServer server([](int fd) { ReadToTheEnd(fd); });
  ClientHarness harness(options_);
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 5; ++i) {
    requests.push_back(Post(absl::StrCat("https://localhost:", server.port()), "a=b"));
    requests.back().timeout = absl::Milliseconds(100);
  }
  for (const HttpResult& result : harness.ExchangeAll(std::move(requests))) {
    EXPECT_EQ(Summary(result), "DEADLINE_EXCEEDED, not sent");
  }
}

// The server answers when three requests are open on the connection: the overdue one is not among
// them any more.
TEST_F(LimitsTest, OneRequestsTimeoutLeavesTheOthersOnItsHttp2ConnectionAlone) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.answer_when_open = 3});
  ClientHarness harness(options_);
  std::vector<std::string> results;
  const auto keep = [&](const HttpResult& result) {
    results.push_back(Summary(result));
    if (results.size() == 4) harness.loop.Stop();
  };
  HttpRequest overdue = Post(server.Url(), "overdue");
  overdue.timeout = absl::Milliseconds(500);
  harness.client.Send(overdue, [&](const HttpResult& result) {
    keep(result);
    harness.client.Send(Post(server.Url(), "third"), keep);
    harness.client.Send(Post(server.Url(), "fourth"), keep);
  });
  harness.client.Send(Post(server.Url(), "second"), keep);
  harness.loop.Run();
  EXPECT_THAT(results, UnorderedElementsAre("DEADLINE_EXCEEDED, may have arrived", "200 second",
                                            "200 third", "200 fourth"));
  EXPECT_EQ(server.resets(), 1) << "of the overdue one, which the server would go on with";
  EXPECT_EQ(server.accepted_connections(), 1);
}

TEST_F(LimitsTest, RefusesRequestsBeyondMaxPending) {
  SocketServer server([](int fd) { ReadToTheEnd(fd); });
  options_.max_pending = 3;
  ClientHarness harness(options_);
  std::vector<HttpRequest> requests;
  for (int i = 0; i < 5; ++i) {
    requests.push_back(Post(absl::StrCat("https://localhost:", server.port()), "a=b"));
    requests.back().timeout = absl::Milliseconds(200);
  }
  const std::vector<HttpResult> results = harness.ExchangeAll(std::move(requests));
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Summary(results[i]), HasSubstr("DEADLINE_EXCEEDED"));
  for (int i = 3; i < 5; ++i) EXPECT_EQ(Summary(results[i]), "RESOURCE_EXHAUSTED, not sent");
}

TEST_F(LimitsTest, WhatEndedMakesRoomAgain) {
  TlsServer server(authority_.Issue("DNS:localhost"), [](TlsConnection& connection) {
    while (connection.ReadRequest()) connection.Write(Http1Answer(200, "ok"));
  });
  options_.max_pending = 1;
  ClientHarness harness(options_);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Summary(harness.Exchange(Get(server.Url()))), "200 ok");
}

}  // namespace
}  // namespace cibad
