// The listener, asked over real sockets by clients that do what no decent client does.

#include "server/http/http_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr int kPatience = 20'000;  // milliseconds; a listener that never answers fails the test

// A client's end of one connection.
class Connection {
 public:
  explicit Connection(const std::string& address) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    const std::vector<std::string> parts = absl::StrSplit(address, ':');
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(parts.back(), &port));
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(static_cast<uint16_t>(port));
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0;
  }
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return connected_; }

  // False once the other end refuses to take more.
  bool Write(absl::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void EndWriting() const { shutdown(fd_, SHUT_WR); }

  // All that comes until the other end closes.
  std::string ReadAll() const {
    std::string all;
    std::string piece(4096, '\0');
    while (true) {
      pollfd wanted{fd_, POLLIN, 0};
      if (poll(&wanted, 1, kPatience) <= 0) return absl::StrCat(all, "(and then nothing)");
      const ssize_t got = recv(fd_, piece.data(), piece.size(), 0);
      if (got <= 0) return all;
      all.append(piece, 0, static_cast<size_t>(got));
    }
  }

 private:
  const int fd_;
  bool connected_ = false;
};

ServerResponse Echo(const ServerRequest& request) {
  ServerResponse response;
  response.body = absl::StrCat(request.method, " ", request.path, " ", request.query, " ",
                               request.body.size(), " ", request.body.substr(0, 64));
  return response;
}

std::unique_ptr<HttpListener> Listen(std::vector<HttpHandler> handlers,
                                     HttpListenerOptions options = {}) {
  options.address = "127.0.0.1:0";
  auto listener = HttpListener::Listen(options, std::move(handlers));
  EXPECT_TRUE(listener.ok()) << listener.status();
  return *std::move(listener);
}

std::unique_ptr<HttpListener> ListenWithEcho(const HttpListenerOptions& options = {}) {
  return Listen({{"POST", "/hook", nullptr, Echo}, {"GET", "/metrics", nullptr, Echo}}, options);
}

std::string Ask(const HttpListener& listener, absl::string_view request) {
  const Connection connection(listener.address());
  connection.Write(request);
  return connection.ReadAll();
}

std::string PostOf(absl::string_view body, absl::string_view path = "/hook") {
  return absl::StrCat("POST ", path, " HTTP/1.1\r\nHost: x\r\nContent-Length: ", body.size(),
                      "\r\n\r\n", body);
}

TEST(HttpListener, GivesTheRequestAsItCameAndTheAnswerBack) {
  ServerRequest seen;
  const auto listener = Listen({{"POST", "/", nullptr, [&](const ServerRequest& request) {
                                   seen = request;
                                   ServerResponse response;
                                   response.status = 429;
                                   response.content_type = "application/json";
                                   response.headers.emplace_back("Retry-After", "7");
                                   response.body = "{}";
                                   return response;
                                 }}});
  EXPECT_EQ(Ask(*listener,
                "POST /a%2Fb/../c?q=%20&r HTTP/1.1\r\nHost: x\r\nX-One: 1\r\n"
                "x-one:  two \r\nContent-Length: 3\r\n\r\n\x01{}"),
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n"
            "Content-Length: 2\r\nCache-Control: no-store\r\nConnection: close\r\n"
            "Retry-After: 7\r\n\r\n{}");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/a%2Fb/../c");
  EXPECT_EQ(seen.query, "q=%20&r");
  EXPECT_EQ(seen.body, "\x01{}");
  EXPECT_THAT(seen.headers, ElementsAre(Pair("host", "x"), Pair("x-one", "1"), Pair("x-one", "two"),
                                        Pair("content-length", "3")));
}

TEST(HttpListener, OnlyHeaderInsistsOnOne) {
  ServerRequest request;
  request.headers = {{"a", "1"}, {"b", "2"}, {"b", "2"}};
  EXPECT_EQ(OnlyHeader(request, "a").value(), "1");
  EXPECT_TRUE(absl::IsInvalidArgument(OnlyHeader(request, "b").status()));
  EXPECT_TRUE(absl::IsNotFound(OnlyHeader(request, "c").status()));
}

TEST(HttpListener, FindsTheHandlerByTheLongestPathAndTheMethod) {
  const auto named = [](const char* name) {
    return [name](const ServerRequest&) {
      ServerResponse response;
      response.body = name;
      return response;
    };
  };
  const auto listener = Listen({{"GET", "/a", nullptr, named("short")},
                                {"GET", "/a/b", nullptr, named("long")},
                                {"POST", "/a/b", nullptr, named("post")}});
  EXPECT_THAT(Ask(*listener, "GET /a HTTP/1.0\r\n\r\n"), HasSubstr("\r\n\r\nshort"));
  EXPECT_THAT(Ask(*listener, "GET /a/ HTTP/1.0\r\n\r\n"), HasSubstr("\r\n\r\nshort"));
  EXPECT_THAT(Ask(*listener, "GET /a/b/c?d HTTP/1.0\r\n\r\n"), HasSubstr("\r\n\r\nlong"));
  EXPECT_THAT(Ask(*listener, "POST /a/b HTTP/1.0\r\n\r\n"), HasSubstr("\r\n\r\npost"));
  EXPECT_THAT(Ask(*listener, "GET /ab HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(*listener, "GET / HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  const std::string refused = Ask(*listener, "PUT /a/b HTTP/1.0\r\n\r\n");
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(refused, HasSubstr("Allow: GET, POST\r\n"));
}

TEST(HttpListener, ServesNothingOfTheFileSystem) {
  const auto listener = ListenWithEcho();
  for (const char* path : {"/", "/etc/passwd", "/../../../../etc/passwd", "//etc/passwd",
                           "/%2e%2e/%2e%2e/etc/passwd", "/hook/../../etc/passwd"}) {
    const std::string answer = Ask(*listener, absl::StrCat("GET ", path, " HTTP/1.1\r\n\r\n"));
    EXPECT_THAT(answer, ::testing::AnyOf(StartsWith("HTTP/1.1 404 "), StartsWith("HTTP/1.1 405 ")))
        << path;
    EXPECT_EQ(answer.find("root:"), std::string::npos);
  }
  EXPECT_THAT(Ask(*listener, "DELETE /etc/passwd HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(*listener,
                  "OPTIONS /hook HTTP/1.1\r\nOrigin: x\r\n"
                  "Access-Control-Request-Method: POST\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
}

TEST(HttpListener, AConnectionCarriesOneRequest) {
  const auto listener = ListenWithEcho();
  const std::string both =
      Ask(*listener, absl::StrCat("POST /hook HTTP/1.1\r\nConnection: keep-alive\r\n"
                                  "Content-Length: 1\r\n\r\n1",
                                  PostOf("2")));
  EXPECT_THAT(both, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(both, ::testing::EndsWith("POST /hook  1 1"));
}

TEST(HttpListener, GarbageIsRefusedAndTheListenerGoesOn) {
  const auto listener = ListenWithEcho();
  for (const std::string& garbage :
       {std::string("hello\r\n\r\n"), std::string("\x16\x03\x01\x02\0\x01\0\x01", 8),
        std::string("GET\r\n\r\n"), std::string("POST /hook HTTP/9.9\r\n\r\n"),
        std::string("POST hook HTTP/1.1\r\n\r\n"), std::string("POST * HTTP/1.1\r\n\r\n"),
        std::string("POST /ho\0ok HTTP/1.1\r\n\r\n", 24),
        std::string("POST /hook HTTP/1.1\r\nno colon\r\n\r\n"), std::string(300, '\r')}) {
    const Connection connection(listener->address());
    connection.Write(garbage);
    connection.EndWriting();
    const std::string answer = connection.ReadAll();
    EXPECT_THAT(answer, ::testing::AnyOf("", StartsWith("HTTP/1.1 400"), StartsWith("HTTP/1.1 505"),
                                         StartsWith("HTTP/1.1 404")))
        << garbage;
  }
  EXPECT_THAT(Ask(*listener, PostOf("x")), StartsWith("HTTP/1.1 200 OK"));
}

TEST(HttpListener, LengthsThatAProxyCouldReadOtherwiseAreRefused) {
  const auto listener = ListenWithEcho();
  for (const char* headers :
       {"Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: +1\r\n",
        "Content-Length: -1\r\n", "Content-Length: 1x\r\n", "Content-Length:\r\n",
        "Content-Length: 99999999999999999999999\r\n", "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
    EXPECT_THAT(
        Ask(*listener, absl::StrCat("POST /hook HTTP/1.1\r\n", headers, "\r\n1\r\nx\r\n0\r\n\r\n")),
        ::testing::AnyOf(StartsWith("HTTP/1.1 400 "), StartsWith("HTTP/1.1 411 ")))
        << headers;
  }
}

TEST(HttpListener, ReadsChunkedBodies) {
  const auto listener = ListenWithEcho();
  constexpr absl::string_view kHead =
      "POST /hook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n";
  EXPECT_THAT(Ask(*listener, absl::StrCat(kHead, "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n")),
              HasSubstr("POST /hook  13 abc0123456789"));
  for (const char* wrong : {"x\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "-1\r\nabc\r\n",
                            "3 ;x\r\nabc\r\n0\r\n\r\n", "\r\n\r\n"}) {
    EXPECT_THAT(Ask(*listener, absl::StrCat(kHead, wrong)), StartsWith("HTTP/1.1 400 ")) << wrong;
  }
}

TEST(HttpListener, ABodyThatBreaksOffIsRefused) {
  const auto listener = ListenWithEcho();
  for (const char* request :
       {"POST /hook HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
        "POST /hook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"}) {
    const Connection connection(listener->address());
    connection.Write(request);
    connection.EndWriting();
    EXPECT_THAT(connection.ReadAll(), StartsWith("HTTP/1.1 400 "));
  }
}

TEST(HttpListener, HeadersHaveALimit) {
  const auto listener = ListenWithEcho();
  const std::string long_value(20'000, 'a');
  EXPECT_THAT(Ask(*listener, absl::StrCat("GET /metrics HTTP/1.1\r\nX: ", long_value, "\r\n\r\n")),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(*listener, absl::StrCat("GET /", long_value, " HTTP/1.1\r\n\r\n")),
              StartsWith("HTTP/1.1 400 "));
  std::string many;
  for (int i = 0; i < HttpListener::kMaxHeaders + 1; ++i) absl::StrAppend(&many, "X: 1\r\n");
  EXPECT_THAT(Ask(*listener, absl::StrCat("GET /metrics HTTP/1.1\r\n", many, "\r\n")),
              StartsWith("HTTP/1.1 431 "));
  for (int i = 0; i < 200; ++i) absl::StrAppend(&many, "X: 1\r\n");
  EXPECT_THAT(Ask(*listener, absl::StrCat("GET /metrics HTTP/1.1\r\n", many, "\r\n")),
              StartsWith("HTTP/1.1 431 "));
}

TEST(HttpListener, ABodyUpToTheLimitIsTakenAndALongerOneNotRead) {
  HttpListenerOptions options;
  options.max_body_bytes = 1000;
  const auto listener = ListenWithEcho(options);
  EXPECT_THAT(Ask(*listener, PostOf(std::string(1000, 'a'))), HasSubstr("POST /hook  1000 aaa"));
  // The body has not been sent when the answer is there.
  const Connection announced(listener->address());
  announced.Write("POST /hook HTTP/1.1\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(announced.ReadAll(), StartsWith("HTTP/1.1 413 "));
  // Nor is the end of a chunked one waited for.
  const Connection chunked(listener->address());
  chunked.Write(absl::StrCat("POST /hook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n",
                             std::string(1001, 'a')));
  EXPECT_THAT(chunked.ReadAll(), StartsWith("HTTP/1.1 413 "));
  for (const char* size : {"7fffffffffffffff", "ffffffffffffffff", "8000000000000000"}) {
    const Connection huge(listener->address());
    huge.Write(absl::StrCat("POST /hook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", size,
                            "\r\n", std::string(5000, 'a')));
    EXPECT_THAT(huge.ReadAll(),
                ::testing::AnyOf(StartsWith("HTTP/1.1 413 "), StartsWith("HTTP/1.1 400 ")));
  }
  // 10 MB, sent by somebody who does not listen: taken by nobody.
  const Connection pushing(listener->address());
  std::string large;
  large.resize(10'000'000, 'a');
  EXPECT_FALSE(pushing.Write(PostOf(large)));
  EXPECT_THAT(Ask(*listener, PostOf("x")), StartsWith("HTTP/1.1 200 OK"));
}

TEST(HttpListener, RefusesAtTheHeadWithoutReadingTheBody) {
  std::atomic<int> answered = 0;
  const auto listener = Listen({{"POST", "/hook",
                                 [](const ServerRequest& request) -> std::optional<ServerResponse> {
                                   EXPECT_TRUE(request.body.empty());
                                   if (request.query != "no") return std::nullopt;
                                   ServerResponse response;
                                   response.status = 429;
                                   return response;
                                 },
                                 [&](const ServerRequest& request) {
                                   ++answered;
                                   return Echo(request);
                                 }}});
  const Connection refused(listener->address());
  refused.Write("POST /hook?no HTTP/1.1\r\nContent-Length: 100\r\n\r\n");
  EXPECT_THAT(refused.ReadAll(), StartsWith("HTTP/1.1 429 "));
  EXPECT_EQ(answered, 0);
  EXPECT_THAT(Ask(*listener, PostOf("abc")), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(answered, 1);
}

TEST(HttpListener, ToldToWaitForLeaveAClientGetsIt) {
  const auto listener = ListenWithEcho();
  const Connection connection(listener->address());
  connection.Write("POST /hook HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  connection.Write("ab");
  EXPECT_THAT(connection.ReadAll(), StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
}

TEST(HttpListener, ASlowHeadIsGivenUp) {
  HttpListenerOptions options;
  options.timeout = absl::Milliseconds(100);
  const auto listener = ListenWithEcho(options);
  const Connection silent(listener->address());
  EXPECT_EQ(silent.ReadAll(), "");
  const Connection half(listener->address());
  half.Write("POST /hook HTT");
  EXPECT_THAT(half.ReadAll(), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpListener, ABodyThatTricklesIsGivenUp) {
  HttpListenerOptions options;
  options.timeout = absl::Milliseconds(300);
  const auto listener = ListenWithEcho(options);
  for (const char* head : {"POST /hook HTTP/1.1\r\nContent-Length: 10000\r\n\r\n",
                           "POST /hook HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2710\r\n"}) {
    const Connection connection(listener->address());
    connection.Write(head);
    // A byte every few milliseconds: no single read ever waits for long.
    std::atomic<bool> ended = false;
    std::thread trickle([&] {
      for (int i = 0; i < 10'000 && !ended && connection.Write("a"); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    EXPECT_THAT(connection.ReadAll(), StartsWith("HTTP/1.1 408 "));
    ended = true;
    trickle.join();
  }
}

TEST(HttpListener, ConnectionsThatAreHeldOpenMakeNobodyWaitForEver) {
  HttpListenerOptions options;
  options.threads = 2;
  options.queue = 4;
  options.timeout = absl::Milliseconds(100);
  const auto listener = ListenWithEcho(options);
  std::vector<std::unique_ptr<Connection>> held;
  held.reserve(8);
  for (int i = 0; i < 8; ++i) held.push_back(std::make_unique<Connection>(listener->address()));
  EXPECT_THAT(Ask(*listener, PostOf("x")), StartsWith("HTTP/1.1 200 OK"));
}

TEST(HttpListener, AHandlerThatThrowsIsAnInternalError) {
  const auto listener = Listen({{"GET", "/", nullptr, [](const ServerRequest&) -> ServerResponse {
                                   throw std::runtime_error("secret");
                                 }}});
  const std::string answer = Ask(*listener, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_EQ(answer.find("secret"), std::string::npos);
}

TEST(HttpListener, StopsAtOnceWithConnectionsOpenButNotUnderARunningHandler) {
  std::mutex mutex;
  std::condition_variable changed;
  bool running = false;
  bool released = false;
  std::atomic<bool> finished = false;
  auto listener = Listen({{"GET", "/", nullptr, [&](const ServerRequest& request) {
                             std::unique_lock<std::mutex> lock(mutex);
                             running = true;
                             changed.notify_all();
                             changed.wait(lock, [&] { return released; });
                             finished = true;
                             return Echo(request);
                           }}});
  const std::string address = listener->address();
  const Connection asking(address);
  asking.Write("GET / HTTP/1.1\r\n\r\n");
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return running; });
  }
  std::thread stopper([&] {
    listener->Stop();
    EXPECT_TRUE(finished);
  });
  {
    const std::lock_guard<std::mutex> lock(mutex);
    released = true;
  }
  changed.notify_all();
  stopper.join();
  EXPECT_FALSE(Connection(address).connected());
  listener->Stop();  // once more does nothing
}

TEST(HttpListener, StoppingAnIdleOneTakesNoTwoSeconds) {
  const auto listener = ListenWithEcho();
  const absl::Time before = absl::Now();
  listener->Stop();
  EXPECT_LT(absl::Now() - before, absl::Seconds(1.5));  // civetweb by itself sleeps for two
}

TEST(HttpListener, AnAddressThatIsTakenIsAnError) {
  const auto first = ListenWithEcho();
  HttpListenerOptions options;
  options.address = first->address();
  const auto second = HttpListener::Listen(options, {{"GET", "/", nullptr, Echo}});
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(first->address()));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("Address already in use"));
}

TEST(HttpListener, ListensOnLoopbackAlone) {
  for (const char* right : {"127.0.0.1:0", "127.0.0.1:65535", "[::1]:80", "localhost:8480"}) {
    EXPECT_TRUE(CheckHttpAddress(right).ok()) << right;
  }
  for (const char* wrong :
       {"", "8480", ":8480", "0.0.0.0:8480", "[::]:8480", "127.0.0.1",
        "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", "127.0.0.1:-1", "127.0.0.1:80s",
        "127.0.0.1:80,81", "unix:/run/x", "10.0.0.1:80", "[::1]:+80"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckHttpAddress(wrong))) << wrong;
    HttpListenerOptions options;
    options.address = wrong;
    EXPECT_TRUE(absl::IsInvalidArgument(HttpListener::Listen(options, {}).status())) << wrong;
  }
}

}  // namespace
}  // namespace cibad
