// What a till gets wrong is a status whose message names the field, and the provider hears nothing
// of it.

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::Pair;

struct StartMistake {
  const char* what;
  std::function<void(v1::StartLoginRequest&)> make;
  const char* field;
  StatusCode code = StatusCode::kInvalidArgument;
};

auto Phone(const std::string& phone_number) {
  return [phone_number](v1::StartLoginRequest& request) { request.set_phone_number(phone_number); };
}

auto Scope(const std::string& scope) {
  return [scope](v1::StartLoginRequest& request) { request.add_scopes(scope); };
}

auto Binding(const std::string& message) {
  return [message](v1::StartLoginRequest& request) { request.set_binding_message(message); };
}

auto Expiry(int64_t seconds, int nanos = 0) {
  return [=](v1::StartLoginRequest& request) {
    request.mutable_requested_expiry()->set_seconds(seconds);
    request.mutable_requested_expiry()->set_nanos(nanos);
  };
}

auto RequestId(const std::string& id) {
  return [id](v1::StartLoginRequest& request) { request.set_request_id(id); };
}

const StartMistake kStartMistakes[] = {
    {"no phone number", Phone(""), "phone_number"},
    {"a word for a phone number", Phone("hello"), "phone_number"},
    {"letters in a phone number", Phone("+47 9CALLME7"), "phone_number"},
    {"a phone number that is too short", Phone("+47 9"), "phone_number"},
    {"a phone number that is too long", Phone("+47 912 34 567 890 123"), "phone_number"},
    {"a phone number of 65 characters", Phone(std::string(65, '9')), "phone_number"},
    {"a country that is not served", Phone("+49 151 12345678"), "phone_number"},
    {"a country that does not exist", Phone("+999 12345678"), "phone_number"},
    {"a NUL in a phone number", Phone(std::string("+47 91234567\0", 13)), "phone_number"},
    {"an empty scope", Scope(""), "scopes"},
    {"an unknown scope", Scope("shoeSize"), "scopes"},
    {"two scopes in one", Scope("name email"), "scopes"},
    {"nnin, which is another flow's", Scope("nnin"), "scopes"},
    {"a binding message of 4", Binding("ABCD"), "binding_message"},
    {"a binding message of 9", Binding("ABCDEFGHI"), "binding_message"},
    {"a space in a binding message", Binding("AB CDE"), "binding_message"},
    {"a letter beyond A to Z", Binding("ÆØÅ-12"), "binding_message"},
    {"an underscore in a binding message", Binding("TILL_07"), "binding_message"},
    {"a binding message and none",
     [](v1::StartLoginRequest& request) {
       request.set_binding_message("TILL-07");
       request.set_no_binding_message(true);
     },
     "no_binding_message"},
    {"an expiry of 59 seconds", Expiry(59), "requested_expiry"},
    {"an expiry of 901 seconds", Expiry(901), "requested_expiry"},
    {"an expiry of nothing", Expiry(0), "requested_expiry"},
    {"a negative expiry", Expiry(-60), "requested_expiry"},
    {"an expiry with a fraction", Expiry(60, 1), "requested_expiry"},
    {"an unknown sales unit", [](v1::StartLoginRequest& request) { request.set_sales_unit("1"); },
     "sales_unit", StatusCode::kNotFound},
    {"a reference of 129 characters",
     [](v1::StartLoginRequest& request) { request.set_reference(std::string(129, 'x')); },
     "reference"},
    {"a request_id of 65 characters", RequestId(std::string(65, 'x')), "request_id"},
    {"a space in a request_id", RequestId("a b"), "request_id"},
    {"a letter beyond ASCII in a request_id", RequestId("blåbær"), "request_id"},
};

using BadInputTest = IntegrationTest;

TEST_F(BadInputTest, AMistakeNamesItsFieldAndNobodyIsAsked) {
  for (const StartMistake& mistake : kStartMistakes) {
    v1::StartLoginRequest request = Request(kWaits);
    mistake.make(request);
    const absl::StatusOr<v1::Login> login = till_->Start(request);
    EXPECT_EQ(login.status().code(), mistake.code) << mistake.what << ": " << login.status();
    EXPECT_TRUE(absl::StartsWith(login.status().message(), absl::StrCat(mistake.field, ":")))
        << mistake.what << ": " << login.status();
  }
  const auto totals = sandbox_->Totals();
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->at("backchannel_requests"), 0);
  const auto logins = till_->List({});
  ASSERT_TRUE(logins.ok()) << logins.status();
  EXPECT_EQ(logins->logins_size(), 0);
}

TEST_F(BadInputTest, AMessageDoesNotRepeatThePhoneNumber) {
  const absl::Status status = till_->Start("+49 151 12345678").status();
  EXPECT_FALSE(absl::StrContains(status.message(), "12345678")) << status;
  EXPECT_FALSE(absl::StrContains(daemon_->Log(), "12345678"));
}

TEST_F(BadInputTest, TheLimitsThemselvesAreAccepted) {
  int number = 0;
  for (const int seconds : {60, 900}) {
    v1::StartLoginRequest request = Request(absl::StrCat("+47 910 00 00", ++number));
    Expiry(seconds)(request);
    EXPECT_TRUE(till_->Start(request).ok()) << seconds;
  }
  for (const char* message : {"ABCDE", "A-2-3-Z9", "12345678"}) {
    v1::StartLoginRequest request = Request(absl::StrCat("+47 910 00 00", ++number));
    Binding(message)(request);
    EXPECT_TRUE(till_->Start(request).ok()) << message;
  }
  v1::StartLoginRequest request = Request(absl::StrCat("+47 910 00 00", ++number));
  request.set_reference(std::string(128, 'x'));
  request.set_request_id(std::string(64, 'x'));
  EXPECT_TRUE(till_->Start(request).ok());
}

TEST_F(BadInputTest, ALowerCaseBindingMessageIsRaised) {
  v1::StartLoginRequest request = Request(kWaits);
  request.set_binding_message("till-7a");
  const absl::StatusOr<v1::Login> login = till_->Start(request);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->binding_message(), "TILL-7A");
}

// All calls that name a login, and what each says of this id.
std::vector<absl::Status> Named(Till& till, const std::string& id) {
  return {till.Get(id).status(), till.Cancel(id).status(), till.WatchToEnd(id).status,
          till.Acknowledge(id)};
}

TEST_F(BadInputTest, ALoginThatDoesNotExistIsNotFoundAndTheMessageNamesTheField) {
  for (const char* id : {"unknown", "00000000000000000000000000000000", "../../etc/passwd"}) {
    for (const absl::Status& status : Named(*till_, id)) {
      EXPECT_EQ(status.code(), StatusCode::kNotFound) << id;
      EXPECT_TRUE(absl::StartsWith(status.message(), "id: ")) << status;
    }
  }
  // The form of a real id, which is nobody's.
  std::string id = MustStart(kWaits);
  id.back() = id.back() == 'a' ? 'b' : 'a';
  for (const absl::Status& status : Named(*till_, id)) {
    EXPECT_EQ(status.code(), StatusCode::kNotFound);
    EXPECT_TRUE(absl::StartsWith(status.message(), "id: ")) << status;
  }
  for (const absl::Status& status : Named(*till_, "")) {
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StartsWith(status.message(), "id: ")) << status;
  }
}

TEST_F(BadInputTest, AListThatIsAskedForWronglyNamesTheField) {
  for (const int page_size : {-1, 1001}) {
    v1::ListLoginsRequest request;
    request.set_page_size(page_size);
    const absl::Status status = till_->List(request).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StartsWith(status.message(), "page_size: ")) << status;
  }
  for (const char* page_token : {"garbage", "Zg"}) {
    v1::ListLoginsRequest request;
    request.set_page_token(page_token);
    const absl::Status status = till_->List(request).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StartsWith(status.message(), "page_token: ")) << status;
  }
}

TEST_F(BadInputTest, TheSameRequestIdWithTheSameContentsIsTheSameLoginAndOnePush) {
  v1::StartLoginRequest request = Request(kWaits);
  request.set_request_id("receipt-17");
  const absl::StatusOr<v1::Login> first = till_->Start(request);
  ASSERT_TRUE(first.ok()) << first.status();
  till_->WatchUntil(first->id(), v1::Login::PENDING);

  request.set_phone_number("0047 91234567");  // the same number, written in another way
  const absl::StatusOr<v1::Login> second = till_->Start(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->id(), first->id());
  EXPECT_EQ(second->binding_message(), first->binding_message());

  RestartServing();
  const absl::StatusOr<v1::Login> third = till_->Start(request);
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(third->id(), first->id());
  ExpectEachAskedOnce();
}

TEST_F(BadInputTest, TheSameRequestIdWithOtherContentsIsRefused) {
  v1::StartLoginRequest request = Request(kWaits);
  request.set_request_id("receipt-17");
  const absl::StatusOr<v1::Login> first = till_->Start(request);
  ASSERT_TRUE(first.ok()) << first.status();

  v1::StartLoginRequest other_phone = request;
  other_phone.set_phone_number("+47 912 34 568");
  v1::StartLoginRequest other_scope = request;
  other_scope.add_scopes("nin");
  v1::StartLoginRequest other_message = request;
  other_message.set_binding_message("OTHER");
  v1::StartLoginRequest other_expiry = request;
  other_expiry.mutable_requested_expiry()->set_seconds(60);
  v1::StartLoginRequest other_reference = request;
  other_reference.set_reference("another");
  for (const auto& other :
       {other_phone, other_scope, other_message, other_expiry, other_reference}) {
    const absl::Status status = till_->Start(other).status();
    EXPECT_EQ(status.code(), StatusCode::kAlreadyExists) << other.ShortDebugString();
    EXPECT_TRUE(absl::StrContains(status.message(), "request_id")) << status;
  }
}

TEST_F(BadInputTest, AMessageOverTheSizeLimitIsRefusedAndTheDaemonGoesOn) {
  v1::StartLoginRequest request = Request(kWaits);
  request.set_reference(std::string(100'000, 'x'));
  EXPECT_EQ(till_->Start(request).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(till_->Start(kWaits).ok());
}

TEST_F(BadInputTest, ThreeSpellingsOfANumberAreOneCustomer) {
  till_->WatchUntil(MustStart("912 34 567"), v1::Login::PENDING);
  for (const char* spelling : {"912 34 567", "+47 91234567", "0047 91234567"}) {
    EXPECT_EQ(till_->Start(spelling).status().code(), StatusCode::kAlreadyExists) << spelling;
  }
  const auto requests = sandbox_->BackchannelRequestsByPhone();
  ASSERT_TRUE(requests.ok()) << requests.status();
  EXPECT_THAT(*requests, ElementsAre(Pair("4791234567", 1)));
}

}  // namespace
}  // namespace cibad
