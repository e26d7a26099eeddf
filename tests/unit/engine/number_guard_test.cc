#include "server/engine/number_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/engine/call_status.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;
using Code = absl::StatusCode;

const absl::Time kStart = absl::FromUnixSeconds(1'780'000'000);
constexpr NumberGuard::Limits kLimits = {.starts = 3, .window = absl::Minutes(10)};

LoginRequest StartOf(const std::string& caller, const std::string& msisdn = "4791234567") {
  LoginRequest request;
  request.caller = caller;
  request.sales_unit = "123456";
  request.msisdn = msisdn;
  return request;
}

class NumberGuardTest : public testing::Test {
 protected:
  // Starts a login that becomes one, and gives the status.
  absl::Status Begin(const LoginRequest& request, const std::string& id, absl::Time now = kStart) {
    const NumberGuard::Verdict verdict = guard_.Admit(request, id, kLimits, now);
    if (verdict.hold != nullptr) verdict.hold->Keep();
    return verdict.status;
  }
  void End(const LoginRequest& request, const std::string& id) {
    Login login;
    login.id = id;
    login.request = request;
    guard_.Remove(login);
  }
  NumberGuard guard_;
};

TEST_F(NumberGuardTest, OneLoginOfACustomerIsPendingAtASalesUnit) {
  ASSERT_TRUE(Begin(StartOf("till"), "first").ok());
  const absl::Status second = Begin(StartOf("till"), "second");
  EXPECT_EQ(second.code(), Code::kAlreadyExists);
  EXPECT_THAT(std::string(second.message()), HasSubstr("first"));
  EXPECT_THAT(std::string(second.message()), Not(HasSubstr("91234")));
  End(StartOf("till"), "first");
  EXPECT_TRUE(Begin(StartOf("till"), "second").ok());
}

TEST_F(NumberGuardTest, AnotherCallersLoginIsInTheWayAndNotNamed) {
  ASSERT_TRUE(Begin(StartOf("till"), "first").ok());
  const NumberGuard::Verdict verdict = guard_.Admit(StartOf("other"), "second", kLimits, kStart);
  EXPECT_EQ(verdict.status.code(), Code::kAlreadyExists);
  EXPECT_EQ(verdict.own_pending, "");
  EXPECT_THAT(std::string(verdict.status.message()), Not(HasSubstr("first")));
}

TEST_F(NumberGuardTest, OtherSalesUnitsAndOtherCustomersAreNotInTheWay) {
  ASSERT_TRUE(Begin(StartOf("till"), "first").ok());
  LoginRequest elsewhere = StartOf("till");
  elsewhere.sales_unit = "654321";
  EXPECT_TRUE(Begin(elsewhere, "second").ok());
  EXPECT_TRUE(Begin(StartOf("till", "4791234568"), "third").ok());
  LoginRequest checked_in = StartOf("till", "");
  checked_in.customer_token = "token";
  EXPECT_TRUE(Begin(checked_in, "fourth").ok());
  EXPECT_EQ(Begin(checked_in, "fifth").code(), Code::kAlreadyExists);
}

TEST_F(NumberGuardTest, ARepeatedStartIsLetInAndNotCounted) {
  LoginRequest request = StartOf("till");
  request.request_id = "request-1";
  ASSERT_TRUE(Begin(request, "first").ok());
  for (int i = 0; i < 10; ++i) {
    const NumberGuard::Verdict verdict = guard_.Admit(request, "again", kLimits, kStart);
    EXPECT_TRUE(verdict.status.ok());
    EXPECT_EQ(verdict.hold, nullptr);
  }
  End(request, "first");
  EXPECT_TRUE(Begin(StartOf("till"), "second").ok());
  request.caller = "other";
  EXPECT_EQ(Begin(request, "fourth").code(), Code::kAlreadyExists)
      << "another's request_id is none";
}

TEST_F(NumberGuardTest, ACustomerIsAskedSoOftenInTheWindowOverAllCallersAndSalesUnits) {
  for (int i = 0; i < 3; ++i) {
    LoginRequest request = StartOf(absl::StrCat("till-", i));
    request.sales_unit = absl::StrCat("12345", i);
    ASSERT_TRUE(Begin(request, "login", kStart + absl::Minutes(i)).ok());
    End(request, "login");
  }
  const absl::Status refused = Begin(StartOf("till-9"), "login", kStart + absl::Minutes(4));
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_EQ(RetryDelayOf(refused), absl::Minutes(6));
  EXPECT_TRUE(Begin(StartOf("till-9", "4799999999"), "login", kStart + absl::Minutes(4)).ok());
  EXPECT_TRUE(Begin(StartOf("till-9"), "login", kStart + absl::Minutes(10)).ok());
}

// Or a start that takes its place would end it for nothing.
TEST_F(NumberGuardTest, WhoWasAskedTooOftenHasNoLoginInTheWay) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Begin(StartOf("till"), "earlier").ok());
    End(StartOf("till"), "earlier");
  }
  ASSERT_TRUE(Begin(StartOf("till"), "pending").ok());
  const NumberGuard::Verdict verdict = guard_.Admit(StartOf("till"), "next", kLimits, kStart);
  EXPECT_EQ(verdict.status.code(), Code::kResourceExhausted);
  EXPECT_EQ(verdict.own_pending, "");
}

TEST_F(NumberGuardTest, AStartOfWhichNoLoginCameIsTakenBack) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(guard_.Admit(StartOf("till"), "never", kLimits, kStart).status.ok());
  }
}

TEST_F(NumberGuardTest, WhatWasThereBeforeCounts) {
  Login login;
  login.id = "recovered";
  login.request = StartOf("till");
  login.create_time = kStart;
  guard_.Add(login);
  EXPECT_EQ(Begin(StartOf("till"), "second").code(), Code::kAlreadyExists);
  guard_.Remove(login);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Begin(StartOf("till"), "next").ok());
    End(StartOf("till"), "next");
  }
  EXPECT_EQ(Begin(StartOf("till"), "last").code(), Code::kResourceExhausted);
}

// As a store has it: by one hash for each of its keys.
std::vector<CustomerHash> TwoHashesOf(const LoginRequest& request) {
  const auto number = static_cast<CustomerHash>(std::stoull(request.msisdn));
  return {number, number + 1'000'000'000'000};
}

TEST(NumberGuardAfterARestart, EarlierStartsCountUnderEveryKey) {
  NumberGuard guard(&TwoHashesOf);
  guard.SetEarlier({{4791234567, kStart + absl::Minutes(2)},
                    {4799999999, kStart},
                    {1'004'791'234'567, kStart + absl::Minutes(1)},
                    {4791234567, kStart - absl::Minutes(8)}});
  const auto admit = [&](absl::Duration after) {
    const NumberGuard::Verdict verdict =
        guard.Admit(StartOf("till"), "id", kLimits, kStart + after);
    if (verdict.hold != nullptr) verdict.hold->Keep();
    Login login;
    login.id = "id";
    login.request = StartOf("till");
    guard.Remove(login);
    return verdict.status;
  };
  const absl::Status refused = admit(absl::Seconds(119));
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_EQ(RetryDelayOf(refused), absl::Seconds(1));
  EXPECT_TRUE(admit(absl::Minutes(2)).ok()) << "the first is over";
  EXPECT_EQ(admit(absl::Minutes(3)).code(), Code::kResourceExhausted) << "with the new one";
  EXPECT_TRUE(admit(absl::Minutes(11)).ok());
  EXPECT_TRUE(admit(absl::Minutes(13)).ok()) << "all earlier ones are over";
  EXPECT_TRUE(admit(absl::Minutes(13)).ok());
  EXPECT_EQ(admit(absl::Minutes(13)).code(), Code::kResourceExhausted);
}

// Its start is among the earlier ones.
TEST(NumberGuardAfterARestart, APendingLoginIsCountedOnce) {
  NumberGuard guard(&TwoHashesOf);
  Login login;
  login.id = "recovered";
  login.request = StartOf("till");
  login.create_time = kStart;
  guard.SetEarlier({{4791234567, kStart}});
  guard.AddPending(login);
  EXPECT_EQ(guard.Admit(StartOf("till"), "id", kLimits, kStart).status.code(),
            Code::kAlreadyExists);
  guard.Remove(login);
  for (int i = 0; i < 2; ++i) {
    const NumberGuard::Verdict verdict = guard.Admit(StartOf("till"), "id", kLimits, kStart);
    ASSERT_TRUE(verdict.status.ok());
    verdict.hold->Keep();
    login.id = "id";
    guard.Remove(login);
  }
  EXPECT_EQ(guard.Admit(StartOf("till"), "id", kLimits, kStart).status.code(),
            Code::kResourceExhausted);
}

TEST(NumberGuardAfterARestart, TheStoreIsAskedOnlyWhileEarlierStartsCount) {
  int asked = 0;
  NumberGuard guard([&](const LoginRequest&) {
    ++asked;
    return std::vector<CustomerHash>{1};
  });
  EXPECT_TRUE(guard.Admit(StartOf("till"), "id", kLimits, kStart).status.ok());
  EXPECT_EQ(asked, 0);
  guard.SetEarlier({{2, kStart}});
  EXPECT_TRUE(guard.Admit(StartOf("till"), "id", kLimits, kStart).status.ok());
  EXPECT_EQ(asked, 1);
  const absl::Time over = kStart + kLimits.window;
  EXPECT_TRUE(guard.Admit(StartOf("till"), "id", kLimits, over).status.ok());
  EXPECT_TRUE(guard.Admit(StartOf("till"), "id", kLimits, over).status.ok());
  EXPECT_EQ(asked, 2);
}

TEST(NumberGuardLimit, BeyondItNobodyIsAskedUntilStartsAreOver) {
  NumberGuard guard(&TwoHashesOf, 4);
  guard.SetEarlier({{1, kStart}});
  const auto admit = [&](int customer, absl::Duration after) {
    const std::string number = absl::StrCat(4790000000 + customer);
    const NumberGuard::Verdict verdict =
        guard.Admit(StartOf("till", number), number, kLimits, kStart + after);
    if (verdict.hold != nullptr) verdict.hold->Keep();
    return verdict.status;
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(admit(i, absl::Minutes(i + 1)).ok());
  const absl::Status refused = admit(3, absl::Minutes(9));
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("too many customers"));
  EXPECT_EQ(admit(4, absl::Minutes(9)).code(), Code::kResourceExhausted);
  EXPECT_TRUE(admit(3, absl::Minutes(11)).ok()) << "two are over";
  EXPECT_TRUE(admit(4, absl::Minutes(12)).ok());
}

TEST(NumberGuardLimit, WhatIsTakenBackTakesNoRoom) {
  NumberGuard guard(nullptr, 2);
  for (int i = 0; i < 10; ++i) {
    const std::string number = absl::StrCat(4790000000 + i);
    EXPECT_TRUE(guard.Admit(StartOf("till", number), number, kLimits, kStart).status.ok());
  }
}

TEST_F(NumberGuardTest, AnEndThatComesLateFreesNobodyElsesPlace) {
  ASSERT_TRUE(Begin(StartOf("till"), "first").ok());
  End(StartOf("till"), "another");
  EXPECT_EQ(Begin(StartOf("till"), "second").code(), Code::kAlreadyExists);
}

}  // namespace
}  // namespace cibad
