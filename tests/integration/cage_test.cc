// The daemon works as the systemd unit confines it (cage.cc), and what it is confined by does
// confine.

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/ops/scheduling.h"
#include "tests/integration/every_secret.h"
#include "tests/integration/http_get.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::HasSubstr;

constexpr int kNoCage = 77;

class CageTest : public IntegrationTest {
 protected:
  void SetUp() override { Prepare({}); }

  void Prepare(const SandboxSettings& settings) {
    ASSERT_NO_FATAL_FAILURE(StartSandbox(settings));
    if (getuid() != 0) GTEST_SKIP() << "a cage is built by root";
    GiveFolder();
    const absl::StatusOr<int> works = Caged({CIBAD_BINARY, "--version"});
    ASSERT_TRUE(works.ok()) << works.status();
    if (*works == kNoCage) GTEST_SKIP() << "this machine does not let us build a cage: " << err_;
    ASSERT_EQ(*works, 0) << err_;
  }

  void GiveFolder() {
    GiveTo(sandbox_->folder());
    for (const auto& entry : std::filesystem::directory_iterator(sandbox_->folder()))
      GiveTo(entry.path());
  }

  // What is in the cage runs as this user (cage.cc).
  static void GiveTo(const std::string& path) {
    constexpr uid_t kNobody = 65534;
    ASSERT_EQ(chown(path.c_str(), kNobody, kNobody), 0) << path;
  }

  std::vector<std::string> Cage() const { return {CAGE_BINARY, CIBAD_UNIT, sandbox_->folder()}; }

  // Runs a program in the cage; gives its exit code.
  absl::StatusOr<int> Caged(const std::vector<std::string>& command) {
    std::vector<std::string> arguments = Cage();
    arguments.insert(arguments.end(), command.begin(), command.end());
    auto process = ChildProcess::Start(std::move(arguments));
    if (!process.ok()) return process.status();
    const absl::StatusOr<int> exit_code = (*process)->WaitForExit();
    err_ = (*process)->Output(OutputStream::kStderr);
    return exit_code;
  }

  void LaunchCaged() {
    auto daemon = DaemonProcess::Launch(sandbox_->config_path(), Cage());
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
    const absl::Status serving = daemon_->WaitUntilServing();
    ASSERT_TRUE(serving.ok()) << serving;
    till_ = std::make_unique<Till>(Address());
  }

  std::string err_;
};

TEST_F(CageTest, TheDaemonLivesInItFromStartToStop) {
  ASSERT_NO_FATAL_FAILURE(LaunchCaged());
  const std::string pending = MustStart(kWaits);
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  EXPECT_EQ(till_->WatchToEnd(MustStart(kDenies)).Last().state(), v1::Login::DENIED);
  daemon_->process().Signal(SIGHUP);
  const auto reloaded =
      daemon_->process().WaitForLine(OutputStream::kStderr, "Reloaded the config");
  EXPECT_TRUE(reloaded.ok()) << reloaded.status();
  ASSERT_NO_FATAL_FAILURE(StopDaemon());

  ASSERT_NO_FATAL_FAILURE(LaunchCaged());  // with a store that is there
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  const v1::Login login = till_->WatchToEnd(pending).Last();
  EXPECT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
  EXPECT_TRUE(till_->Acknowledge(pending).ok());
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  ExpectNoViolations();
}

TEST_F(CageTest, TheDaemonServesMetricsAndFindsItsProviderAgain) {
  const std::string config = ReadFile(sandbox_->config_path());
  WriteFile(sandbox_->config_path(),
            absl::StrReplaceAll(config, {{"[listen]", "[listen]\nmetrics = \"127.0.0.1:0\""}}));
  ASSERT_NO_FATAL_FAILURE(LaunchCaged());
  const auto line =
      daemon_->process().WaitForLine(OutputStream::kStderr, "Serving metrics address=127.0.0.1:");
  ASSERT_TRUE(line.ok()) << line.status();
  const int port = std::stoi(line->substr(line->rfind(':') + 1));
  EXPECT_THAT(HttpGet(port, "/metrics").value_or(""), HasSubstr("cibad_"));
  ASSERT_TRUE(sandbox_->Stop().ok());
  const std::string id = MustStart(kApproves);
  ASSERT_TRUE(sandbox_->Restart().ok());
  EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
}

// With all that listens: TLS, for callers with certificates and tokens, and pings. And with an
// access token that is fetched and kept.
class FullCageTest : public CageTest {
 protected:
  static constexpr int kNoFallback = 300;  // seconds: what ends sooner was ended by a ping

  void SetUp() override {
    Prepare({.auth_method = "partner"});
    if (IsSkipped() || HasFatalFailure()) return;
    secrets_ = std::make_unique<EverySecret>(sandbox_.get());
    ASSERT_NO_FATAL_FAILURE(secrets_->Plant(kNoFallback, "audit.log"));
    GiveFolder();
    ASSERT_NO_FATAL_FAILURE(LaunchCaged());
    const absl::Status found = secrets_->Find(*daemon_);
    ASSERT_TRUE(found.ok()) << found;
  }

  std::unique_ptr<EverySecret> secrets_;
};

TEST_F(FullCageTest, CallersComeByTlsAndPingsEndTheirLogins) {
  Till by_certificate(secrets_->tls_address(), secrets_->WithCertificate());
  Till by_token(secrets_->tls_address(), secrets_->WithToken());
  const auto pinged = by_certificate.Start(kWaits);
  ASSERT_TRUE(pinged.ok()) << pinged.status();
  // From the first poll on only a ping brings another.
  ASSERT_TRUE(Eventually([&] {
    const auto totals = sandbox_->Totals();
    return totals.ok() && totals->at("polls") > 0;
  }));
  ASSERT_TRUE(sandbox_->ApproveAll().ok());
  EXPECT_EQ(by_certificate.WatchToEnd(pinged->id()).Last().state(), v1::Login::COMPLETED);
  const auto pings = sandbox_->PingCounts();
  ASSERT_TRUE(pings.ok()) << pings.status();
  EXPECT_GE(pings->at("accepted"), 1);
  const auto approved = by_token.Start(kApproves);
  ASSERT_TRUE(approved.ok()) << approved.status();
  EXPECT_EQ(by_token.WatchToEnd(approved->id()).Last().state(), v1::Login::COMPLETED);
  EXPECT_TRUE(absl::IsUnauthenticated(
      Till(secrets_->tls_address(), {secrets_->WithToken().ca, "", "", ""}).List({}).status()));
  EXPECT_THAT(ReadFile(sandbox_->folder() + "/audit.log"), HasSubstr(pinged->id()));
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
  ExpectNoViolations();
}

TEST_F(FullCageTest, TheAccessTokenIsFetchedAnew) {
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  ASSERT_TRUE(sandbox_->RevokeAccessTokens().ok());
  EXPECT_EQ(till_->WatchToEnd(MustStart(kDenies)).Last().failure().reason(),
            v1::Failure::CREDENTIALS_REFUSED);
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
}

TEST_F(FullCageTest, CertificateAndSecretsAreReadAnew) {
  secrets_->Rotate();
  GiveFolder();
  daemon_->process().Signal(SIGHUP);
  const auto reloaded =
      daemon_->process().WaitForLine(OutputStream::kStderr, "Reloaded the config");
  ASSERT_TRUE(reloaded.ok()) << reloaded.status();
  Till by_token(secrets_->tls_address(), secrets_->WithToken());
  EXPECT_TRUE(by_token.List({}).ok());
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
}

// A limit that the cage cannot always set.
TEST(UnitTest, LetsTheStoresThreadGoFirst) {
  EXPECT_THAT(ReadFile(CIBAD_UNIT),
              HasSubstr(absl::StrCat("\nLimitNICE=-", AheadOfOthers::kLead, "\n")));
}

// Without these the tests above would prove nothing.
TEST_F(CageTest, ItHoldsWhatIsInIt) {
  const std::string inside = sandbox_->folder() + "/inside";
  EXPECT_EQ(Caged({"/usr/bin/touch", inside}).value_or(-1), 0) << err_;
  EXPECT_NE(Caged({"/usr/bin/touch", "/tmp/cibad-outside"}).value_or(0), 0);
  EXPECT_THAT(err_, HasSubstr("Read-only file system"));
  EXPECT_NE(Caged({"/bin/cat", "/proc/meminfo"}).value_or(0), 0);
  EXPECT_NE(Caged({"/usr/bin/unshare", "--user", "/bin/true"}).value_or(0), 0);
  EXPECT_THAT(err_, HasSubstr("Operation not permitted"));
  constexpr int kBySigsys = 128 + SIGSYS;
  EXPECT_EQ(Caged({"/usr/sbin/chroot", "/", "/bin/true"}).value_or(0), kBySigsys) << err_;
}

}  // namespace
}  // namespace cibad
