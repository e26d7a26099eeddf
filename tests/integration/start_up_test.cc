// How long the daemon takes to serve when it starts with very many stored logins. A measurement for
// a quiet machine, so it runs only when asked for: --gtest_also_run_disabled_tests.

#include <unistd.h>

#include <future>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/login/login.h"
#include "server/store/sqlite_store.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

constexpr int kStoredLogins = 100'000;

std::string IdOf(int number) { return absl::StrFormat("%026d", number); }

Login PendingLogin(int number, absl::Time now) {
  Login login;
  login.id = IdOf(number);
  login.revision = 2;
  LoginRequest& request = login.request.Edit();
  request.caller = "everyone";  // as the sandbox's config has it
  request.sales_unit = "123456";
  request.msisdn = absl::StrCat("47", 90'000'000 + number);
  request.scope = "openid name phoneNumber email address birthDate";
  request.binding_message = "AB-123";
  request.reference = absl::StrCat("receipt ", number);
  request.request_id = absl::StrCat("start-up-", number);
  login.state = LoginState::kPending;
  login.create_time = now;
  login.update_time = now;
  login.expire_time = now + absl::Minutes(10);
  login.auth_req_id = absl::StrCat("auth-req-id-of-a-usual-length-", number);
  login.interval = absl::Seconds(5);
  return login;
}

// The daemon's store, sealed with the key that the daemon then finds.
void Fill(const std::string& folder) {
  StoreKeys keys;
  keys.key_file = folder + "/cibad.key";
  const auto store = SqliteStore::Open(folder + "/cibad.db", keys);
  ASSERT_TRUE(store.ok()) << store.status();
  const absl::Time now = absl::Now();
  std::vector<std::future<absl::Status>> written;
  for (int i = 0; i < kStoredLogins; ++i) {
    auto done = std::make_shared<std::promise<absl::Status>>();
    written.push_back(done->get_future());
    (*store)->Create(PendingLogin(i, now), [done](const absl::StatusOr<Login>& login) {
      done->set_value(login.status());
    });
  }
  for (auto& one : written) ASSERT_TRUE(one.get().ok());
}

// What the process has used so far, of its own and in the kernel (proc(5)).
absl::Duration CpuTime(pid_t pid) {
  const std::string stat = ReadFile(absl::StrCat("/proc/", pid, "/stat"));
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 1), ' ');
  constexpr size_t kUserTime = 12;  // after the name's parenthesis
  int64_t user = 0;
  int64_t system = 0;
  if (fields.size() > kUserTime + 1) {
    static_cast<void>(absl::SimpleAtoi(fields[kUserTime], &user));
    static_cast<void>(absl::SimpleAtoi(fields[kUserTime + 1], &system));
  }
  return absl::Seconds(1) * (user + system) / sysconf(_SC_CLK_TCK);
}

class StartUpTest : public IntegrationTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartSandbox()); }
};

TEST_F(StartUpTest, DISABLED_ServesWithinASecondWithAHundredThousandStoredLogins) {
  const absl::Time before = absl::Now();
  ASSERT_NO_FATAL_FAILURE(Fill(sandbox_->folder()));
  std::cout << "filled in " << absl::Now() - before << std::endl;
  const absl::Time start = absl::Now();
  const auto daemon = DaemonProcess::Launch(sandbox_->config_path());
  ASSERT_TRUE(daemon.ok()) << daemon.status();
  const absl::Status is_listening = (*daemon)->WaitUntilListening();
  ASSERT_TRUE(is_listening.ok()) << is_listening;
  const absl::Duration listening = absl::Now() - start;
  Till till(Address());
  const auto login = till.Get(IdOf(kStoredLogins - 1));
  const absl::Duration answering = absl::Now() - start;
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->state(), v1::Login::PENDING);
  ASSERT_TRUE((*daemon)->WaitUntilServing().ok());
  const absl::Duration busy = CpuTime((*daemon)->process().pid());
  const absl::Duration serving = absl::Now() - start;

  std::cout << "listens after " << listening << ", answers GetLogin after " << answering
            << ", starts logins after " << serving << ", with " << busy << " of CPU time"
            << std::endl;
  EXPECT_LE(answering, absl::Seconds(1));
}

}  // namespace
}  // namespace cibad
