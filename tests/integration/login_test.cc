// The main job, on real sockets: a till starts a login, the customer decides, the till is told.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::AnyOf;
using testing::ElementsAre;

constexpr char kDecidedByHand[] = "+47 912 34 567";
constexpr char kDecidedByHandMsisdn[] = "4791234567";
constexpr char kNeverAnswersMsisdn[] = "4740000030";

class LoginTest : public IntegrationTest {
 protected:
  // A watch that began after the customer was asked has nothing to tell of STARTING.
  static std::vector<v1::Login::State> StatesAfterStarting(const Watched& watched) {
    std::vector<v1::Login::State> states = watched.States();
    if (!states.empty() && states.front() == v1::Login::STARTING) states.erase(states.begin());
    return states;
  }

  // How often this customer's one login was polled, by the sandbox's count.
  int PollsOf(const std::string& msisdn) {
    const auto report = nlohmann::json::parse(sandbox_->LoginsJson().value_or(""), nullptr, false);
    if (report.is_object()) {
      for (const auto& login : report["logins"]) {
        if (login["phone"] == msisdn) return login["polls"].get<int>();
      }
    }
    ADD_FAILURE() << "the sandbox knows no login of " << msisdn;
    return -1;
  }
};

TEST_F(LoginTest, ACustomerWhoApprovesIsLoggedInWithAVerifiedProfile) {
  const absl::StatusOr<v1::Login> started = till_->Start(kApproves);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_THAT(started->state(), AnyOf(v1::Login::STARTING, v1::Login::PENDING));
  EXPECT_EQ(started->masked_phone_number(), "47*****000");
  EXPECT_FALSE(started->binding_message().empty());

  const Watched watched = till_->WatchToEnd(started->id());
  EXPECT_TRUE(watched.status.ok()) << watched.status;
  EXPECT_THAT(StatesAfterStarting(watched),
              ElementsAre(v1::Login::PENDING, v1::Login::CONFIRMED, v1::Login::COMPLETED))
      << daemon_->Log();
  for (const v1::Login& login : watched.logins) {
    EXPECT_EQ(login.has_profile(), login.state() == v1::Login::COMPLETED);
    EXPECT_EQ(login.has_end_time(), login.state() == v1::Login::COMPLETED);
    EXPECT_EQ(login.has_expire_time(), login.state() != v1::Login::STARTING);
  }
  const v1::Profile profile = watched.Last().profile();
  EXPECT_FALSE(profile.sub().empty());
  EXPECT_EQ(profile.name(), "Ada Lovisa Nordmann");
  EXPECT_EQ(profile.given_name(), "Ada Lovisa");
  EXPECT_EQ(profile.family_name(), "Nordmann");
  EXPECT_EQ(profile.phone_number(), "+4740000000");
  EXPECT_FALSE(profile.email().empty());
  EXPECT_FALSE(profile.birthdate().empty());
  EXPECT_GE(profile.addresses_size(), 1);
  ExpectNoViolations();
}

TEST_F(LoginTest, AWatchOfALoginThatHasEndedTellsTheEndAtOnce) {
  const std::string id = MustStart(kApproves);
  const Watched first = till_->WatchToEnd(id);
  const Watched second = till_->WatchToEnd(id);
  ASSERT_EQ(second.logins.size(), 1u);
  EXPECT_EQ(second.Last().state(), v1::Login::COMPLETED);
  EXPECT_EQ(second.Last().profile().sub(), first.Last().profile().sub());
  EXPECT_TRUE(second.status.ok()) << second.status;
}

TEST_F(LoginTest, EveryWatchOfALoginIsTold) {
  const std::string id = MustStart(kDecidedByHand);
  EXPECT_EQ(till_->WatchUntil(id, v1::Login::PENDING).Last().state(), v1::Login::PENDING);
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 10; ++i) {
    watches.push_back(till_->Open(id));
    const std::optional<v1::Login> first = watches.back()->Next();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->state(), v1::Login::PENDING);
  }
  const absl::Status approved = sandbox_->Approve(kDecidedByHandMsisdn);
  ASSERT_TRUE(approved.ok()) << approved;
  for (const auto& watch : watches) {
    v1::Login last;
    while (const std::optional<v1::Login> login = watch->Next()) last = *login;
    EXPECT_EQ(last.state(), v1::Login::COMPLETED);
    EXPECT_TRUE(watch->Finish().ok());
  }
}

TEST_F(LoginTest, ACustomerWhoDeniesEndsTheLogin) {
  const Watched watched = till_->WatchToEnd(MustStart(kDenies));
  EXPECT_TRUE(watched.status.ok()) << watched.status;
  EXPECT_THAT(StatesAfterStarting(watched), ElementsAre(v1::Login::PENDING, v1::Login::DENIED));
  EXPECT_FALSE(watched.Last().has_profile());
  EXPECT_FALSE(watched.Last().has_failure());
  ExpectNoViolations();
}

TEST_F(LoginTest, ALoginThatTheTillCancelsEndsAndIsPolledNoMore) {
  const std::string id = MustStart(kNeverAnswers);
  const std::unique_ptr<Watch> watch = till_->Open(id);
  std::optional<v1::Login> login = watch->Next();
  while (login.has_value() && login->state() != v1::Login::PENDING) login = watch->Next();
  ASSERT_TRUE(login.has_value());

  const absl::StatusOr<v1::Login> cancelled = till_->Cancel(id);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state(), v1::Login::CANCELLED);
  login = watch->Next();
  ASSERT_TRUE(login.has_value());
  EXPECT_EQ(login->state(), v1::Login::CANCELLED);
  EXPECT_FALSE(watch->Next().has_value());
  EXPECT_TRUE(watch->Finish().ok());

  // A login that starts later polls several times: the cancelled one would have, too. When the
  // second has been acknowledged, a poll that was under way at the cancel has long been counted.
  const std::string other = MustStart("+47 400 00 003");
  till_->WatchUntil(other, v1::Login::PENDING);
  const int polls_before = PollsOf(kNeverAnswersMsisdn);
  EXPECT_EQ(till_->WatchToEnd(other).Last().state(), v1::Login::COMPLETED);
  EXPECT_GE(PollsOf("4740000003"), 2);
  EXPECT_EQ(PollsOf(kNeverAnswersMsisdn), polls_before);
  ExpectNoViolations();
}

TEST_F(LoginTest, ACancelAfterTheEndGivesTheLoginUnchanged) {
  const std::string id = MustStart(kApproves);
  const Watched watched = till_->WatchToEnd(id);
  const absl::StatusOr<v1::Login> cancelled = till_->Cancel(id);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->SerializeAsString(), watched.Last().SerializeAsString());
}

// The provider's time is up before the first poll is due, so nobody but the daemon can end it.
TEST_F(LoginTest, ACustomerWhoDoesNotAnswerInTimeEndsTheLoginByTheDaemonsOwnClock) {
  StopDaemon();
  ASSERT_NO_FATAL_FAILURE(StartSandbox({.interval_seconds = 30, .expires_in_seconds = 2}));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  const Watched watched = till_->WatchToEnd(MustStart(kNeverAnswers));
  EXPECT_TRUE(watched.status.ok()) << watched.status;
  EXPECT_THAT(StatesAfterStarting(watched), ElementsAre(v1::Login::PENDING, v1::Login::EXPIRED));
  EXPECT_EQ(PollsOf(kNeverAnswersMsisdn), 0);
  const v1::Login login = watched.Last();
  EXPECT_GE(login.end_time().seconds(), login.expire_time().seconds());
  ExpectNoViolations();
}

TEST_F(LoginTest, AProviderThatCallsTheLoginExpiredEndsIt) {
  // This number's provider does so before the time.
  const Watched watched = till_->WatchToEnd(MustStart("+47 400 00 220"));
  EXPECT_THAT(StatesAfterStarting(watched), ElementsAre(v1::Login::PENDING, v1::Login::EXPIRED));
}

TEST_F(LoginTest, AListHasTheLoginsNewestFirstInPagesAndWithoutProfiles) {
  const std::string first = MustStart(kApproves);
  till_->WatchToEnd(first);
  const std::string second = MustStart(kNeverAnswers);
  const std::string third = MustStart(kDecidedByHand);

  v1::ListLoginsRequest request;
  request.set_page_size(2);
  const auto page = till_->List(request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->logins_size(), 2);
  EXPECT_EQ(page->logins(0).id(), third);
  EXPECT_EQ(page->logins(1).id(), second);
  request.set_page_token(page->next_page_token());
  const auto rest = till_->List(request);
  ASSERT_TRUE(rest.ok()) << rest.status();
  ASSERT_EQ(rest->logins_size(), 1);
  EXPECT_EQ(rest->logins(0).id(), first);
  EXPECT_EQ(rest->logins(0).state(), v1::Login::COMPLETED);
  EXPECT_FALSE(rest->logins(0).has_profile());
  EXPECT_EQ(rest->next_page_token(), "");

  v1::ListLoginsRequest unfinished;
  unfinished.set_unfinished_only(true);
  const auto waiting = till_->List(unfinished);
  ASSERT_TRUE(waiting.ok()) << waiting.status();
  EXPECT_EQ(waiting->logins_size(), 2);
}

TEST_F(LoginTest, AnAcknowledgedLoginIsErased) {
  const std::string id = MustStart(kApproves);
  ASSERT_EQ(till_->WatchToEnd(id).Last().state(), v1::Login::COMPLETED);
  EXPECT_TRUE(till_->Acknowledge(id).ok());
  EXPECT_EQ(till_->Get(id).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(till_->WatchToEnd(id).status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(till_->Acknowledge(id).code(), absl::StatusCode::kNotFound);
}

TEST_F(LoginTest, ALoginThatHasNotEndedCannotBeAcknowledged) {
  const std::string id = MustStart(kDecidedByHand);
  const absl::Status refused = till_->Acknowledge(id);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), testing::StartsWith("id: "));
  EXPECT_TRUE(till_->Get(id).ok());
}

TEST_F(LoginTest, StaffAreToldInTheLanguageOfTheStartUntilItsEnd) {
  v1::StartLoginRequest request = Request(kDenies);
  request.set_language_code("nb-NO");
  const auto login = till_->Start(request);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->language_code(), "nb");
  EXPECT_EQ(till_->WatchToEnd(login->id()).Last().staff_message(), "Kunden avslo innloggingen.");

  request.set_language_code("nb_NO");
  EXPECT_EQ(till_->Start(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(LoginTest, TheTillsReferenceAndBindingMessageComeBack) {
  v1::StartLoginRequest request = Request(kApproves);
  request.set_reference("receipt 17");
  request.set_binding_message("till-07");
  const absl::StatusOr<v1::Login> started = till_->Start(request);
  ASSERT_TRUE(started.ok()) << started.status();
  const v1::Login login = till_->WatchToEnd(started->id()).Last();
  EXPECT_EQ(login.state(), v1::Login::COMPLETED);
  EXPECT_EQ(login.reference(), "receipt 17");
  EXPECT_EQ(login.binding_message(), "TILL-07");
  const auto seen = sandbox_->LoginsJson();
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(*seen, testing::HasSubstr("TILL-07"));
  EXPECT_THAT(*seen, testing::Not(testing::HasSubstr("receipt 17")));
}

}  // namespace
}  // namespace cibad
