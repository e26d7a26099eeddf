// What can go wrong at the provider, and what the till is told of it: one daemon, all at once.
// Each of the sandbox's numbers is a provider with one fault; its README has the table.

#include <gmock/gmock.h>

#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::ContainerEq;

struct Fault {
  const char* phone_number;
  const char* what;
  v1::Login::State state;
  v1::Failure::Reason reason = v1::Failure::REASON_UNSPECIFIED;
};

constexpr auto kCompleted = v1::Login::COMPLETED;
constexpr auto kFailed = v1::Login::FAILED;

// clang-format off
const Fault kFaults[] = {
    // CIBA 13: the backchannel endpoint refuses.
    {"+4740000100", "unknown_user_id", kFailed, v1::Failure::INVALID_USER},
    {"+4740000101", "error_code invalid_user", kFailed, v1::Failure::INVALID_USER},
    {"+4740000102", "error invalid_user", kFailed, v1::Failure::INVALID_USER},
    {"+4740000103", "under 15", kFailed, v1::Failure::INVALID_USER},
    {"+4740000104", "error_code old_app", kFailed, v1::Failure::APP_OUTDATED},
    {"+4740000105", "error old_app", kFailed, v1::Failure::APP_OUTDATED},
    {"+4740000106", "outdated_app_version", kFailed, v1::Failure::APP_OUTDATED},
    {"+4740000107", "access_denied", v1::Login::DENIED},
    {"+4740000108", "unauthorized_client", kFailed, v1::Failure::REQUEST_REFUSED},
    {"+4740000109", "invalid_client", kFailed, v1::Failure::CREDENTIALS_REFUSED},
    {"+4740000110", "429, Retry-After", kFailed, v1::Failure::TOO_MANY_LOGINS},
    {"+4740000111", "429, Retry-After as a date", kFailed, v1::Failure::TOO_MANY_LOGINS},
    {"+4740000112", "429 alone", kFailed, v1::Failure::TOO_MANY_LOGINS},
    {"+4740000113", "429, problem+json", kFailed, v1::Failure::TOO_MANY_LOGINS},
    {"+4740000114", "server_error", kFailed, v1::Failure::PROVIDER_UNAVAILABLE},
    {"+4740000115", "an unknown error", kFailed, v1::Failure::OTHER},
    {"+4740000116", "an unknown error_code", kFailed, v1::Failure::OTHER},
    {"+4740000117", "400, problem+json", kFailed, v1::Failure::OTHER},
    {"+4740000118", "400 alone", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000119", "400, a page", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    // It is out of order: what may have arrived is never sent again.
    {"+4740000124", "the gateway's 401", kFailed, v1::Failure::CREDENTIALS_REFUSED},
    {"+4740000125", "HTTP 423", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000126", "a code with a phone number", kFailed, v1::Failure::OTHER},
    {"+4740000120", "HTTP 500", kFailed, v1::Failure::PROVIDER_UNAVAILABLE},
    {"+4740000121", "HTTP 503", kFailed, v1::Failure::PROVIDER_UNAVAILABLE},
    {"+4740000122", "HTTP 500, problem+json", kFailed, v1::Failure::PROVIDER_UNAVAILABLE},
    {"+4740000123", "HTTP 502, a page", kFailed, v1::Failure::PROVIDER_UNAVAILABLE},
    {"+4740000130", "connection dropped", kFailed, v1::Failure::INTERRUPTED},
    {"+4740000131", "connection cut", kFailed, v1::Failure::INTERRUPTED},
    {"+4740000132", "late by 8 seconds", kCompleted},
    // CIBA 7.3: the acknowledgement is malformed.
    {"+4740000140", "acknowledgement not JSON", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000141", "acknowledgement a page", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000142", "acknowledgement truncated", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000143", "acknowledgement empty", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000144", "acknowledgement an array", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000145", "no auth_req_id", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000146", "no expires_in", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000147", "no interval: 5 seconds", kCompleted},
    {"+4740000148", "auth_req_id a number", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000149", "auth_req_id empty", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000150", "expires_in an object", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000151", "expires_in negative", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000152", "interval a word", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000153", "auth_req_id twice", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000154", "acknowledgement not UTF-8", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000155", "acknowledgement of 2 MiB", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000156", "acknowledgement deep", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    // CIBA 10.1 and 11: the token endpoint has trouble, and recovers.
    {"+4740000200", "slow_down", kCompleted},
    {"+4740000201", "slow_down twice", kCompleted},
    {"+4740000202", "HTTP 500 three times", kCompleted},
    {"+4740000203", "503, Retry-After", kCompleted},
    {"+4740000204", "503, Retry-After as a date", kCompleted},
    {"+4740000205", "429, Retry-After", kCompleted},
    {"+4740000206", "502 twice", kCompleted},
    {"+4740000207", "dropped twice", kCompleted},
    {"+4740000208", "cut twice", kCompleted},
    {"+4740000209", "slow answers", kCompleted},
    // It has given the tokens, but to nobody; they are given once.
    {"+4740000210", "the tokens are lost", kFailed, v1::Failure::INTERRUPTED},
    {"+4740000211", "the tokens are cut", kFailed, v1::Failure::INTERRUPTED},
    // CIBA 11: it refuses.
    {"+4740000220", "expired_token", v1::Login::EXPIRED},
    {"+4740000221", "invalid_grant", kFailed, v1::Failure::REQUEST_REFUSED},
    {"+4740000222", "wrong_challenge", kFailed, v1::Failure::WRONG_CHALLENGE},
    {"+4740000223", "unknown_reject_reason", kFailed, v1::Failure::OTHER},
    {"+4740000224", "server_error", kFailed, v1::Failure::PROVIDER_UNAVAILABLE},
    {"+4740000225", "outdated_app_version", kFailed, v1::Failure::APP_OUTDATED},
    {"+4740000226", "error_code old_app", kFailed, v1::Failure::APP_OUTDATED},
    {"+4740000227", "error_code invalid_user", kFailed, v1::Failure::INVALID_USER},
    {"+4740000228", "an unknown error", kFailed, v1::Failure::OTHER},
    {"+4740000229", "invalid_client", kFailed, v1::Failure::CREDENTIALS_REFUSED},
    {"+4740000230", "unauthorized_client", kFailed, v1::Failure::REQUEST_REFUSED},
    {"+4740000231", "invalid_request", kFailed, v1::Failure::REQUEST_REFUSED},
    {"+4740000232", "400, a page", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000233", "400, problem+json", kFailed, v1::Failure::OTHER},
    // CIBA 10.1.1: its answer is malformed.
    {"+4740000234", "the gateway's 422", kFailed, v1::Failure::OTHER},
    {"+4740000240", "tokens not JSON", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000241", "tokens a page", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000242", "tokens truncated", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000243", "tokens empty", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000244", "no access_token", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000245", "no id_token", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000246", "no token_type", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000247", "token_type mac", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000248", "access_token a number", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000249", "id_token an object", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000250", "access_token twice", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000251", "tokens not UTF-8", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000252", "tokens of 2 MiB", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000253", "a line break in access_token", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000254", "token_type BEARER", kCompleted},
    {"+4740000255", "no expires_in", kCompleted},
    {"+4740000256", "no scope", kCompleted},
    // OpenID Connect Core 3.1.3.7: the ID token, in ways that are right ...
    {"+4740000300", "ES256", kCompleted},
    {"+4740000301", "a new key", kCompleted},
    {"+4740000302", "aud a string", kCompleted},
    {"+4740000303", "two audiences with azp", kCompleted},
    {"+4740000304", "the login's auth_req_id", kCompleted},
    {"+4740000305", "the login's auth_req_id as a URN", kCompleted},
    // ... and in all that are wrong.
    {"+4740000310", "bad signature", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000311", "an unpublished key", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000312", "a key that it brings", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000313", "alg none", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000314", "HS256 with the public key", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000315", "HS256 with the secret", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000316", "crit", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000317", "not a JWS", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000318", "PS256 by the published key", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000319", "RS512 by the published key", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000320", "another iss", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000321", "iss without its slash", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000322", "no iss", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000330", "another aud", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000331", "no aud", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000332", "two audiences without azp", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000333", "two audiences, another azp", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000340", "expired", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000341", "no exp", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000342", "iat a week ago", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000343", "iat in an hour", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000344", "no iat", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000350", "no sub", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000351", "another auth_req_id", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    {"+4740000352", "another auth_req_id as a URN", kFailed, v1::Failure::ID_TOKEN_REFUSED},
    // OpenID Connect Core 5.3: the profile.
    {"+4740000400", "another sub", kFailed, v1::Failure::PROFILE_REFUSED},
    {"+4740000401", "HTTP 500 twice", kCompleted},
    {"+4740000402", "503, Retry-After", kCompleted},
    {"+4740000403", "429, Retry-After", kCompleted},
    {"+4740000404", "dropped twice", kCompleted},
    {"+4740000405", "late by 8 seconds", kCompleted},
    {"+4740000406", "HTTP 401", kFailed, v1::Failure::PROFILE_REFUSED},
    {"+4740000407", "HTTP 500 until the tokens die", kFailed, v1::Failure::PROVIDER_UNAVAILABLE},
    {"+4740000410", "profile not JSON", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000411", "profile a page", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000412", "profile truncated", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000413", "profile empty", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000414", "no sub", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000415", "sub a number", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000416", "name a number", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000417", "address a string", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000418", "sub twice", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000419", "profile not UTF-8", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000420", "profile of 2 MiB", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000421", "profile deep", kFailed, v1::Failure::PROVIDER_ANSWER_INVALID},
    {"+4740000430", "phone number with a plus", kCompleted},
    {"+4740000431", "no address", kCompleted},
    {"+4740000432", "a plan without nin", kCompleted},
    {"+4740000433", "no consents", kCompleted},
    // And those at whom nothing is wrong.
    {"+4740000000", "approves", kCompleted},
    {"+4740000003", "approves after 3 seconds", kCompleted},
    {"+4740000010", "approves after 10 seconds", kCompleted},
    {"+4740000020", "denies", v1::Login::DENIED},
    {"+4740000023", "denies after 3 seconds", v1::Login::DENIED},
    {"+4520000000", "Danish", kCompleted},
    {"+4520000003", "Danish, after 3 seconds", kCompleted},
    {"+46700000000", "Swedish", kCompleted},
    {"+46700000003", "Swedish, after 3 seconds", kCompleted},
    {"+358400000000", "Finnish", kCompleted},
    {"+358400000003", "Finnish, after 3 seconds", kCompleted},
};
// clang-format on

// Customers of whom other tests have more to tell than how their login ends.
// clang-format off
constexpr const char* kElsewhere[] = {
    "+4740000030",                                                                    // login_test.cc
    "+298210000", "+3584570000000", "+4740000434",                                    // customer_test.cc
    "+4740000306", "+4740000307",                                                     // sales_units_test.cc
    "+4740000500", "+4740000501", "+4740000502", "+4740000503", "+4740000504",        // check_user_test.cc
    "+4740000505", "+4740000506", "+4740000510", "+4740000511", "+4740000512",
    "+4740000600", "+4740000601", "+4740000602", "+4740000603"};                      // web_page_test.cc
// clang-format on

using FailureTest = IntegrationTest;

TEST_F(FailureTest, EveryFaultOfTheProviderHasItsEndAndBreaksNoRule) {
  std::map<std::string, std::string> ids;
  for (const Fault& fault : kFaults) ids[fault.phone_number] = MustStart(fault.phone_number);

  for (const Fault& fault : kFaults) {
    const Watched watched = till_->WatchToEnd(ids[fault.phone_number]);
    EXPECT_TRUE(watched.status.ok()) << fault.phone_number << " " << watched.status;
    const v1::Login login = watched.Last();
    EXPECT_EQ(v1::Login::State_Name(login.state()), v1::Login::State_Name(fault.state))
        << fault.phone_number << ": " << fault.what;
    EXPECT_EQ(v1::Failure::Reason_Name(login.failure().reason()),
              v1::Failure::Reason_Name(fault.reason))
        << fault.phone_number << ": " << fault.what;
    EXPECT_EQ(login.has_profile(), fault.state == kCompleted) << fault.phone_number;
    if (login.state() == kFailed) {
      EXPECT_NE(login.failure().staff_message(), "") << fault.phone_number;
    }
  }
  ExpectNoViolations();
  ExpectEachAskedOnce();
  EXPECT_TRUE(daemon_->process().IsRunning());
}

// A number that nobody calls tests nothing: whoever adds one to the sandbox says here how it ends.
TEST_F(FailureTest, NoNumberOfTheSandboxIsForgotten) {
  std::set<std::string> called(std::begin(kElsewhere), std::end(kElsewhere));
  for (const Fault& fault : kFaults) called.insert(fault.phone_number);
  const absl::StatusOr<std::string> text = sandbox_->NumbersText();
  ASSERT_TRUE(text.ok()) << text.status();
  std::set<std::string> listed;
  for (const absl::string_view line : absl::StrSplit(*text, '\n', absl::SkipEmpty())) {
    const absl::string_view number = line.substr(0, line.find(' '));
    const bool is_range = absl::EndsWith(number, "SSNNN");  // concurrency_test.cc calls them
    if (absl::StartsWith(number, "+") && !is_range) listed.emplace(number);
  }
  EXPECT_GT(listed.size(), 100U);
  EXPECT_THAT(called, ContainerEq(listed));
}

TEST_F(FailureTest, AClaimThatTheSalesUnitsPlanLacksIsLeftOut) {
  v1::StartLoginRequest request = Request("+47 400 00 432");
  request.add_scopes("nin");
  const absl::StatusOr<v1::Login> started = till_->Start(request);
  ASSERT_TRUE(started.ok()) << started.status();
  const v1::Login login = till_->WatchToEnd(started->id()).Last();
  EXPECT_EQ(login.state(), v1::Login::COMPLETED) << login.staff_message();
  EXPECT_EQ(login.profile().nin(), "");
  EXPECT_NE(login.profile().name(), "");
}

TEST_F(FailureTest, TheTillIsToldHowLongToWaitAfterTooManyLogins) {
  const v1::Login told = till_->WatchToEnd(MustStart("+47 400 00 110")).Last();
  EXPECT_EQ(told.failure().retry_after().seconds(), 30);
  const v1::Login not_told = till_->WatchToEnd(MustStart("+47 400 00 112")).Last();
  EXPECT_EQ(not_told.failure().reason(), v1::Failure::TOO_MANY_LOGINS);
  EXPECT_FALSE(not_told.failure().has_retry_after());
}

TEST_F(FailureTest, TheProvidersOwnCodeIsGivenForSupport) {
  EXPECT_EQ(till_->WatchToEnd(MustStart("+47 400 00 228")).Last().failure().provider_code(),
            "customer_on_the_moon");
}

TEST_F(FailureTest, APhoneNumberInACodeReachesNeitherTheTillNorTheLog) {
  const v1::Login login = till_->WatchToEnd(MustStart("+47 400 00 126")).Last();
  EXPECT_EQ(login.failure().provider_code(), "blocked_**********");
  EXPECT_THAT(login.staff_message(), testing::HasSubstr("(blocked_**********)"));
  EXPECT_THAT(daemon_->Log(), testing::HasSubstr("code=blocked_**********"));
  EXPECT_THAT(daemon_->Log(), testing::Not(testing::HasSubstr("4740000126")));
}

TEST_F(FailureTest, TheLogHasTheTraceIdOfTheBodyOrOfAHeader) {
  till_->WatchToEnd(MustStart("+47 400 00 117"));
  EXPECT_THAT(daemon_->Log(), testing::HasSubstr("traceId 00-5a6db0c5-sandbox-01"));
  till_->WatchToEnd(MustStart("+47 400 00 234"));
  EXPECT_THAT(daemon_->Log(), testing::HasSubstr("x-request-id 5a6db0c5-gateway-01"));
}

}  // namespace
}  // namespace cibad
