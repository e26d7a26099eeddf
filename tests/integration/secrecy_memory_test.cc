// What stands in the memory of a running daemon, read as root can read it: nothing of logins that
// are done, and of each secret no more than its use takes.

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/integration/secrecy_fixture.h"

namespace cibad {
namespace {

// By how the client proves itself.
class SecrecyMemoryTest : public SecrecyTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    if (!kWipes) GTEST_SKIP() << "the sanitizers' allocator keeps what is freed";
    if (getuid() != 0) GTEST_SKIP() << "only root may look";
    Begin(GetParam());
  }

  void Reload() {
    daemon_->process().Signal(SIGHUP);
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, "Reloaded the config");
    ASSERT_TRUE(line.ok()) << line.status();
  }

  // That the search finds what is there.
  void ExpectFindsWhatIsInUse() {
    const absl::StatusOr<v1::Login> started = till_->Start(FullRequest(kByHand));
    ASSERT_TRUE(started.ok()) << started.status();
    till_->WatchUntil(started->id(), v1::Login::PENDING);
    const std::vector<Planted> pending = {
        {"auth_req_id", LastSeen()["auth_req_id"].get<std::string>()}, {"number", kByHandMsisdn}};
    const auto found = FindInDaemon(pending);
    ASSERT_TRUE(found.ok()) << found.status();
    for (size_t i = 0; i < pending.size(); ++i) EXPECT_GE(Total((*found)[i]), 1) << pending[i].what;
    ASSERT_TRUE(till_->Cancel(started->id()).ok());
    ASSERT_TRUE(till_->Acknowledge(started->id()).ok());
  }
};

INSTANTIATE_TEST_SUITE_P(Clients, SecrecyMemoryTest, testing::Values("basic", "post", "partner"),
                         [](const auto& client) { return std::string(client.param); });

TEST_P(SecrecyMemoryTest, HoldsNothingOfLoginsThatAreDoneAndEachSecretAsOftenAsItTakes) {
  ASSERT_NO_FATAL_FAILURE(ExpectFindsWhatIsInUse());
  std::vector<Planted> planted = LogInEveryWay();
  const std::vector<Planted> secrets = secrets_->All();
  planted.insert(planted.end(), secrets.begin(), secrets.end());
  ExpectNoMoreThanAllowed(planted);
  const auto found = FindInDaemon(secrets);
  for (size_t i = 0; i < secrets.size(); ++i) {
    const int least = secrets[i].most_in_memory > 0 ? 1 : 0;
    EXPECT_GE(Total((*found)[i]), least) << secrets[i].what;
  }
}

TEST_P(SecrecyMemoryTest, HoldsNothingOfSecretsThatWereReplaced) {
  LogInEveryWay();
  std::vector<Planted> replaced = secrets_->All();
  for (Planted& one : replaced) one.most_in_memory = 0;
  secrets_->Rotate();
  ASSERT_NO_FATAL_FAILURE(Reload());
  // gRPC shows the certificate from before until somebody connects.
  Till by_certificate(secrets_->tls_address(), secrets_->WithCertificate());
  EXPECT_TRUE(by_certificate.List({}).ok());
  std::vector<Copies> left;
  const bool are_gone = Eventually([&] {
    left = FindInDaemon(replaced).value();
    int total = 0;
    for (const Copies& copies : left) total += Total(copies);
    return total == 0;
  });
  EXPECT_TRUE(are_gone) << Shown(replaced, left);
  const std::vector<Planted> secrets = secrets_->All();
  const auto found = FindInDaemon(secrets);
  EXPECT_GE(Total((*found)[0]), 1) << "the new ones are in use";
}

// A measurement, for docs/security.md.
TEST_P(SecrecyMemoryTest, DISABLED_CountsTheCopiesInMemory) {
  std::vector<Planted> planted = secrets_->All();
  std::cout << "at start: " << Shown(planted, FindInDaemon(planted).value()) << std::endl;
  const std::vector<Planted> data = LogInEveryWay();
  planted.insert(planted.end(), data.begin(), data.end());
  std::cout << "after logins: " << Shown(planted, FindInDaemon(planted).value()) << std::endl;
  for (int i = 0; i < 8; ++i) LogInOthers();
  std::cout << "after 48 more: " << Shown(planted, FindInDaemon(planted).value()) << std::endl;
}

// What wiping costs: to be run with a daemon that does, and with one that does not.
TEST_F(SecrecyTest, DISABLED_CountsTheCpuTimeOfLogins) {
  constexpr int kLogins = 2000;
  clockid_t clock{};
  ASSERT_EQ(clock_getcpuclockid(daemon_->process().pid(), &clock), 0);
  timespec before{};
  ASSERT_EQ(clock_gettime(clock, &before), 0);
  std::vector<std::string> ids;
  ids.reserve(kLogins);
  for (int i = 0; i < kLogins; ++i) ids.push_back(MustStart(absl::StrFormat("+47401%05d", i)));
  for (const std::string& id : ids) {
    ASSERT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
    ASSERT_TRUE(till_->Acknowledge(id).ok());
  }
  timespec after{};
  ASSERT_EQ(clock_gettime(clock, &after), 0);
  const absl::Duration used =
      absl::DurationFromTimespec(after) - absl::DurationFromTimespec(before);
  std::cout << kLogins / absl::ToDoubleSeconds(used) << " logins per second of CPU time"
            << std::endl;
  ASSERT_NO_FATAL_FAILURE(StopDaemon());
}

}  // namespace
}  // namespace cibad
