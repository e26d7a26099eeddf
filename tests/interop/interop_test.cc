// cibad against oidc-provider, an OpenID-certified provider that others wrote: the real daemon,
// spoken to over gRPC as a till does. provider.mjs says what the provider is like, customers.mjs
// who logs in.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "tests/integration/daemon_process.h"
#include "tests/integration/till.h"
#include "tests/sandbox/child_process.h"
#include "tests/sandbox/https_call.h"

namespace cibad {
namespace {

using testing::ElementsAre;

// Customers of customers.mjs.
constexpr char kApprovesAtOnce[] = "+47 910 00 001";
constexpr char kApprovesOncePending[] = "+47 910 00 002";
constexpr char kDeniesOncePending[] = "+47 910 00 003";
constexpr char kNeverAnswers[] = "+47 910 00 004";
constexpr char kUnknown[] = "+47 910 00 009";

// Node.js reads a hundred packages before the provider runs: seconds on a quiet machine, a minute
// on one that is building as well. A start that hangs says nothing of cibad, so there is another.
constexpr absl::Duration kStartLimit = absl::Seconds(90);
constexpr int kMostStarts = 3;
// Shorter than two polling intervals, so that the test is, too.
constexpr int kShortExpirySeconds = 7;
constexpr int kLongExpirySeconds = 120;

// How the provider signs, and how the till's client authenticates.
struct Way {
  const char* signing_algorithm;
  const char* auth_method;
};

constexpr Way kRs256WithBasic = {"RS256", "client_secret_basic"};
constexpr Way kEs256WithPost = {"ES256", "client_secret_post"};

void PrintTo(const Way& way, std::ostream* out) {
  *out << way.signing_algorithm << " with " << way.auth_method;
}

// A provider and a daemon in a folder of their own, gone with the test.
class InteropTest : public testing::Test {
 protected:
  ~InteropTest() override {
    daemon_.reset();
    provider_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void Start(const Way& way, int expires_in_seconds = kLongExpirySeconds) {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    ASSERT_NO_FATAL_FAILURE(StartProvider(way, expires_in_seconds));
    auto daemon = DaemonProcess::Start(folder_ + "/cibad.toml");
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
    ASSERT_TRUE(daemon_->WaitUntilServing().ok()) << Logs();
  }

  // Starts a login of the customer and watches it to its end.
  void LogIn(const std::string& phone_number, Watched* watched) {
    Till till("unix:" + folder_ + "/cibad.sock");
    v1::StartLoginRequest request = Request(phone_number);
    request.mutable_requested_expiry()->set_seconds(kLongExpirySeconds);
    const absl::StatusOr<v1::Login> started = till.Start(request);
    ASSERT_TRUE(started.ok()) << started.status() << Logs();
    *watched = till.WatchToEnd(started->id());
    ASSERT_TRUE(watched->status.ok()) << watched->status << Logs();
  }

  // What the provider saw of its only login.
  void ReadObservation(nlohmann::json* observation) {
    const absl::StatusOr<HttpsReply> reply =
        Perform({.url = issuer_ + "/interop/logins", .ca_file = folder_ + "/ca.pem"});
    ASSERT_TRUE(reply.ok()) << reply.status();
    const nlohmann::json report = nlohmann::json::parse(reply->body, nullptr, false);
    ASSERT_TRUE(report.is_object()) << reply->body;
    ASSERT_EQ(report["logins"].size(), 1u) << reply->body;
    *observation = report["logins"][0];
  }

  std::string Logs() const {
    return absl::StrCat("\nthe daemon's log:\n", daemon_->Log(), "\nthe provider's:\n",
                        provider_->Output(OutputStream::kStdout),
                        provider_->Output(OutputStream::kStderr));
  }

 private:
  void StartProvider(const Way& way, int expires_in_seconds) {
    absl::Status failure;
    for (int starts = 0; starts < kMostStarts; ++starts) {
      auto provider =
          ChildProcess::Start({"/usr/bin/env", "node", INTEROP_PROVIDER, "--dir", folder_,
                               "--signing-algorithm", way.signing_algorithm, "--auth-method",
                               way.auth_method, "--expires-in", absl::StrCat(expires_in_seconds)});
      ASSERT_TRUE(provider.ok()) << provider.status();
      provider_ = *std::move(provider);
      const auto line = provider_->WaitForLine(OutputStream::kStdout, "ready ", kStartLimit);
      if (line.ok()) {
        issuer_ = std::string(absl::StripPrefix(*line, "ready "));
        return;
      }
      failure = line.status();
      if (!provider_->IsRunning()) break;  // it has said why
    }
    FAIL() << failure;
  }

  std::string folder_ = testing::TempDir() + "cibad-interop-XXXXXX";
  std::string issuer_;
  std::unique_ptr<ChildProcess> provider_;
  std::unique_ptr<DaemonProcess> daemon_;
};

// Whether the watch begins before or after the customer has been asked is chance.
std::vector<v1::Login::State> StatesAfterStarting(const Watched& watched) {
  std::vector<v1::Login::State> states = watched.States();
  if (!states.empty() && states.front() == v1::Login::STARTING) states.erase(states.begin());
  return states;
}

// CIBA Core 10.1: never more often than the interval, which is 5 seconds where the provider says
// none (7.3); never two at a time; and none after the end.
void ExpectPolitePolls(const nlohmann::json& observation) {
  EXPECT_EQ(observation["early_polls"], 0) << observation;
  EXPECT_EQ(observation["overlapping_polls"], 0) << observation;
  EXPECT_EQ(observation["polls_after_the_end"], 0) << observation;
}

void ExpectProfileOfCustomer(const v1::Profile& profile, const std::string& msisdn) {
  EXPECT_EQ(profile.sub(), "customer-" + msisdn);
  EXPECT_EQ(profile.name(), "Åse Ødegård");
  EXPECT_EQ(profile.given_name(), "Åse");
  EXPECT_EQ(profile.family_name(), "Ødegård");
  EXPECT_EQ(profile.phone_number(), "+" + msisdn);
  EXPECT_TRUE(profile.phone_number_verified());
  EXPECT_EQ(profile.email(), "ase@example.com");
  EXPECT_TRUE(profile.email_verified());
  EXPECT_EQ(profile.birthdate(), "1990-02-28");
  ASSERT_EQ(profile.addresses_size(), 1);
  EXPECT_EQ(profile.addresses(0).street_address(), "Storgata 1\nH0101");
  EXPECT_EQ(profile.addresses(0).postal_code(), "0155");
  EXPECT_EQ(profile.addresses(0).region(), "OSLO");
  EXPECT_EQ(profile.addresses(0).country(), "NO");
}

class InteropWaysTest : public InteropTest, public testing::WithParamInterface<Way> {};

TEST_P(InteropWaysTest, ACustomerWhoApprovesIsLoggedInWithTheirProfile) {
  ASSERT_NO_FATAL_FAILURE(Start(GetParam()));
  Watched watched;
  ASSERT_NO_FATAL_FAILURE(LogIn(kApprovesOncePending, &watched));

  EXPECT_THAT(StatesAfterStarting(watched),
              ElementsAre(v1::Login::PENDING, v1::Login::CONFIRMED, v1::Login::COMPLETED))
      << watched.Last().ShortDebugString() << Logs();
  ExpectProfileOfCustomer(watched.Last().profile(), "4791000002");
  nlohmann::json observation;
  ASSERT_NO_FATAL_FAILURE(ReadObservation(&observation));
  EXPECT_EQ(observation["polls"], 2) << observation;
  ExpectPolitePolls(observation);
}

TEST_P(InteropWaysTest, TheProviderIsAskedForWhatTheTillAskedFor) {
  ASSERT_NO_FATAL_FAILURE(Start(GetParam()));
  Watched watched;
  ASSERT_NO_FATAL_FAILURE(LogIn(kApprovesAtOnce, &watched));

  EXPECT_EQ(watched.Last().state(), v1::Login::COMPLETED) << Logs();
  nlohmann::json observation;
  ASSERT_NO_FATAL_FAILURE(ReadObservation(&observation));
  EXPECT_EQ(observation["polls"], 1) << observation;
  ExpectPolitePolls(observation);
  EXPECT_EQ(observation["login_hint"], "urn:msisdn:4791000001");
  EXPECT_EQ(observation["scope"], "openid name phoneNumber email address birthDate");
  EXPECT_EQ(observation["requested_expiry"], absl::StrCat(kLongExpirySeconds));
  EXPECT_FALSE(watched.Last().binding_message().empty());
  EXPECT_EQ(observation["binding_message"], watched.Last().binding_message());
}

INSTANTIATE_TEST_SUITE_P(Ways, InteropWaysTest, testing::Values(kRs256WithBasic, kEs256WithPost),
                         [](const testing::TestParamInfo<Way>& way) {
                           return way.param.signing_algorithm;
                         });

TEST_F(InteropTest, ACustomerWhoDeniesEndsTheLogin) {
  ASSERT_NO_FATAL_FAILURE(Start(kRs256WithBasic));
  Watched watched;
  ASSERT_NO_FATAL_FAILURE(LogIn(kDeniesOncePending, &watched));

  EXPECT_THAT(StatesAfterStarting(watched), ElementsAre(v1::Login::PENDING, v1::Login::DENIED))
      << Logs();
  EXPECT_FALSE(watched.Last().has_profile());
  nlohmann::json observation;
  ASSERT_NO_FATAL_FAILURE(ReadObservation(&observation));
  EXPECT_EQ(observation["polls"], 2) << observation;
  ExpectPolitePolls(observation);
}

TEST_F(InteropTest, ACustomerWhoDoesNotAnswerInTimeEndsTheLogin) {
  ASSERT_NO_FATAL_FAILURE(Start(kRs256WithBasic, kShortExpirySeconds));
  Watched watched;
  ASSERT_NO_FATAL_FAILURE(LogIn(kNeverAnswers, &watched));

  EXPECT_THAT(StatesAfterStarting(watched), ElementsAre(v1::Login::PENDING, v1::Login::EXPIRED))
      << Logs();
  nlohmann::json observation;
  ASSERT_NO_FATAL_FAILURE(ReadObservation(&observation));
  EXPECT_GE(observation["polls"], 1) << observation;
  ExpectPolitePolls(observation);
}

TEST_F(InteropTest, ANumberThatTheProviderDoesNotKnowFailsAtOnce) {
  ASSERT_NO_FATAL_FAILURE(Start(kRs256WithBasic));
  Watched watched;
  ASSERT_NO_FATAL_FAILURE(LogIn(kUnknown, &watched));

  EXPECT_EQ(watched.Last().state(), v1::Login::FAILED) << Logs();
  EXPECT_EQ(watched.Last().failure().reason(), v1::Failure::INVALID_USER);
}

}  // namespace
}  // namespace cibad
