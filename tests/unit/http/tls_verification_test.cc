// That the client talks to nobody whose name and certificate are not in order.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/unit/http/client_harness.h"
#include "tests/unit/http/socket_server.h"
#include "tests/unit/http/test_certificate.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TlsVerificationTest : public ::testing::Test {
 protected:
  static CurlClientOptions Trusting(const std::string& ca_file) {
    CurlClientOptions options;
    options.ca_file = ca_file;
    return options;
  }

  void Serve(TlsConnection& connection) {
    while (connection.ReadRequest()) {
      ++requests_;
      connection.Write(Http1Answer(200, "ok"));
    }
  }

  // What comes of a POST to a server with that certificate and those versions of TLS.
  HttpResult TryServer(const TestCertificate& certificate, const CurlClientOptions& options,
                       TlsServerOptions server_options = {}) {
    TlsServer server(
        certificate, [this](TlsConnection& connection) { Serve(connection); }, server_options);
    ClientHarness harness(options);
    return harness.Exchange(Post(server.Url(), "a=b"));
  }

  const TestAuthority authority_;
  std::atomic<int> requests_ = 0;
};

TEST_F(TlsVerificationTest, AcceptsTheRightNameFromTheRightAuthority) {
  const HttpResult result =
      TryServer(authority_.Issue("DNS:localhost"), Trusting(authority_.file()));
  EXPECT_EQ(Summary(result), "200 ok") << ErrorText(result);
}

TEST_F(TlsVerificationTest, OtherAuthoritiesCountFromTheNextRequestOn) {
  const TestAuthority other;
  TlsServer server(authority_.Issue("DNS:localhost"),
                   [this](TlsConnection& connection) { Serve(connection); });
  ClientHarness harness(Trusting(authority_.file()));
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "200 ok");
  harness.client.SetAuthoritiesAndProxy(other.file(), "");
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "UNAVAILABLE, not sent");
  harness.client.SetAuthoritiesAndProxy(authority_.file(), "");
  EXPECT_EQ(Summary(harness.Exchange(Post(server.Url(), "a=b"))), "200 ok");
}

TEST_F(TlsVerificationTest, RefusesACertificateOfAnotherAuthority) {
  const TestAuthority other;
  const HttpResult result = TryServer(other.Issue("DNS:localhost"), Trusting(authority_.file()));
  EXPECT_EQ(Summary(result), "UNAVAILABLE, not sent");
  EXPECT_THAT(ErrorText(result), HasSubstr("certificate"));
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsVerificationTest, RefusesAPrivateAuthorityWhenTheSystemsAreAskedFor) {
  const HttpResult result = TryServer(authority_.Issue("DNS:localhost"), Trusting(""));
  EXPECT_EQ(Summary(result), "UNAVAILABLE, not sent");
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsVerificationTest, RefusesACertificateForAnotherName) {
  const HttpResult result =
      TryServer(authority_.Issue("DNS:example.com,IP:127.0.0.1"), Trusting(authority_.file()));
  EXPECT_EQ(Summary(result), "UNAVAILABLE, not sent");
  EXPECT_THAT(ErrorText(result), HasSubstr("localhost"));
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsVerificationTest, RefusesTls11) {
  TlsServerOptions old;
  old.min_version = TLS1_1_VERSION;
  old.max_version = TLS1_1_VERSION;
  const HttpResult result =
      TryServer(authority_.Issue("DNS:localhost"), Trusting(authority_.file()), old);
  EXPECT_EQ(Summary(result), "UNAVAILABLE, not sent");
  EXPECT_EQ(requests_, 0);
}

TEST_F(TlsVerificationTest, AcceptsTls12) {
  TlsServerOptions tls12;
  tls12.max_version = TLS1_2_VERSION;
  const HttpResult result =
      TryServer(authority_.Issue("DNS:localhost"), Trusting(authority_.file()), tls12);
  EXPECT_EQ(Summary(result), "200 ok") << ErrorText(result);
}

TEST_F(TlsVerificationTest, AnUnreadableCaFileIsSaidAndTrustsNobody) {
  const HttpResult result =
      TryServer(authority_.Issue("DNS:localhost"), Trusting("/no/such/ca.pem"));
  EXPECT_EQ(Summary(result), "UNAVAILABLE, not sent");
  EXPECT_THAT(ErrorText(result), HasSubstr("/no/such/ca.pem"));
}

TEST_F(TlsVerificationTest, AServerThatSpeaksNoTlsGetsNoRequest) {
  Notes received;
  const auto server = std::make_unique<SocketServer>([&](int fd) {
    char buffer[4096];
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size > 0) received.Add(std::string(buffer, static_cast<size_t>(size)));
    const std::string answer = Http1Answer(200, "plain");
    send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  });
  ClientHarness harness(Trusting(authority_.file()));
  HttpRequest request = Post(absl::StrCat("https://localhost:", server->port(), "/"), "secret");
  EXPECT_EQ(Summary(harness.Exchange(request)), "UNAVAILABLE, not sent");
  EXPECT_THAT(received.last(), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace cibad
