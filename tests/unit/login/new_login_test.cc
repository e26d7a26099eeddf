#include "server/login/new_login.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

namespace cibad {
namespace {

using Bits = std::array<uint8_t, 16>;

TEST(LoginId, SpellsTheBitsInCrockfordsBase32) {
  EXPECT_EQ(MakeLoginId(Bits{}), std::string(26, '0'));
  Bits ones;
  ones.fill(0xff);
  EXPECT_EQ(MakeLoginId(ones), "7" + std::string(25, 'z'));
  Bits one{};
  one[15] = 1;
  EXPECT_EQ(MakeLoginId(one), std::string(25, '0') + "1");
  // The example of the ULID specification's alphabet: 01 23 45 67 89 ab cd ef, twice.
  const Bits counting = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                         0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
  EXPECT_EQ(MakeLoginId(counting), "014d2pf2dbsqqg28t5cy4tqkff");
}

TEST(LoginId, EveryBitCounts) {
  std::set<std::string> ids = {MakeLoginId(Bits{})};
  for (size_t bit = 0; bit < 128; ++bit) {
    Bits bits{};
    bits[bit / 8] = static_cast<uint8_t>(1u << (bit % 8));
    ids.insert(MakeLoginId(bits));
    EXPECT_TRUE(IsLoginId(MakeLoginId(bits)));
  }
  EXPECT_EQ(ids.size(), 129u);
}

TEST(LoginId, IsRecognisedByItsForm) {
  EXPECT_TRUE(IsLoginId("0123456789abcdefghjkmnpqrs"));
  const std::string no_ids[] = {"",
                                std::string(25, '0'),
                                std::string(27, '0'),
                                std::string(25, '0') + "i",
                                std::string(25, '0') + "l",
                                std::string(25, '0') + "o",
                                std::string(25, '0') + "u",
                                std::string(25, '0') + "A",
                                std::string(25, '0') + "-",
                                std::string(25, '0') + std::string(1, '\0'),
                                "8" + std::string(25, '0')};
  for (const std::string& id : no_ids) EXPECT_FALSE(IsLoginId(id)) << id;
}

LoginRequest SomeRequest() {
  LoginRequest request;
  request.sales_unit = "123456";
  request.msisdn = "4791234567";
  request.scope = "openid name";
  request.binding_message = "ABCDE";
  request.requested_expiry = absl::Seconds(300);
  request.reference = "ticket 17";
  request.web_page = WebPage{"https://shop.example/done", "state-1234"};
  request.language = Language::kDanish;
  request.request_id = "f81d4fae";
  return request;
}

Handling SomeHandling() {
  Handling handling;
  handling.check_user = true;
  handling.ping_fallback = absl::Seconds(30);
  return handling;
}

TEST(NewLogin, IsStartingAndOnItsFirstRevision) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  const Login login = NewLogin(std::string(26, '0'), SomeRequest(), SomeHandling(), now);
  EXPECT_EQ(login.id, std::string(26, '0'));
  EXPECT_EQ(login.revision, 1);
  EXPECT_EQ(login.state, LoginState::kStarting);
  EXPECT_EQ(login.request, SomeRequest());
  EXPECT_EQ(login.handling, SomeHandling());
  EXPECT_EQ(login.create_time, now);
  EXPECT_EQ(login.update_time, now);
  EXPECT_EQ(login.expire_time, absl::InfiniteFuture());
  EXPECT_EQ(login.end_time, std::nullopt);
  EXPECT_EQ(login.progress, Progress{});
}

TEST(AskForTheSame, EveryFieldOfTheStartCounts) {
  EXPECT_TRUE(AskForTheSame(SomeRequest(), SomeRequest()));
  void (*const changes[])(LoginRequest&) = {
      [](LoginRequest& request) { request.sales_unit = "654321"; },
      [](LoginRequest& request) { request.msisdn = "4791234568"; },
      [](LoginRequest& request) { request.scope += " email"; },
      [](LoginRequest& request) { request.binding_message = "VWXYZ"; },
      [](LoginRequest& request) { request.binding_message_is_made = true; },
      [](LoginRequest& request) { request.requested_expiry.reset(); },
      [](LoginRequest& request) { request.customer_token = "token"; },
      [](LoginRequest& request) { request.web_page->redirect_uri = "https://shop.example/other"; },
      [](LoginRequest& request) { request.web_page.reset(); },
      [](LoginRequest& request) { request.web_page->state = "state-1235"; },
      [](LoginRequest& request) { request.language = Language::kFinnish; },
      [](LoginRequest& request) { request.reference = "ticket 18"; },
      [](LoginRequest& request) { request.request_id = "f81d4faf"; },
  };
  for (const auto change : changes) {
    LoginRequest other = SomeRequest();
    change(other);
    EXPECT_FALSE(AskForTheSame(SomeRequest(), other));
    EXPECT_FALSE(AskForTheSame(other, SomeRequest()));
  }
}

TEST(AskForTheSame, ABindingMessageThatTheDaemonMadeDoesNotCount) {
  LoginRequest one = SomeRequest();
  LoginRequest other = SomeRequest();
  one.binding_message_is_made = other.binding_message_is_made = true;
  other.binding_message = "VWXYZ";
  EXPECT_TRUE(AskForTheSame(one, other));
  other.msisdn = "4791234568";
  EXPECT_FALSE(AskForTheSame(one, other)) << "the rest does";
}

}  // namespace
}  // namespace cibad
