// Who a till can ask, and what it is told of them: numbers of every country that is served,
// customers who checked in with a QR code, and consents.

#include <gmock/gmock.h>

#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using absl::StatusCode;
using testing::HasSubstr;
using testing::Not;

class CustomerTest : public IntegrationTest {
 protected:
  static v1::StartLoginRequest CheckIn(const std::string& token) {
    v1::StartLoginRequest request = Request("");
    request.set_customer_token(token);
    return request;
  }

  v1::Login End(const v1::StartLoginRequest& request) {
    const auto started = till_->Start(request);
    EXPECT_TRUE(started.ok()) << started.status();
    return started.ok() ? till_->WatchToEnd(started->id()).Last() : v1::Login();
  }
};

TEST_F(CustomerTest, OfEveryCountryThatIsServedIsLoggedIn) {
  const std::pair<const char*, const char*> numbers[] = {
      {"+47 400 00 000", "NO"},  {"+45 20 00 00 00", "DK"},  {"+46 70-000 00 00", "SE"},
      {"+358 40 0000000", "FI"}, {"+358 457 0000000", "AX"}, {"+298 21 00 00", "FO"}};
  for (const auto& [number, country] : numbers) {
    const v1::Login login = End(Request(number));
    EXPECT_EQ(login.state(), v1::Login::COMPLETED) << number;
    ASSERT_GE(login.profile().addresses_size(), 1) << number;
    EXPECT_EQ(login.profile().addresses(0).country(), country) << number;
  }
  ExpectNoViolations();
}

TEST_F(CustomerTest, WithoutACountryCodeIsOfTheSalesUnitsCountry) {
  const std::string config = ReadFile(sandbox_->config_path());
  WriteFile(sandbox_->config_path(),
            absl::StrReplaceAll(config, {{"[store]", "default_region = \"FO\"\n\n[store]"}}));
  ASSERT_NO_FATAL_FAILURE(RestartServing());
  EXPECT_EQ(End(Request("21 00 00")).state(), v1::Login::COMPLETED);
  const auto requests = sandbox_->BackchannelRequestsByPhone();
  ASSERT_TRUE(requests.ok()) << requests.status();
  EXPECT_EQ(requests->count("298210000"), 1u);
}

TEST_F(CustomerTest, OfACountryThatIsNotServedIsNotAsked) {
  for (const char* number :
       {"+299 22 12 34", "+354 611 1234", "+44 7911 123456", "+47 800 12 345"}) {
    const absl::Status status = till_->Start(number).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << number;
    EXPECT_THAT(std::string(status.message()), testing::StartsWith("phone_number: ")) << number;
  }
  EXPECT_EQ(sandbox_->Totals()->at("backchannel_requests"), 0);
}

TEST_F(CustomerTest, WhoCheckedInWithAQrCodeIsLoggedInByTheirToken) {
  const v1::Login login = End(CheckIn("sandbox-4740000000"));
  EXPECT_EQ(login.state(), v1::Login::COMPLETED);
  EXPECT_EQ(login.masked_phone_number(), "");
  EXPECT_EQ(login.profile().phone_number(), "+4740000000");
  ExpectNoViolations();
}

TEST_F(CustomerTest, WhoseTokenIsOldOrUnknownIsNotAsked) {
  const v1::Login login = End(CheckIn("nobody-0001"));
  EXPECT_EQ(login.state(), v1::Login::FAILED);
  EXPECT_EQ(login.failure().provider_code(), "expired_login_hint_token");
  ExpectNoViolations();
}

TEST_F(CustomerTest, IsNamedByANumberOrATokenAndNotByBoth) {
  v1::StartLoginRequest both = CheckIn("sandbox-4740000000");
  both.set_phone_number(kApproves);
  EXPECT_EQ(till_->Start(both).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(till_->Start(CheckIn("")).status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(till_->Start(CheckIn("two words")).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(CustomerTest, ATokenStartedTwiceAsksOnceAndIsInNoLogAndNoList) {
  const std::string config = ReadFile(sandbox_->config_path());
  WriteFile(sandbox_->config_path(),
            absl::StrReplaceAll(config, {{R"(level = "info")", R"(level = "debug")"}}));
  ASSERT_NO_FATAL_FAILURE(RestartServing());
  v1::StartLoginRequest request = CheckIn("sandbox-4740000000");
  request.set_request_id("check-in-1");
  const auto first = till_->Start(request);
  const auto second = till_->Start(request);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->id(), second->id());
  request.set_customer_token("sandbox-4740000003");
  EXPECT_EQ(till_->Start(request).status().code(), StatusCode::kAlreadyExists);
  EXPECT_EQ(till_->WatchToEnd(first->id()).Last().state(), v1::Login::COMPLETED);
  EXPECT_EQ(till_->List({})->SerializeAsString().find("sandbox-"), std::string::npos);
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("sandbox-47")));
  ExpectEachAskedOnce();
}

TEST_F(CustomerTest, ConsentsAreTyped) {
  for (const char* scope : {"delegatedConsents", "customFlow"}) {
    v1::StartLoginRequest request = Request(kApproves);
    request.add_scopes(scope);
    const v1::Login login = End(request);
    ASSERT_EQ(login.state(), v1::Login::COMPLETED) << scope;
    const v1::Consents& consents = login.profile().consents();
    EXPECT_EQ(consents.heading(), "Become a member");
    EXPECT_THAT(consents.terms_description(), HasSubstr("terms of membership"));
    EXPECT_GT(consents.time_of_consent().seconds(), 1'700'000'000);
    ASSERT_EQ(consents.consents_size(), 2);
    EXPECT_EQ(consents.consents(0).id(), "member");
    EXPECT_TRUE(consents.consents(0).accepted());
    EXPECT_TRUE(consents.consents(0).required());
    EXPECT_EQ(consents.consents(1).text_displayed_to_user(), "Send me news");
    ASSERT_EQ(consents.links_size(), 1);
    EXPECT_EQ(consents.links(0).text(), "Terms");
    EXPECT_EQ(consents.links(0).url(), "https://example.com/terms");
    EXPECT_EQ(login.profile().other_claims().fields().count("delegatedConsents"), 1u)
        << "the text of a button has no field";
  }
}

TEST_F(CustomerTest, ConsentsComeOnlyTheFirstTime) {
  v1::StartLoginRequest request = Request("+47 400 00 433");
  request.add_scopes("delegatedConsents");
  const v1::Login login = End(request);
  EXPECT_EQ(login.state(), v1::Login::COMPLETED);
  EXPECT_FALSE(login.profile().has_consents());
}

TEST_F(CustomerTest, WhatNobodyDocumentedIsKept) {
  v1::StartLoginRequest request = Request("+47 400 00 434");
  request.add_scopes("delegatedConsents");
  const v1::Login login = End(request);
  ASSERT_EQ(login.state(), v1::Login::COMPLETED);
  const v1::Profile& profile = login.profile();
  EXPECT_EQ(profile.addresses_size(), 3);
  EXPECT_EQ(profile.consents().links_size(), 2);
  EXPECT_EQ(profile.consents().links(1).url(), "https://example.com/privacy");
  EXPECT_TRUE(profile.consents().has_time_of_consent());
  const auto& claims = profile.other_claims().fields();
  EXPECT_EQ(claims.at("address").struct_value().fields().at("care_of").string_value(),
            "Odd Nordmann");
  const auto& addresses = claims.at("other_addresses").list_value();
  ASSERT_EQ(addresses.values_size(), 3);
  EXPECT_EQ(addresses.values(2).struct_value().fields().at("street_address").string_value(),
            "Hytteveien 3");
  const auto& consents = claims.at("delegatedConsents").struct_value().fields();
  EXPECT_EQ(consents.at("consents")
                .list_value()
                .values(0)
                .struct_value()
                .fields()
                .at("version")
                .number_value(),
            3);
}

}  // namespace
}  // namespace cibad
