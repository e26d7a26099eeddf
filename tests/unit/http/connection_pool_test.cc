// How many connections the client makes and how it shares them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/http2_server.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

class ConnectionPoolTest : public ::testing::Test {
 protected:
  ConnectionPoolTest() { options_.ca_file = authority_.file(); }

  static std::vector<HttpRequest> Posts(const std::string& url, int count) {
    std::vector<HttpRequest> requests;
    requests.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) requests.push_back(Post(url, absl::StrCat("request ", i)));
    return requests;
  }

  // Every request got its own answer.
  static void ExpectEchoes(const std::vector<HttpResult>& results) {
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(Summary(results[i]), absl::StrCat("200 request ", i)) << ErrorText(results[i]);
    }
  }

  static void Echo(TlsConnection& connection, const std::string& request) {
    connection.Write(Http1Answer(200, request.substr(request.find("\r\n\r\n") + 4)));
  }

  const TestAuthority authority_;
  CurlClientOptions options_;
};

// The server answers only once the hundred are there together: were they not sent at the same time,
// the test would not end.
TEST_F(ConnectionPoolTest, AHundredRequestsShareOneHttp2Connection) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.answer_when_open = 100});
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 100)));
  EXPECT_EQ(server.accepted_connections(), 1);
  EXPECT_EQ(server.requests(), 100);
}

TEST_F(ConnectionPoolTest, TheHttp2ConnectionIsKept) {
  Http2Server server(authority_.Issue("DNS:localhost"), {});
  ClientHarness harness(options_);
  for (int i = 0; i < 5; ++i) ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 20)));
  EXPECT_EQ(server.accepted_connections(), 1);
}

// Each of them is a head and a body, and so two TLS records.
TEST_F(ConnectionPoolTest, RequestsThatBeginTogetherLeaveInFewSegments) {
  Http2Server server(authority_.Issue("DNS:localhost"), {});
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 1)));
  const int before = server.received_segments();
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 24)));
  EXPECT_LE(server.received_segments() - before, 8);
}

// Whether the server has answered so many requests, within a time that is long enough.
bool HasAnswered(const Http2Server& server, int requests) {
  const absl::Time limit = absl::Now() + absl::Seconds(5);
  while (server.answered() < requests) {
    if (absl::Now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

// A provider that answers as soon as it has the head, and resets the stream, would cost the answer
// of a request whose body comes a round later.
TEST_F(ConnectionPoolTest, ARequestThatBeginsWhileAnAnswerIsAtHandLeavesWhole) {
  Http2Server server(authority_.Issue("DNS:localhost"), {});
  EventLoop loop(MonotonicClock());
  const auto expect_answers = [&](int count) { EXPECT_TRUE(HasAnswered(server, count)); };
  // Made before the client, it rings before what the client wants to have done in the next round.
  EventLoop::Alarm next_round(loop, [&] { expect_answers(3); });
  CurlClient client(loop, options_);
  const auto send = [&](std::function<void(HttpResult)> done) {
    client.Send(Post(server.Url(), "body"), std::move(done));
  };
  send([&](const HttpResult& /*result*/) { loop.Stop(); });
  loop.Run();  // now there is a connection

  send([](const HttpResult& /*result*/) {});
  EventLoop::Alarm this_round(loop, [&] {
    expect_answers(2);
    send([&](const HttpResult& /*result*/) { loop.Stop(); });
    next_round.Set(absl::InfinitePast());
  });
  this_round.Set(absl::InfinitePast());
  loop.Run();
}

// What was held back once is not held back for good: the kernel would keep it for 200 ms each time.
TEST_F(ConnectionPoolTest, OneRequestAfterManyLeavesAtOnce) {
  Http2Server server(authority_.Issue("DNS:localhost"), {});
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 1)));
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 24)));
  const absl::Time before = harness.loop.Now();
  for (int i = 0; i < 20; ++i) ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 1)));
  EXPECT_LT(harness.loop.Now() - before, absl::Seconds(3)) << "of the 4 s that it would be";
}

TEST_F(ConnectionPoolTest, TheServersLimitOfStreamsIsKept) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.max_concurrent_streams = 10});
  options_.max_connections = 3;
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 200)));
  EXPECT_LE(server.accepted_connections(), 3);
  EXPECT_EQ(server.requests(), 200);
}

TEST_F(ConnectionPoolTest, MoreRequestsThanOneConnectionTakesOpenFewMore) {
  Http2Server server(authority_.Issue("DNS:localhost"), {});
  options_.max_streams = 25;
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 100)));
  EXPECT_LE(server.accepted_connections(), 4);
}

// Two connections have room for as many requests as may be under way, however many wait.
TEST_F(ConnectionPoolTest, NoMoreRequestsAreUnderWayOverHttp2ThanAllowed) {
  Http2Server server(authority_.Issue("DNS:localhost"), {});
  options_.max_streams = 5;
  options_.max_running = 10;
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 300)));
  EXPECT_LE(server.accepted_connections(), 2);
}

TEST_F(ConnectionPoolTest, ThousandsOfRequestsOverHttp2AllGetTheirAnswers) {
  Http2Server server(authority_.Issue("DNS:localhost"), {});
  options_.max_connections = 2;
  options_.max_streams = 50;
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 3'000)));
  EXPECT_LE(server.accepted_connections(), 2);
}

// A provider that restarts says GOAWAY: what comes later goes over another connection.
TEST_F(ConnectionPoolTest, AfterGoawayANewConnectionIsMade) {
  Http2Server server(authority_.Issue("DNS:localhost"), {.go_away_after = 10});
  ClientHarness harness(options_);
  for (int i = 0; i < 30; ++i) ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 1)));
  EXPECT_EQ(server.accepted_connections(), 3);
  EXPECT_EQ(server.requests(), 30);
}

// No answer before four connections are busy, so the bound is reached; and no more than four, so it
// holds.
TEST_F(ConnectionPoolTest, OverHttp1ThePoolIsUsedAndItsBoundHolds) {
  std::atomic<int> busy = 0;
  std::atomic<bool> open = false;
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    while (const std::optional<std::string> request = connection.ReadRequest()) {
      if (++busy == 4) open = true;
      while (!open) std::this_thread::yield();
      Echo(connection, *request);
    }
  });
  options_.max_connections = 4;
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 200)));
  EXPECT_EQ(server.most_connections_at_once(), 4);
  EXPECT_EQ(server.accepted_connections(), 4);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 200)));  // now known to be HTTP/1.1
  EXPECT_EQ(server.most_connections_at_once(), 4);
  EXPECT_EQ(server.accepted_connections(), 4);
}

TEST_F(ConnectionPoolTest, AKnownHttp1ServersRequestsAreSentInTheirOrder) {
  Notes bodies;
  TlsServer server(authority_.Issue("DNS:localhost"), [&](TlsConnection& connection) {
    while (const std::optional<std::string> request = connection.ReadRequest()) {
      bodies.Add(request->substr(request->find("\r\n\r\n") + 4));
      Echo(connection, *request);
    }
  });
  options_.max_connections = 1;
  ClientHarness harness(options_);
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 1)));
  bodies.Clear();
  ExpectEchoes(harness.ExchangeAll(Posts(server.Url(), 50)));
  std::vector<std::string> sent;
  sent.reserve(50);
  for (int i = 0; i < 50; ++i) sent.push_back(absl::StrCat("request ", i));
  EXPECT_EQ(bodies.all(), sent);
}

TEST_F(ConnectionPoolTest, OneHostThatHangsDoesNotHoldUpAnother) {
  TlsServer hanging(authority_.Issue("DNS:localhost"),
                    [](TlsConnection& connection) { connection.WaitForEnd(); });
  TlsServer answering(authority_.Issue("DNS:localhost"), [](TlsConnection& connection) {
    while (const std::optional<std::string> request = connection.ReadRequest())
      Echo(connection, *request);
  });
  options_.max_connections = 2;
  ClientHarness harness(options_);
  for (HttpRequest& request : Posts(hanging.Url(), 10)) {
    harness.client.Send(std::move(request),
                        [](const HttpResult&) { FAIL() << "the hanging host answered"; });
  }
  ExpectEchoes(harness.ExchangeAll(Posts(answering.Url(), 20)));
}

}  // namespace
}  // namespace cibad
