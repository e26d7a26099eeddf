// The provider's discovery document and its keys, when a refresh brings something malformed: what
// was known before serves on, and the daemon recovers by itself.

#include <gmock/gmock.h>

#include <string>

#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

class PublishedTest : public IntegrationTest {
 protected:
  int64_t Total(const std::string& name) {
    const auto totals = sandbox_->Totals();
    return totals.ok() && totals->count(name) > 0 ? totals->at(name) : -1;
  }

  // Waits until the daemon has fetched both documents once more.
  void WaitForFetches() {
    const int64_t discovery = Total("discovery_requests");
    const int64_t jwks = Total("jwks_requests");
    ASSERT_TRUE(Eventually([&] {
      return Total("discovery_requests") > discovery && Total("jwks_requests") > jwks;
    })) << daemon_->Log();
  }

  // Which takes the endpoints and the keys.
  void ExpectThatALoginCompletes(const std::string& when) {
    const v1::Login login = till_->WatchToEnd(MustStart(kApproves)).Last();
    EXPECT_EQ(login.state(), v1::Login::COMPLETED) << when << ": " << login.staff_message();
  }

  void ExpectTold(const std::string& message) {
    const auto line = daemon_->process().WaitForLine(OutputStream::kStderr, message);
    EXPECT_TRUE(line.ok()) << line.status();
  }
};

// A minute is the shortest time that the daemon keeps a document.
TEST_F(PublishedTest, WhileARefreshIsMalformedTheOldDocumentsServeOn) {
  StopDaemon();
  ASSERT_NO_FATAL_FAILURE(StartSandbox({.max_age_seconds = 60}));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ExpectThatALoginCompletes("with the documents as they should be");
  for (const char* fault : {"html-page", "member-missing", "member-twice", "wrong-value"}) {
    ASSERT_TRUE(sandbox_->SpoilDiscovery(fault).ok());
    ASSERT_TRUE(sandbox_->SpoilJwks(fault).ok());
    ASSERT_NO_FATAL_FAILURE(WaitForFetches());
    ExpectThatALoginCompletes(fault);
    EXPECT_EQ(till_->Health(kService).value_or(""), "SERVING") << fault;
  }
  ExpectTold("what was known before stays in use document=discovery");
  ExpectTold("what was known before stays in use document=\"the keys (jwks_uri)\"");
  ASSERT_TRUE(sandbox_->SpoilDiscovery("fine").ok());
  ASSERT_TRUE(sandbox_->SpoilJwks("fine").ok());
  ExpectTold("The provider answers again document=discovery");
  ExpectTold("The provider answers again document=\"the keys (jwks_uri)\"");
  ExpectNoViolations();
}

// The token is by a key that only a newer set has (47 400 00 301), and the newer set is malformed.
TEST_F(PublishedTest, ALoginWaitsForTheKeysWhileTheyAreMalformed) {
  ExpectThatALoginCompletes("with the keys that are known from now on");
  ASSERT_TRUE(sandbox_->SpoilJwks("truncated").ok());
  const std::string id = MustStart("+47 400 00 301");
  ExpectTold("what was known before stays in use document=\"the keys (jwks_uri)\"");
  const auto waiting = till_->Get(id);
  ASSERT_TRUE(waiting.ok()) << waiting.status();
  EXPECT_EQ(waiting->state(), v1::Login::PENDING) << "nothing is proven yet\n" << daemon_->Log();
  ASSERT_TRUE(sandbox_->SpoilJwks("fine").ok());
  EXPECT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
  ExpectNoViolations();
}

// Before anything is known there is nothing to serve on with.
TEST_F(PublishedTest, AFirstDiscoveryThatIsMalformedIsTriedAgain) {
  StopDaemon();
  ASSERT_TRUE(sandbox_->SpoilDiscovery("array").ok());
  ASSERT_NO_FATAL_FAILURE(StartDaemon());
  ExpectTold("document=discovery");
  EXPECT_EQ(till_->Start(kApproves).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_TRUE(sandbox_->SpoilDiscovery("fine").ok());
  const absl::Status serving = daemon_->WaitUntilServing();
  EXPECT_TRUE(serving.ok()) << serving;
}

}  // namespace
}  // namespace cibad
