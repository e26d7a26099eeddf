// Strangers who open connections, and keep them: what they take is theirs, and nobody else's.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/integration/http_get.h"
#include "tests/integration/integration_test.h"
#include "tests/sandbox/certificates.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kBearer[] = "Bearer a-token-of-the-till";
// SHA-256 of what stands behind the scheme, as `sha256sum` prints it.
constexpr char kBearerHash[] = "4d462c816dad7baf5d4ee174681c1222246080c31893e7fbafe1b84eea2e7123";

// Connections that say nothing, and are closed with it.
class Held {
 public:
  Held() = default;
  Held(Held&& other) noexcept : descriptors_(std::exchange(other.descriptors_, {})) {}
  Held& operator=(Held&&) = delete;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    for (const int descriptor : descriptors_) close(descriptor);
  }

  void Add(int descriptor) { descriptors_.push_back(descriptor); }

  // How many of them the daemon has closed by now.
  int Closed() const {
    int closed = 0;
    for (const int descriptor : descriptors_) {
      char byte = 0;
      const ssize_t got = recv(descriptor, &byte, 1, MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) ++closed;
    }
    return closed;
  }

 private:
  std::vector<int> descriptors_;
};

class ConnectionsTest : public IntegrationTest {
 protected:
  void SetUp() override {}

  // Serves over TLS and on the Unix socket. `limits` are keys of [limits], `listen` of [listen];
  // the daemon may have so many files open.
  void ServeWith(const std::string& limits, int most_files, const std::string& listen = "") {
    ASSERT_NO_FATAL_FAILURE(StartSandbox());
    const Certified server = authority_.Issue(
        {.common_name = "cibad", .alternative_names = "IP:127.0.0.1", .is_server = true});
    WriteFile(sandbox_->folder() + "/tls.pem", server.certificate);
    WriteFile(sandbox_->folder() + "/tls_key.pem", server.key);
    ASSERT_EQ(chmod((sandbox_->folder() + "/tls_key.pem").c_str(), 0600), 0);
    const std::string config = ReadFile(sandbox_->config_path());
    WriteFile(
        sandbox_->config_path(),
        absl::StrCat(absl::StrReplaceAll(
                         config, {{"grpc = [", absl::StrCat(listen, "grpc = [\"127.0.0.1:0\", ")},
                                  {"[limits]\n", absl::StrCat("[limits]\n", limits, "\n")}}),
                     "\n[tls]\ncertificate_file = \"tls.pem\"\nkey_file = \"tls_key.pem\"\n",
                     "\n[[caller]]\nname = \"scanners\"\ntoken_sha256 = [\"", kBearerHash,
                     "\"]\nrpcs = [\"*\"]\nsales_units = [\"*\"]\nscopes = [\"*\"]\n",
                     "starts_per_minute = 1000000\n"));
    auto daemon = DaemonProcess::Launch(
        sandbox_->config_path(), {"/usr/bin/prlimit", absl::StrCat("--nofile=", most_files)});
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
    const absl::Status serving = daemon_->WaitUntilServing();
    ASSERT_TRUE(serving.ok()) << serving;
    ASSERT_NO_FATAL_FAILURE(FindTlsPort());
  }

  void FindTlsPort() {
    constexpr absl::string_view kHost = "Listening address=127.0.0.1:";
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, kHost);
    ASSERT_TRUE(line.ok()) << line.status();
    ASSERT_TRUE(absl::SimpleAtoi(line->substr(line->find(kHost.data()) + kHost.size()), &port_));
  }

  static constexpr char kStranger[] = "127.0.0.2";
  static constexpr char kServesMetrics[] = "metrics = \"127.0.0.1:0\"\n";

  // Of a daemon that serves them; empty, and a failed test, where it does not.
  std::string MetricsText() const {
    const auto line =
        daemon_->process().WaitForLine(OutputStream::kStderr, "Serving metrics address=127.0.0.1:");
    int port = 0;
    if (!line.ok() || !absl::SimpleAtoi(line->substr(line->rfind(':') + 1), &port)) {
      ADD_FAILURE() << "no metrics: " << line.status();
      return "";
    }
    return HttpGet(port, "/metrics").value_or("");
  }

  Held HoldTls(int count, const char* from) const {
    Held held;
    for (int i = 0; i < count; ++i) {
      const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      inet_pton(AF_INET, from, &address.sin_addr);
      EXPECT_EQ(bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(static_cast<uint16_t>(port_));
      EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      held.Add(descriptor);
    }
    return held;
  }

  Held HoldUnix(int count) const {
    Held held;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = sandbox_->folder() + "/cibad.sock";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      held.Add(descriptor);
    }
    return held;
  }

  // A till with a connection of its own, from 127.0.0.1.
  Till TlsTill() const {
    return Till(absl::StrCat("127.0.0.1:", port_), {authority_.certificate(), "", "", kBearer});
  }
  Till UnixTill() const { return Till(Address()); }

  static void ExpectServes(Till till) {
    const absl::StatusOr<v1::Login> login = till.Start(kApproves);
    ASSERT_TRUE(login.ok()) << login.status();
    EXPECT_EQ(till.WatchToEnd(login->id()).Last().state(), v1::Login::COMPLETED);
  }

  const CertificateAuthority authority_{"the shop's CA"};
  int port_ = 0;
};

TEST_F(ConnectionsTest, AStrangerTakesOnlyWhatOthersDoNotWant) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("connections = 40", 1024));
  const Held held = HoldTls(200, kStranger);
  EXPECT_TRUE(Eventually([&] { return held.Closed() >= 160; })) << held.Closed();
  ExpectServes(TlsTill());
  ExpectServes(UnixTill());
  EXPECT_THAT(daemon_->Log(), HasSubstr("Too many connections"));
}

TEST_F(ConnectionsTest, AListenerThatIsFullTakesNothingFromAnother) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("connections = 40", 1024));
  Till early = TlsTill();
  ASSERT_TRUE(early.List({}).ok());
  {
    const Held held = HoldUnix(100);
    EXPECT_TRUE(Eventually([&] { return held.Closed() >= 60; })) << held.Closed();
    ExpectServes(TlsTill());
    EXPECT_TRUE(early.List({}).ok());
  }
  EXPECT_TRUE(Eventually([&] { return UnixTill().List({}).ok(); })) << "they have closed theirs";
  ExpectServes(UnixTill());
}

TEST_F(ConnectionsTest, TheOpenFilesBoundThemToo) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("connections = 10000", 200));
  {
    const Held tls = HoldTls(300, kStranger);
    const Held local = HoldUnix(300);
    EXPECT_TRUE(Eventually([&] { return tls.Closed() >= 225 && local.Closed() >= 225; }))
        << tls.Closed() << " " << local.Closed();
    EXPECT_THAT(daemon_->Log(), Not(HasSubstr("Too many open files")));
    ExpectServes(TlsTill());
  }
  ExpectServes(TlsTill());
}

TEST_F(ConnectionsTest, TheMetricsSayHowManyWereTurnedAway) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("connections = 40", 1024, kServesMetrics));
  EXPECT_THAT(MetricsText(), HasSubstr("\ncibad_connections_turned_away_total 0\n"));
  const Held held = HoldTls(100, kStranger);
  EXPECT_TRUE(Eventually([&] { return held.Closed() >= 60; })) << held.Closed();
  EXPECT_THAT(MetricsText(), HasSubstr("\ncibad_connections_turned_away_total 60\n"));
}

TEST_F(ConnectionsTest, TheMetricsSayWhenTheCertificateEnds) {
  ASSERT_NO_FATAL_FAILURE(ServeWith("connections = 40", 1024, kServesMetrics));
  const std::string text = MetricsText();
  const std::string name = "\ncibad_tls_certificate_expiry_timestamp_seconds ";
  ASSERT_THAT(text, HasSubstr(name));
  double end = 0;
  const std::string rest = text.substr(text.find(name) + name.size());
  ASSERT_TRUE(absl::SimpleAtod(rest.substr(0, rest.find('\n')), &end));
  EXPECT_NEAR(end - static_cast<double>(absl::ToUnixSeconds(absl::Now())), 10.0 * 365 * 86400,
              86400);
  EXPECT_THAT(text, Not(HasSubstr("client_ca_expiry"))) << "there is none";
}

TEST_F(ConnectionsTest, WithoutAnyFileLeftItWaitsAndGoesOn) {
#ifdef CIBAD_SANITIZED
  GTEST_SKIP() << "UndefinedBehaviorSanitizer opens a pipe to learn whether it may look at an "
                  "object, and takes one that it cannot open for an object that is broken";
#endif
  ASSERT_NO_FATAL_FAILURE(ServeWith("connections = 10000", 72));
  {
    const Held tls = HoldTls(60, kStranger);
    const Held local = HoldUnix(60);
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, "Too many open files");
    EXPECT_TRUE(line.ok()) << line.status();
  }
  EXPECT_TRUE(Eventually([&] { return TlsTill().List({}).ok(); }));
  EXPECT_TRUE(Eventually([&] { return UnixTill().List({}).ok(); }));
  ExpectServes(TlsTill());
  ExpectServes(UnixTill());
}

}  // namespace
}  // namespace cibad
