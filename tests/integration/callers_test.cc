// Who may call: every kind of wrong caller against the real daemon over TLS, and that the right
// ones go on meanwhile.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <openssl/sha.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/integration_test.h"
#include "tests/sandbox/certificates.h"

namespace cibad {
namespace {

using absl::StatusCode;
using testing::HasSubstr;
using testing::Not;

constexpr char kToken[] = "planted-b1946ac92492d2347c6235b4";
constexpr char kServerNames[] = "DNS:localhost,IP:127.0.0.1";

std::string HexSha256(const std::string& text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return absl::BytesToHexString(hash);
}

class CallersTest : public IntegrationTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartSandbox());
    MakeServerCertificate({.common_name = "cibad", .alternative_names = kServerNames});
    WriteFile(File("client_ca.pem"), authority_.certificate());
    const std::string config = ReadFile(sandbox_->config_path());
    config_ = absl::StrCat(
        absl::StrReplaceAll(config, {{"grpc = [", "grpc = [\"127.0.0.1:0\", "}}),
        "\n[tls]\ncertificate_file = \"tls.pem\"\nkey_file = \"tls_key.pem\"\n"
        "client_ca_file = \"client_ca.pem\"\n",
        Section("tills", "certificates = [\"*.tills.example\", \"spiffe://shop/till/*\"]"));
    SetConfig(absl::StrCat(config_, ScannersSection()));
    ASSERT_NO_FATAL_FAILURE(StartServing());
    FindPort();
  }

  std::string File(const std::string& name) const { return sandbox_->folder() + "/" + name; }
  void SetConfig(const std::string& text) const { WriteFile(sandbox_->config_path(), text); }
  static std::string Section(const std::string& name, const std::string& identity) {
    return absl::StrCat("\n[[caller]]\nname = \"", name, "\"\n", identity,
                        "\nrpcs = [\"*\"]\nsales_units = [\"*\"]\nscopes = [\"*\"]\n");
  }
  static std::string ScannersSection() {
    return Section("scanners", absl::StrCat("token_sha256 = [\"", HexSha256(kToken), "\"]"));
  }

  void MakeServerCertificate(CertificateOptions options) {
    options.is_server = true;
    const Certified server = authority_.Issue(options);
    WriteFile(File("tls_key.pem"), server.key);
    ASSERT_EQ(chmod(File("tls_key.pem").c_str(), 0600), 0);
    WriteFile(File("tls.pem"), server.certificate);
  }

  void FindPort() {
    constexpr absl::string_view kHost = "127.0.0.1:";
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, kHost);
    ASSERT_TRUE(line.ok()) << line.status();
    const std::string rest = line->substr(line->find(kHost.data()) + kHost.size());
    ASSERT_TRUE(absl::SimpleAtoi(rest.substr(0, rest.find_first_not_of("0123456789")), &port_));
    tls_address_ = absl::StrCat(kHost, port_);
  }

  void Signal(const std::string& outcome) {
    daemon_->process().Signal(SIGHUP);
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, outcome);
    ASSERT_TRUE(line.ok()) << line.status() << daemon_->Log();
  }

  TillSecurity Certificate(const CertificateOptions& options) const {
    const Certified client = authority_.Issue(options);
    return {authority_.certificate(), client.certificate, client.key, ""};
  }
  TillSecurity TillCertificate() const {
    return Certificate({.common_name = "t", .alternative_names = "DNS:t17.tills.example"});
  }
  TillSecurity Header(const std::string& header) const {
    return {authority_.certificate(), "", "", header};
  }

  // How a call of such a till ends. Health and reflection are asked as well: nobody who may not
  // start a login gets anything from them.
  absl::Status Call(const TillSecurity& security) const { return Call(tls_address_, security); }
  static absl::Status Call(const std::string& address, const TillSecurity& security) {
    Till till(address, security);
    absl::Status listed = till.List({}).status();
    EXPECT_EQ(till.Health("").status().code(), listed.code()) << listed;
    EXPECT_EQ(till.ReflectedServices().status().code(), listed.code()) << listed;
    return listed;
  }
  void ExpectRefused(const TillSecurity& security, const std::string& why) const {
    const absl::Status status = Call(security);
    EXPECT_EQ(status.code(), StatusCode::kUnauthenticated) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("planted")));
  }

  // A connection to the TLS port, from another address than the tills', that has sent these bytes.
  int Connect(const std::string& bytes) const {
    const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
    EXPECT_EQ(bind(connection, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    address.sin_port = htons(static_cast<uint16_t>(port_));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    return connection;
  }

  void ExpectServing() const {
    Till till(tls_address_, TillCertificate());
    const absl::StatusOr<v1::Login> login = till.Start(kApproves);
    ASSERT_TRUE(login.ok()) << login.status();
    EXPECT_EQ(till.WatchToEnd(login->id()).Last().state(), v1::Login::COMPLETED);
  }

  const CertificateAuthority authority_{"the shop's CA"};
  std::string config_;  // without the callers that have tokens
  int port_ = 0;
  std::string tls_address_;
};

TEST_F(CallersTest, ACertificateATokenAndASocketEachTellACaller) {
  ExpectServing();
  EXPECT_TRUE(
      Call(Certificate({.common_name = "t", .alternative_names = "URI:spiffe://shop/till/17"}))
          .ok());
  EXPECT_TRUE(Call(Certificate({.common_name = "old.tills.example"})).ok()) << "no other name";
  EXPECT_TRUE(Call(Header(absl::StrCat("Bearer ", kToken))).ok());
  EXPECT_TRUE(Call(Address(), {}).ok());
}

TEST_F(CallersTest, WhoIsNobodyIsRefusedBeforeAnyHandler) {
  ExpectRefused(Header(""), "the call proves no caller");
  ExpectRefused(Certificate({.common_name = "t", .alternative_names = "DNS:back.example"}),
                "the client certificate has no name that may call");
  ExpectRefused(
      Certificate({.common_name = "t17.tills.example", .alternative_names = "DNS:back.example"}),
      "the client certificate has no name that may call");
  ExpectRefused(Certificate({.common_name = "t", .alternative_names = "DNS:*.tills.example"}),
                "the client certificate has no name that may call");
  ExpectRefused(Header("Bearer planted-wrong"), "the bearer token is not valid");
  ExpectRefused(Header("Bearer "), "must be the word Bearer");
  ExpectRefused(Header("Basic planted"), "must be the word Bearer");
  TillSecurity both = TillCertificate();
  both.authorization = "Bearer planted-wrong";
  ExpectRefused(both, "the bearer token is not valid");
  // Without a journal the audit trail is in the log.
  const auto denied = daemon_->process().WaitForLine(OutputStream::kStderr, "back.example");
  ASSERT_TRUE(denied.ok()) << denied.status();
  EXPECT_THAT(*denied, AllOf(HasSubstr(R"("event":"denied")"),
                             HasSubstr(R"("certificate":"back.example")")));
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("planted")));
  ExpectServing();
}

TEST_F(CallersTest, ATokenOnAPlaintextSocketIsRefused) {
  TillSecurity plain;
  plain.authorization = absl::StrCat("Bearer ", kToken);
  const absl::Status status = Call(Address(), plain);
  EXPECT_EQ(status.code(), StatusCode::kUnauthenticated) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("over TLS only"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr(kToken)));
}

TEST_F(CallersTest, CertificatesThatAreNotValidDoNotGetThroughTheHandshake) {
  EXPECT_EQ(Call(Certificate({.common_name = "t",
                              .alternative_names = "DNS:t17.tills.example",
                              .begins_in_hours = -48,
                              .ends_in_hours = -1}))
                .code(),
            StatusCode::kUnavailable);
  EXPECT_EQ(Call(Certificate({.common_name = "t",
                              .alternative_names = "DNS:t17.tills.example",
                              .is_server = true}))
                .code(),
            StatusCode::kUnavailable)
      << "a server's certificate is no client's";
  // A CA of the same name, as whoever attacks would call it.
  const Certified forged =
      CertificateAuthority("the shop's CA")
          .Issue({.common_name = "t", .alternative_names = "DNS:t17.tills.example"});
  EXPECT_EQ(Call({authority_.certificate(), forged.certificate, forged.key, ""}).code(),
            StatusCode::kUnavailable);
  ExpectServing();
}

TEST_F(CallersTest, WhoIsRemovedFromTheConfigIsRefusedOnOpenConnectionsToo) {
  Till scanner(tls_address_, Header(absl::StrCat("Bearer ", kToken)));
  ASSERT_TRUE(scanner.List({}).ok());
  SetConfig(config_);
  ASSERT_NO_FATAL_FAILURE(Signal("Reloaded the config"));
  const auto told = daemon_->process().WaitForLine(OutputStream::kStderr, R"("reloaded")");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_THAT(*told, HasSubstr(R"("callers_removed":["scanners"])"));
  EXPECT_EQ(scanner.List({}).status().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(scanner.Health("").status().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(scanner.ReflectedServices().status().code(), StatusCode::kUnauthenticated);
  ExpectServing();

  SetConfig(absl::StrCat(config_, ScannersSection()));
  daemon_->process().Signal(SIGHUP);
  EXPECT_TRUE(Eventually([&] { return scanner.List({}).ok(); })) << "and let in again";
  EXPECT_TRUE(scanner.Health("").ok());
}

TEST_F(CallersTest, CallsOfOneConnectionAreKnownEachByItself) {
  Till till(tls_address_, TillCertificate());
  ASSERT_TRUE(till.List({}).ok());
  till.Authorize("Bearer planted-wrong");
  EXPECT_EQ(till.List({}).status().code(), StatusCode::kUnauthenticated);
  till.Authorize(absl::StrCat("Bearer ", kToken));
  EXPECT_TRUE(till.List({}).ok());
  till.Authorize("");
  EXPECT_TRUE(till.List({}).ok());
}

TEST_F(CallersTest, PlaintextToTheTlsPortAndTlsToThePlaintextSocketFail) {
  EXPECT_EQ(Call({}).code(), StatusCode::kUnavailable);
  EXPECT_EQ(Call(Address(), TillCertificate()).code(), StatusCode::kUnavailable);
  ExpectServing();
}

TEST_F(CallersTest, GarbageIsAnsweredByClosing) {
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), std::string(20'000, '\0'),
        std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33),
        std::string("\x16\x03\x01\xff\xff garbage that calls itself a handshake")}) {
    const int connection = Connect(bytes);
    shutdown(connection, SHUT_WR);
    char answer[256];
    ssize_t got = 0;
    do {
      got = recv(connection, answer, sizeof answer, 0);
    } while (got > 0);
    close(connection);
  }
  ExpectServing();
}

TEST_F(CallersTest, GarbageDoesNotFillTheLog) {
  constexpr int kConnections = 500;
  const std::string before = daemon_->Log();
  for (int i = 0; i < kConnections; ++i) {
    const int connection = Connect("no handshake at all");
    shutdown(connection, SHUT_WR);
    char byte = 0;
    while (recv(connection, &byte, 1, 0) > 0) {
    }
    close(connection);
  }
  const std::string log = daemon_->Log().substr(before.size());
  EXPECT_THAT(log, HasSubstr("andshake failed"));
  EXPECT_LT(std::count(log.begin(), log.end(), '\n'), kConnections / 2);
  ExpectServing();
}

TEST_F(CallersTest, HandshakesThatAreNeverFinishedKeepNobodyOut) {
  constexpr rlim_t kConnections = 2000;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, kConnections * 2);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<int> held;
  for (rlim_t i = 0; i < kConnections; ++i) held.push_back(Connect("\x16\x03\x01"));
  ExpectServing();
  // The daemon's patience is ten seconds; then it closes them.
  for (const int connection : held) {
    char byte = 0;
    ssize_t got = 0;
    do {
      got = recv(connection, &byte, 1, 0);
    } while (got > 0);
    close(connection);
  }
  ExpectServing();
}

// One HTTP/2 frame (RFC 9113, 4.1).
std::string Frame(char type, char flags, uint32_t stream, const std::string& payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame += static_cast<char>(payload.size() >> shift);
  frame += type;
  frame += flags;
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift);
  return frame + payload;
}

class FloodTest : public CallersTest {
 protected:
  static constexpr char kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6;
  static constexpr char kEndHeaders = 4;

  // Sends the bytes over the plaintext socket until all are taken or the daemon closes, and gives
  // whether it has closed the connection by itself.
  bool IsCutOff(const std::string& bytes) const {
    const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = File("cibad.sock");
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const std::string all =
        absl::StrCat("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Frame(kSettings, 0, 0, ""), bytes);
    size_t sent = 0;
    bool is_closed = false;
    char answers[65536];
    while (sent < all.size() && !is_closed) {
      const ssize_t now =
          send(connection, all.data() + sent, all.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (now > 0) sent += static_cast<size_t>(now);
      is_closed = now < 0 && errno != EAGAIN;
      const ssize_t got = recv(connection, answers, sizeof answers, MSG_DONTWAIT);
      is_closed = is_closed || got == 0 || (got < 0 && errno != EAGAIN);
    }
    const timeval patience = {5, 0};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t got = 1;
    while (!is_closed && got > 0) got = recv(connection, answers, sizeof answers, 0);
    is_closed = is_closed || got == 0 || errno == ECONNRESET;
    close(connection);
    return is_closed;
  }
};

TEST_F(FloodTest, PingsEndTheConnection) {
  std::string pings;
  for (int i = 0; i < 10'000; ++i) pings += Frame(kPing, 0, 0, "12345678");
  EXPECT_TRUE(IsCutOff(pings));
  ExpectServing();
}

TEST_F(FloodTest, SettingsAndStreamsThatAreResetAtOnceKeepNobodyOut) {
  std::string settings;
  for (int i = 0; i < 50'000; ++i) settings += Frame(kSettings, 0, 0, "");
  IsCutOff(settings);
  // POST, http, and a path, in HPACK (RFC 7541): from the static table, then spelt out.
  const std::string request = "\x83\x86\x04\x02/x";
  std::string resets;
  for (uint32_t stream = 1; stream < 100'000; stream += 2) {
    resets += Frame(kHeaders, kEndHeaders, stream, request);
    resets += Frame(kReset, 0, stream, std::string("\0\0\0\x08", 4));
  }
  IsCutOff(resets);
  std::string open;
  for (uint32_t stream = 1; stream < 60'000; stream += 2)
    open += Frame(kHeaders, kEndHeaders, stream, request);
  IsCutOff(open);
  ExpectServing();
}

TEST_F(CallersTest, OversizedMetadataIsRefused) {
  Till till(tls_address_, Header("Bearer " + std::string(100'000, 'x')));
  const absl::Status status = till.List({}).status();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status;
  EXPECT_FALSE(till.Health("").ok());  // gRPC may have closed the connection meanwhile
  ExpectServing();
}

TEST_F(CallersTest, ANewCertificateCountsWithoutARestartAndNoStreamDrops) {
  Till till(tls_address_, TillCertificate());
  const absl::StatusOr<v1::Login> login = till.Start(kWaits);
  ASSERT_TRUE(login.ok()) << login.status();
  const std::unique_ptr<Watch> watch = till.Open(login->id());
  std::optional<v1::Login> told = watch->Next();
  while (told.has_value() && told->state() != v1::Login::PENDING) told = watch->Next();

  // One by another authority, which the till from before does not trust.
  const CertificateAuthority next("the next CA");
  const Certified server =
      next.Issue({.common_name = "cibad", .alternative_names = kServerNames, .is_server = true});
  WriteFile(File("tls_key.pem"), server.key);
  WriteFile(File("tls.pem"), server.certificate);
  TillSecurity trusting = TillCertificate();
  trusting.ca = next.certificate();
  EXPECT_TRUE(Eventually([&] { return Till(tls_address_, trusting).List({}).ok(); }));
  EXPECT_EQ(Call(TillCertificate()).code(), StatusCode::kUnavailable);

  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  while (told.has_value() && told->state() != v1::Login::COMPLETED) told = watch->Next();
  EXPECT_TRUE(told.has_value());
}

TEST_F(CallersTest, ABrokenNewCertificateIsToldOnceAndTheOldOneStays) {
  WriteFile(File("tls.pem"), "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
  EXPECT_TRUE(Eventually([&] {
    EXPECT_TRUE(Till(tls_address_, TillCertificate()).List({}).ok());
    return absl::StrContains(daemon_->Log(), "those from before stay");
  }));
  EXPECT_THAT(daemon_->Log(), HasSubstr("certificate_file: the file holds no certificate"));
  ASSERT_NO_FATAL_FAILURE(Signal("Not reloaded"));
  ExpectServing();
}

TEST_F(CallersTest, ACertificateThatEndsSoonIsWarnedOf) {
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("ends soon")));
  MakeServerCertificate(
      {.common_name = "cibad", .alternative_names = kServerNames, .ends_in_hours = 13L * 24});
  ASSERT_NO_FATAL_FAILURE(Signal("Reloaded the config"));
  EXPECT_THAT(daemon_->Log(), HasSubstr("The TLS certificate ends soon"));
  ExpectServing();
}

TEST_F(CallersTest, CibactlSaysWhoItIsAndWhatWentWrong) {
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {CIBACTL_BINARY, "list", "--server", tls_address_});
    auto process = ChildProcess::Start(arguments);
    EXPECT_TRUE(process.ok()) << process.status();
    if (!process.ok()) return std::string();
    const int exit_code = (*process)->WaitForExit().value_or(-1);
    return absl::StrCat(exit_code, ": ", (*process)->Output(OutputStream::kStderr));
  };
  const TillSecurity till = TillCertificate();
  WriteFile(File("till.pem"), till.certificate);
  WriteFile(File("till_key.pem"), till.key);
  WriteFile(File("token"), absl::StrCat(kToken, "\n"));
  WriteFile(File("wrong"), "planted-wrong\n");
  const std::string ca = File("client_ca.pem");  // the daemon's certificate is by it as well

  EXPECT_EQ(run({"--ca-file", ca, "--certificate-file", File("till.pem"), "--key-file",
                 File("till_key.pem")}),
            "0: ");
  EXPECT_EQ(run({"--ca-file", ca, "--token-file", File("token")}), "0: ");
  const std::string refused = run({"--ca-file", ca, "--token-file", File("wrong")});
  EXPECT_THAT(refused, HasSubstr("1: "));
  EXPECT_THAT(refused, HasSubstr("the bearer token is not valid"));
  EXPECT_THAT(refused, Not(HasSubstr("planted")));
  EXPECT_THAT(run({"--ca-file", ca}), HasSubstr("--certificate-file and --key-file"));
  EXPECT_THAT(run({"--token-file", File("token")}), HasSubstr("--ca-file")) << "the system's CAs";
  EXPECT_THAT(run({}), HasSubstr("https://HOST:PORT")) << "plaintext to the TLS port";
  EXPECT_THAT(run({"--ca-file", ca, "--certificate-file", File("till.pem")}), HasSubstr("2: "));
  EXPECT_THAT(run({"--ca-file", File("nothing.pem")}), HasSubstr("cannot read"));
}

TEST_F(CallersTest, WithoutAnAuthorityTokensAloneTellWhoCalls) {
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  SetConfig(absl::StrCat(
      absl::StrReplaceAll(config_.substr(0, config_.find("\n[[caller]]\nname = \"tills\"")),
                          {{"client_ca_file = \"client_ca.pem\"\n", ""}}),
      ScannersSection()));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  FindPort();
  EXPECT_TRUE(Call(Header(absl::StrCat("Bearer ", kToken))).ok());
  ExpectRefused(Header("Bearer planted-wrong"), "the bearer token is not valid");
  ExpectRefused(TillCertificate(), "the call proves no caller");
}

TEST_F(CallersTest, CheckLooksAtTheFiles) {
  const std::string path = sandbox_->config_path();
  const auto error = [&] {
    const absl::StatusOr<Ended> ended = RunDaemon({"--config", path, "--check"});
    EXPECT_TRUE(ended.ok() && ended->exit_code == 78) << ended.status();
    return ended.ok() ? ended->err : "";
  };
  const Certified other = authority_.Issue({.common_name = "other"});
  WriteFile(File("tls_key.pem"), other.key);
  EXPECT_THAT(error(), HasSubstr("tls.key_file: the key is not that of the certificate"));
  WriteFile(File("tls_key.pem"), "");
  EXPECT_THAT(error(), HasSubstr("tls.key_file: the file holds no private key"));
  chmod(File("tls_key.pem").c_str(), 0644);
  EXPECT_THAT(error(), HasSubstr("is open to every user of this machine"));
  MakeServerCertificate({.common_name = "cibad", .begins_in_hours = -48, .ends_in_hours = -24});
  EXPECT_THAT(error(), HasSubstr("tls.certificate_file: the certificate ended on "));
  MakeServerCertificate({.common_name = "cibad", .begins_in_hours = 24});
  EXPECT_THAT(error(), HasSubstr("tls.certificate_file: the certificate begins on "));
  MakeServerCertificate({.common_name = "cibad"});
  WriteFile(File("client_ca.pem"), "nothing");
  EXPECT_THAT(error(), HasSubstr("tls.client_ca_file: the file holds no certificate"));
}

}  // namespace
}  // namespace cibad
