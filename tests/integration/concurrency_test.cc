// A thousand logins at once on one daemon: each is asked for once, polled politely, and told.

#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

constexpr int kConcurrentLogins = 1000;
constexpr int64_t kFirstNumber = 91'000'000;

using ConcurrencyTest = IntegrationTest;

// Whether every login that the sandbox knows was polled at least so often.
bool AllPolled(const SandboxProcess& sandbox, int times) {
  const absl::StatusOr<std::string> report = sandbox.LoginsJson();
  if (!report.ok()) return false;
  const auto json = nlohmann::json::parse(*report, nullptr, false);
  if (json["logins"].size() != kConcurrentLogins) return false;
  for (const auto& login : json["logins"]) {
    if (login["polls"].get<int>() < times) return false;
  }
  return true;
}

TEST_F(ConcurrencyTest, AThousandLoginsAtOnceArePolledPolitelyAndAllComplete) {
  std::vector<std::string> ids;
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < kConcurrentLogins; ++i) {
    ids.push_back(MustStart(absl::StrCat("+47 ", kFirstNumber + i)));
    watches.push_back(till_->Open(ids.back()));
  }
  ASSERT_TRUE(Eventually([&] { return AllPolled(*sandbox_, 2); }));
  const absl::Status approved = sandbox_->ApproveAll();
  ASSERT_TRUE(approved.ok()) << approved;

  for (int i = 0; i < kConcurrentLogins; ++i) {
    v1::Login last;
    while (const std::optional<v1::Login> login = watches[i]->Next()) {
      EXPECT_EQ(login->id(), ids[i]);
      last = *login;
    }
    EXPECT_EQ(last.state(), v1::Login::COMPLETED)
        << last.ShortDebugString() << " " << watches[i]->Finish();
    // Nobody gets another's profile.
    EXPECT_EQ(last.profile().phone_number(), absl::StrCat("+47", kFirstNumber + i));
  }
  ExpectNoViolations();
  ExpectEachAskedOnce();
  const auto totals = sandbox_->Totals();
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->at("logins"), kConcurrentLogins);
  EXPECT_EQ(totals->at("tokens_given"), kConcurrentLogins);
  EXPECT_EQ(totals->at("userinfo_requests"), kConcurrentLogins);
}

}  // namespace
}  // namespace cibad
