// The main job, on real sockets: a till starts a login, the customer decides, the till is told.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::AnyOf;
using testing::ElementsAre;

constexpr char kDecidedByHand[] = "+47 912 34 567";
constexpr char kDecidedByHandMsisdn[] = "4791234567";

class LoginTest : public IntegrationTest {
 protected:
  // A watch that began after the customer was asked has nothing to tell of STARTING.
  static std::vector<v1::Login::State> StatesAfterStarting(const Watched& watched) {
    std::vector<v1::Login::State> states = watched.States();
    if (!states.empty() && states.front() == v1::Login::STARTING) states.erase(states.begin());
    return states;
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

  // A login that starts later polls twice: the cancelled one would have polled in that time, too.
  const auto polls_before = sandbox_->Totals();
  ASSERT_TRUE(polls_before.ok()) << polls_before.status();
  EXPECT_EQ(till_->WatchToEnd(MustStart(kApproves)).Last().state(), v1::Login::COMPLETED);
  const auto polls_after = sandbox_->Totals();
  ASSERT_TRUE(polls_after.ok()) << polls_after.status();
  // One poll of the second login; one of the first may have been under way when it was cancelled.
  EXPECT_LE(polls_after->at("polls"), polls_before->at("polls") + 2);
  ExpectNoViolations();
}

TEST_F(LoginTest, ACancelAfterTheEndGivesTheLoginUnchanged) {
  const std::string id = MustStart(kApproves);
  const Watched watched = till_->WatchToEnd(id);
  const absl::StatusOr<v1::Login> cancelled = till_->Cancel(id);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->SerializeAsString(), watched.Last().SerializeAsString());
}

TEST_F(LoginTest, ACustomerWhoDoesNotAnswerInTimeEndsTheLogin) {
  // The shortest that a start may ask for is a minute; this number's provider ends it before.
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
  EXPECT_EQ(till_->Acknowledge(id).code(), absl::StatusCode::kFailedPrecondition);
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
