#include "server/rpc/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/rpc/test_caller.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

SalesUnits ThreeUnits() {
  SalesUnits units;
  for (const char* msn : {"111111", "222222", "333333"}) units[msn].msn = msn;
  units["333333"].is_default = true;
  return units;
}

// A policy that names nothing.
CallerPolicy Nothing() { return CallerPolicy{.name = "tills"}; }

std::string Found(const std::string& msn, const CallerPolicy& policy) {
  const SalesUnits units = ThreeUnits();
  const auto unit = FindSalesUnit(msn, policy, units);
  return unit.ok() ? (*unit)->msn : std::string(unit.status().message());
}

TEST(Policy, WhatIsNotNamedIsRefused) {
  EXPECT_EQ(CheckRpc(Nothing(), "GetLogin").code(), absl::StatusCode::kPermissionDenied);
  LoginRequest request;
  request.scopes = {"openid"};
  EXPECT_TRUE(CheckStart(Nothing(), request).ok()) << "openid is no claim";
  request.scopes = {"openid", "name"};
  EXPECT_EQ(CheckStart(Nothing(), request).code(), absl::StatusCode::kPermissionDenied);
  request.scopes = {"openid"};
  request.redirect_uri = "https://shop.example/done";
  EXPECT_EQ(CheckStart(Nothing(), request).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(FindSalesUnit("111111", Nothing(), ThreeUnits()).status().code(),
            absl::StatusCode::kNotFound);
}

TEST(Policy, AnRpcIsNamedWhole) {
  CallerPolicy policy = Nothing();
  policy.rpcs = {"GetLogin"};
  EXPECT_TRUE(CheckRpc(policy, "GetLogin").ok());
  EXPECT_THAT(std::string(CheckRpc(policy, "Get").message()), HasSubstr("Get;"));
  policy.rpcs = {"*"};
  EXPECT_TRUE(CheckRpc(policy, "Get").ok());
}

TEST(Policy, TheScopeThatIsRefusedIsNamed) {
  CallerPolicy policy = Nothing();
  policy.scopes = {"name", "phoneNumber"};
  LoginRequest request;
  request.scopes = {"openid", "name", "nin"};
  const absl::Status status = CheckStart(policy, request);
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), StartsWith("scopes: this caller may not ask for nin"));
  request.scopes = {"openid", "name", "phoneNumber"};
  EXPECT_TRUE(CheckStart(policy, request).ok());
}

TEST(Policy, ARedirectUriIsNamedToTheLetter) {
  CallerPolicy policy = Nothing();
  policy.redirect_uris = {"https://shop.example/done"};
  LoginRequest request;
  request.redirect_uri = "https://shop.example/done";
  EXPECT_TRUE(CheckStart(policy, request).ok());
  for (const char* uri : {"https://shop.example/done/", "https://shop.example/done?a=b",
                          "https://shop.example", "https://SHOP.example/done"}) {
    request.redirect_uri = uri;
    EXPECT_EQ(CheckStart(policy, request).code(), absl::StatusCode::kPermissionDenied) << uri;
  }
}

TEST(Policy, AForbiddenSalesUnitIsToItsCallerOneThatIsNotThere) {
  CallerPolicy policy = Nothing();
  policy.sales_units = {"111111"};
  EXPECT_EQ(Found("111111", policy), "111111");
  const absl::Status forbidden = FindSalesUnit("222222", policy, ThreeUnits()).status();
  const absl::Status unknown = FindSalesUnit("222222", policy, SalesUnits{}).status();
  EXPECT_EQ(forbidden, unknown);
  EXPECT_EQ(forbidden.code(), absl::StatusCode::kNotFound);
}

TEST(Policy, AStartThatNamesNoSalesUnitIsForTheCallersDefault) {
  CallerPolicy policy = Nothing();
  policy.sales_units = {"*"};
  EXPECT_EQ(Found("", policy), "333333") << "the daemon's, where the caller has none";
  policy.default_sales_unit = "222222";
  EXPECT_EQ(Found("", policy), "222222");
  policy.default_sales_unit = "";
  policy.sales_units = {"111111"};
  EXPECT_EQ(Found("", policy), "111111") << "the only one that it may use";
  policy.sales_units = {"111111", "222222"};
  EXPECT_THAT(Found("", policy), StartsWith("sales_unit: name one"));
  policy.default_sales_unit = "444444";  // it has gone from the config
  EXPECT_THAT(Found("", policy), StartsWith("sales_unit: name one"));
  for (const char* units : {"111111", "*"}) {
    policy.sales_units = {units};
    EXPECT_THAT(Found("", policy), StartsWith("sales_unit: name one")) << "never another than said";
  }
}

}  // namespace
}  // namespace cibad
