// The proxy of the configuration is used; those of the environment are not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Reads what there is from one socket and writes it to the other; false at the end.
bool Forward(int from, int to) {
  std::array<char, 4096> buffer;
  const ssize_t size = read(from, buffer.data(), buffer.size());
  return size > 0 && send(to, buffer.data(), static_cast<size_t>(size), MSG_NOSIGNAL) == size;
}

int ConnectToLoopback(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return fd;
}

// A proxy that knows CONNECT (RFC 9110, 9.3.6), to whatever port of this machine is asked for.
class ProxyTest : public ::testing::Test {
 protected:
  ProxyTest()
      : server_(authority_.Issue("DNS:localhost"),
                [](TlsConnection& connection) {
                  while (connection.ReadRequest()) connection.Write(Http1Answer(200, "ok"));
                }),
        proxy_([this](int fd) { Relay(fd); }) {
    options_.ca_file = authority_.file();
  }

  std::string ProxyUrl() const { return absl::StrCat("http://localhost:", proxy_.port()); }

  void Relay(int client) {
    std::string head;
    char byte = 0;
    while (!absl::EndsWith(head, "\r\n\r\n") && read(client, &byte, 1) == 1) head += byte;
    connect_heads_.Add(head);
    ++connects_;
    if (refuse_) {
      const std::string answer = Http1Answer(403, "no", "X-Proxy: 1\r\n");
      send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
      return;
    }
    const int server = ConnectToLoopback(server_.port());
    static constexpr absl::string_view kAnswer = "HTTP/1.1 200 Connected\r\nX-Proxy: 1\r\n\r\n";
    send(client, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    std::array<pollfd, 2> fds = {pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    bool open = true;
    while (open && poll(fds.data(), fds.size(), -1) > 0) {
      if (fds[0].revents != 0) open = Forward(client, server);
      if (open && fds[1].revents != 0) open = Forward(server, client);
    }
    close(server);
  }

  const TestAuthority authority_;
  CurlClientOptions options_;
  Notes connect_heads_;
  std::atomic<int> connects_ = 0;
  std::atomic<bool> refuse_ = false;
  TlsServer server_;
  SocketServer proxy_;
};

TEST_F(ProxyTest, GoesThroughTheConfiguredProxyAndTellsItNoSecrets) {
  options_.proxy = ProxyUrl();
  ClientHarness harness(options_);
  HttpRequest request = Post(server_.Url("/?code=secret"), "secret");
  request.headers = {"Authorization: Basic secret"};
  const HttpResult result = harness.Exchange(request);
  ASSERT_EQ(Summary(result), "200 ok") << ErrorText(result);
  EXPECT_EQ(std::get<HttpResponse>(result).headers.Find("x-proxy"), "");
  EXPECT_EQ(connects_, 1);
  EXPECT_THAT(connect_heads_.last(),
              StartsWith(absl::StrCat("CONNECT localhost:", server_.port(), " HTTP/1.1\r\n")));
  EXPECT_THAT(connect_heads_.last(), HasSubstr("\r\nUser-Agent: cibad\r\n"));
  EXPECT_THAT(connect_heads_.last(), Not(HasSubstr("secret")));
}

TEST_F(ProxyTest, AProxyThatRefusesIsKnownNotToHaveForwardedTheRequest) {
  refuse_ = true;
  options_.proxy = ProxyUrl();
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Post(server_.Url(), "a=b"))), "UNAVAILABLE, not sent");
  EXPECT_EQ(server_.accepted_connections(), 0);
}

TEST_F(ProxyTest, IgnoresTheProxiesOfTheEnvironment) {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"}) {
    setenv(name, ProxyUrl().c_str(), 1);
  }
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Get(server_.Url()))), "200 ok");
  EXPECT_EQ(connects_, 0);
}

TEST_F(ProxyTest, IgnoresTheEnvironmentsExceptionsFromTheConfiguredProxy) {
  setenv("no_proxy", "*", 1);
  setenv("NO_PROXY", "localhost", 1);
  options_.proxy = ProxyUrl();
  ClientHarness harness(options_);
  EXPECT_EQ(Summary(harness.Exchange(Get(server_.Url()))), "200 ok");
  EXPECT_EQ(connects_, 1);
}

}  // namespace
}  // namespace cibad
