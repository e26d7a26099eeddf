#include "server/rpc/start_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/unit/left_on_stack.h"
#include "tests/unit/rpc/test_caller.h"

namespace cibad {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr uint64_t kRandomBits = 0x0123456789abcdef;

SalesUnit UnitOf(const std::string& msn, const std::string& region) {
  SalesUnit unit;
  unit.msn = msn;
  unit.default_region = region;
  return unit;
}

SalesUnits OneUnit() { return {{"123456", UnitOf("123456", "NO")}}; }

SalesUnits TwoUnits() {
  return {{"123456", UnitOf("123456", "NO")}, {"654321", UnitOf("654321", "DK")}};
}

// The least that a start needs.
v1::StartLoginRequest Message() {
  v1::StartLoginRequest message;
  message.set_phone_number("912 34 567");
  message.add_scopes("name");
  return message;
}

TEST(StartRequest, TheLeastThatATillSends) {
  const auto request = ReadStartRequest(Message(), Anybody(), OneUnit(), kRandomBits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->sales_unit, "123456");
  EXPECT_EQ((*request)->msisdn, "4791234567");
  EXPECT_EQ((*request)->scope, "openid name");
  EXPECT_THAT((*request)->binding_message, testing::MatchesRegex("[A-Z0-9-]{5,8}"));
  EXPECT_TRUE((*request)->binding_message_is_made);
  EXPECT_EQ((*request)->requested_expiry, std::nullopt);
  EXPECT_EQ((*request)->reference, "");
  EXPECT_EQ((*request)->request_id, "");
  EXPECT_EQ((*request)->language, Language::kEnglish);
}

TEST(StartRequest, LeavesNothingOfTheNumberOnTheStack) {
  const v1::StartLoginRequest message = Message();
  absl::StatusOr<Shared<LoginRequest>> request;
  const std::string left =
      LeftOnStack([&] { request = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits); });
  ASSERT_TRUE(request.ok()) << request.status();
  ASSERT_FALSE(left.empty());
  EXPECT_FALSE(HasInAnyWidth(left, "91234"));
  EXPECT_FALSE(HasInAnyWidth(left, "912 34"));
}

TEST(StartRequest, AllThatATillCanSend) {
  v1::StartLoginRequest message = Message();
  message.add_scopes("phoneNumber");
  message.set_binding_message("TILL-7");
  message.mutable_requested_expiry()->set_seconds(120);
  message.set_sales_unit("654321");
  message.set_phone_number("20 12 34 56");
  message.set_reference("receipt 17, Ærø");
  message.set_request_id("till-7/0001");
  message.set_language_code("da-DK");
  const auto request = ReadStartRequest(message, Anybody(), TwoUnits(), kRandomBits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->sales_unit, "654321");
  EXPECT_EQ((*request)->msisdn, "4520123456");  // of the unit's region
  EXPECT_EQ((*request)->scope, "openid name phoneNumber");
  EXPECT_EQ((*request)->binding_message, "TILL-7");
  EXPECT_FALSE((*request)->binding_message_is_made);
  EXPECT_EQ((*request)->requested_expiry, absl::Seconds(120));
  EXPECT_EQ((*request)->reference, "receipt 17, Ærø");
  EXPECT_EQ((*request)->request_id, "till-7/0001");
  EXPECT_EQ((*request)->language, Language::kDanish);
}

TEST(StartRequest, ATillMayWantNoBindingMessage) {
  v1::StartLoginRequest message = Message();
  message.set_no_binding_message(true);
  const auto request = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->binding_message, "");
  EXPECT_FALSE((*request)->binding_message_is_made);
}

TEST(StartRequest, LimitsAreInclusive) {
  v1::StartLoginRequest message = Message();
  message.set_reference(std::string(128, 'r'));
  message.set_request_id(std::string(64, 'i'));
  for (const int seconds : {60, 900}) {
    message.mutable_requested_expiry()->set_seconds(seconds);
    const auto request = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits);
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_EQ((*request)->requested_expiry, absl::Seconds(seconds));
  }
}

TEST(StartRequest, ACustomerTokenStandsInForThePhoneNumber) {
  v1::StartLoginRequest message = Message();
  message.clear_phone_number();
  message.set_customer_token(std::string(1024, 't'));
  const auto request = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->customer_token, std::string(1024, 't'));
  EXPECT_EQ((*request)->msisdn, "");
}

TEST(StartRequest, ALoginMayFinishOnAWebPage) {
  v1::StartLoginRequest message = Message();
  message.set_redirect_uri("https://shop.example/back?a=b");
  auto request = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->web_page, (WebPage{"https://shop.example/back?a=b", ""}));
  for (const std::string& state : {std::string("12345678"), std::string(256, 's')}) {
    message.set_state(state);
    request = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits);
    ASSERT_TRUE(request.ok()) << request.status();
    EXPECT_EQ((*request)->web_page->state, state);
  }
}

auto RedirectUri(const std::string& uri) {
  return [uri](v1::StartLoginRequest& message) { message.set_redirect_uri(uri); };
}

auto State(const std::string& state) {
  return [state](v1::StartLoginRequest& message) {
    message.set_redirect_uri("https://shop.example/back");
    message.set_state(state);
  };
}

auto CustomerToken(const std::string& token) {
  return [token](v1::StartLoginRequest& message) {
    message.clear_phone_number();
    message.set_customer_token(token);
  };
}

struct WrongStart {
  const char* what;
  const char* begins;  // the error's message: the field
  std::function<void(v1::StartLoginRequest&)> make;
};

const WrongStart kWrongStarts[] = {
    {"no phone number", "phone_number:", [](auto& message) { message.clear_phone_number(); }},
    {"words for a number",
     "phone_number:", [](auto& message) { message.set_phone_number("hello"); }},
    {"no scope", "scopes:", [](auto& message) { message.clear_scopes(); }},
    {"an unknown scope", "scopes:", [](auto& message) { message.add_scopes("passport"); }},
    {"more scopes than there are", "scopes:",
     [](auto& message) {
       for (int i = 0; i < 33; ++i) message.add_scopes("name");
     }},
    {"a long binding message",
     "binding_message:", [](auto& message) { message.set_binding_message("TOO-LONG-1"); }},
    {"a binding message and none", "no_binding_message:",
     [](auto& message) {
       message.set_binding_message("TILL-7");
       message.set_no_binding_message(true);
     }},
    {"too short an expiry", "requested_expiry:",
     [](auto& message) { message.mutable_requested_expiry()->set_seconds(59); }},
    {"too long an expiry", "requested_expiry:",
     [](auto& message) { message.mutable_requested_expiry()->set_seconds(901); }},
    {"a broken second", "requested_expiry:",
     [](auto& message) {
       message.mutable_requested_expiry()->set_seconds(60);
       message.mutable_requested_expiry()->set_nanos(1);
     }},
    {"a negative expiry", "requested_expiry:",
     [](auto& message) { message.mutable_requested_expiry()->set_seconds(-60); }},
    {"a long reference",
     "reference:", [](auto& message) { message.set_reference(std::string(129, 'r')); }},
    {"a long request id",
     "request_id:", [](auto& message) { message.set_request_id(std::string(65, 'i')); }},
    {"a request id with a space",
     "request_id:", [](auto& message) { message.set_request_id("till 7"); }},
    {"a request id beyond ASCII",
     "request_id:", [](auto& message) { message.set_request_id("kassé"); }},
    {"a locale for a language",
     "language_code:", [](auto& message) { message.set_language_code("nb_NO.UTF-8"); }},
    {"a request id with a line break",
     "request_id:", [](auto& message) { message.set_request_id("a\nb"); }},
    {"a customer token and a phone number",
     "customer_token:", [](auto& message) { message.set_customer_token("token"); }},
    {"a long customer token", "customer_token:", CustomerToken(std::string(1025, 't'))},
    {"a customer token with a space", "customer_token:", CustomerToken("to ken")},
    {"a customer token beyond ASCII", "customer_token:", CustomerToken("t\xC3\xB8ken")},
    {"a page over http", "redirect_uri:", RedirectUri("http://shop.example/back")},
    {"a page on localhost over http", "redirect_uri:", RedirectUri("http://localhost/back")},
    {"a page in an app", "redirect_uri:", RedirectUri("myapp://back")},
    {"a page with a fragment", "redirect_uri:", RedirectUri("https://shop.example/back#top")},
    {"a page with a password", "redirect_uri:", RedirectUri("https://a:b@shop.example/back")},
    {"a page without a host", "redirect_uri:", RedirectUri("https:///back")},
    {"a long page", "redirect_uri:", RedirectUri("https://a/" + std::string(2039, 'a'))},
    {"a state without a page", "state:", [](auto& message) { message.set_state("12345678"); }},
    {"a short state", "state:", State("1234567")},
    {"a long state", "state:", State(std::string(257, 's'))},
    {"a state with a space", "state:", State("1234 5678")},
};

TEST(StartRequest, EachMistakeNamesItsField) {
  for (const WrongStart& wrong : kWrongStarts) {
    v1::StartLoginRequest message = Message();
    wrong.make(message);
    const absl::Status status =
        ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong.what;
    EXPECT_THAT(std::string(status.message()), StartsWith(wrong.begins)) << wrong.what;
  }
}

TEST(StartRequest, AWrongCustomerTokenIsNotRepeated) {
  v1::StartLoginRequest message = Message();
  CustomerToken("s3cret s3cret")(message);
  const absl::Status status = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits).status();
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("s3cret")));
}

TEST(StartRequest, AWrongPhoneNumberIsNotRepeated) {
  v1::StartLoginRequest message = Message();
  message.set_phone_number("+47 912 34 5678 901");
  const absl::Status status = ReadStartRequest(message, Anybody(), OneUnit(), kRandomBits).status();
  EXPECT_THAT(std::string(status.message()),
              AllOf(StartsWith("phone_number:"), Not(HasSubstr("912")), Not(HasSubstr("567"))));
}

TEST(StartRequest, OfSeveralSalesUnitsOneIsNamed) {
  const absl::Status none =
      ReadStartRequest(Message(), Anybody(), TwoUnits(), kRandomBits).status();
  EXPECT_EQ(none.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(none.message()), StartsWith("sales_unit:"));

  v1::StartLoginRequest message = Message();
  message.set_sales_unit("9\n" + std::string(100, '9'));
  const absl::Status unknown =
      ReadStartRequest(message, Anybody(), TwoUnits(), kRandomBits).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(unknown.message()),
              AllOf(StartsWith("sales_unit:"), HasSubstr("9\\n99"), Not(HasSubstr("\n")),
                    Not(HasSubstr(std::string(30, '9')))));
}

TEST(StartRequest, ThatNamesNoSalesUnitIsForTheDefaultOne) {
  SalesUnits units = TwoUnits();
  units["654321"].is_default = true;
  v1::StartLoginRequest message = Message();
  message.set_phone_number("20 12 34 56");
  const auto request = ReadStartRequest(message, Anybody(), units, kRandomBits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->sales_unit, "654321");
  EXPECT_EQ((*request)->msisdn, "4520123456");
}

TEST(StartRequest, ThatNamesNoScopesAsksForThoseOfItsSalesUnit) {
  SalesUnits units = TwoUnits();
  units["123456"].default_scopes = {"openid", "name", "email"};
  v1::StartLoginRequest message = Message();
  message.set_sales_unit("123456");
  message.clear_scopes();
  const auto request = ReadStartRequest(message, Anybody(), units, kRandomBits);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ((*request)->scope, "openid name email");

  message.add_scopes("nin");
  const auto own = ReadStartRequest(message, Anybody(), units, kRandomBits);
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ((*own)->scope, "openid nin");

  message.clear_scopes();
  message.set_sales_unit("654321");
  message.set_phone_number("20 12 34 56");
  EXPECT_EQ(ReadStartRequest(message, Anybody(), units, kRandomBits).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace cibad
