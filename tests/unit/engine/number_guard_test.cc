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

TEST_F(NumberGuardTest, AnEndThatComesLateFreesNobodyElsesPlace) {
  ASSERT_TRUE(Begin(StartOf("till"), "first").ok());
  End(StartOf("till"), "another");
  EXPECT_EQ(Begin(StartOf("till"), "second").code(), Code::kAlreadyExists);
}

}  // namespace
}  // namespace cibad
