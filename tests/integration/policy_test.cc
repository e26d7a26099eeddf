// What each caller may do, by the real binaries: two callers with sockets of their own, of which
// the one may do little, and neither sees what is the other's.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kOtherNumber[] = "+47 912 34 568";

class PolicyTest : public IntegrationTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(ServeWith("")); }

  // Serves the sandbox's everyone, and a kiosk with the policy that `kiosk` changes.
  void ServeWith(const std::string& kiosk, const std::string& limits = "") {
    ASSERT_NO_FATAL_FAILURE(StartSandbox());
    const std::string socket = KioskAddress();
    std::string config = ReadFile(sandbox_->config_path());
    config = absl::StrReplaceAll(
        config,
        {{absl::StrCat("grpc = [\"", Address(), "\"]"),
          absl::StrCat("grpc = [\"", Address(), "\", \"", socket, "\", \"", NobodysAddress(),
                       "\"]")},
         {"starts_per_number = 1000000", limits.empty() ? "starts_per_number = 1000000" : limits}});
    WriteFile(sandbox_->config_path(),
              absl::StrCat(config, "\n[audit]\nfile = \"", AuditFile(), "\"\n",
                           "\n[[caller]]\nname = \"kiosk\"\nlisteners = [\"", socket, "\"]\n",
                           kiosk.empty() ? kKiosk : kiosk));
    ASSERT_NO_FATAL_FAILURE(StartServing());
    kiosk_ = std::make_unique<Till>(socket);
  }

  // With new connections of both tills.
  void RestartBoth() {
    ASSERT_NO_FATAL_FAILURE(RestartServing());
    kiosk_ = std::make_unique<Till>(KioskAddress());
  }

  std::string KioskAddress() const {
    return absl::StrCat("unix:", sandbox_->folder(), "/kiosk.sock");
  }
  // That no caller may come in by.
  std::string NobodysAddress() const {
    return absl::StrCat("unix:", sandbox_->folder(), "/nobody.sock");
  }
  std::string AuditFile() const { return sandbox_->folder() + "/audit.log"; }
  // The lines of such events, as soon as there are so many.
  std::vector<nlohmann::json> AuditLines(const std::string& event, size_t count) const {
    std::vector<nlohmann::json> lines;
    EXPECT_TRUE(Eventually([&] {
      lines.clear();
      std::ifstream in(AuditFile());
      for (std::string line; std::getline(in, line);) {
        if (in.eof()) break;  // it is just being written
        const nlohmann::json parsed = nlohmann::json::parse(line);
        if (parsed["event"] == event) lines.push_back(parsed);
      }
      return lines.size() >= count;
    })) << event;
    return lines;
  }

  static v1::StartLoginRequest NameOnly(const std::string& phone_number) {
    v1::StartLoginRequest request;
    request.set_phone_number(phone_number);
    request.add_scopes("name");
    return request;
  }

  static constexpr char kKiosk[] =
      "rpcs = [\"StartLogin\", \"WatchLogin\", \"GetLogin\", \"CancelLogin\", \"ListLogins\", "
      "\"CompleteLogin\", \"AcknowledgeLogin\"]\n"
      "sales_units = [\"123456\"]\nscopes = [\"name\"]\nstarts_per_minute = 1000000\n"
      "pending_logins = 1000\n";
  std::unique_ptr<Till> kiosk_;
};

// Every call about one login, as a caller that knows its id.
std::vector<std::pair<std::string, std::function<absl::Status(Till&, const std::string&)>>>
CallsAboutALogin() {
  return {
      {"GetLogin", [](Till& till, const std::string& id) { return till.Get(id).status(); }},
      {"WatchLogin", [](Till& till, const std::string& id) { return till.WatchToEnd(id).status; }},
      {"CancelLogin", [](Till& till, const std::string& id) { return till.Cancel(id).status(); }},
      {"AcknowledgeLogin", [](Till& till, const std::string& id) { return till.Acknowledge(id); }},
      {"CompleteLogin",
       [](Till& till, const std::string& id) {
         v1::CompleteLoginRequest request;
         request.set_id(id);
         request.set_code("code-1");
         return till.Complete(request).status();
       }},
  };
}

TEST_F(PolicyTest, AnothersLoginIsOneThatDoesNotExist) {
  const std::string pending = MustStart(kWaits);
  till_->WatchUntil(pending, v1::Login::PENDING);
  const std::string ended = MustStart(kApproves);
  till_->WatchToEnd(ended);
  const std::string unknown(pending.size(), '0');
  for (const auto& [rpc, call] : CallsAboutALogin()) {
    const absl::Status none = call(*kiosk_, unknown);
    EXPECT_EQ(none.code(), StatusCode::kNotFound) << rpc;
    for (const std::string& id : {pending, ended}) {
      const absl::Status status = call(*kiosk_, id);
      EXPECT_EQ(status.code(), StatusCode::kNotFound) << rpc;
      EXPECT_EQ(absl::StrReplaceAll(status.message(), {{id, unknown}}), none.message()) << rpc;
    }
  }
  EXPECT_THAT(kiosk_->List({})->logins(), IsEmpty());
  EXPECT_EQ(till_->Get(pending)->state(), v1::Login::PENDING) << "nobody touched it";
  EXPECT_EQ(till_->Get(ended)->state(), v1::Login::COMPLETED);
  EXPECT_EQ(till_->List({})->logins_size(), 2);
}

// All RPCs that take a login's id are above, so that one that is new is looked at here, too.
TEST_F(PolicyTest, EveryCallAboutALoginIsLookedAt) {
  std::set<std::string> known;
  for (const auto& [rpc, call] : CallsAboutALogin()) known.insert(rpc);
  const google::protobuf::ServiceDescriptor* service =
      v1::Login::descriptor()->file()->FindServiceByName("LoginService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const google::protobuf::MethodDescriptor* rpc = service->method(i);
    const bool is_about_a_login =
        rpc->input_type()->FindFieldByName("id") != nullptr && rpc->name() != "DeleteWebhook";
    EXPECT_EQ(known.count(rpc->name()), is_about_a_login ? 1u : 0u) << rpc->name();
  }
}

TEST_F(PolicyTest, WhoAsksForAnothersLoginIsInTheTrailWhateverTheCall) {
  const std::string pending = MustStart(kWaits);
  till_->WatchUntil(pending, v1::Login::PENDING);
  const std::string ended = MustStart(kApproves);
  till_->WatchToEnd(ended);
  const std::string unknown(pending.size(), '0');
  std::vector<std::string> expected;
  for (const auto& [rpc, call] : CallsAboutALogin()) {
    for (const std::string& id : {unknown, pending, ended}) {
      EXPECT_EQ(call(*kiosk_, id).code(), StatusCode::kNotFound) << rpc;
      if (id != unknown) expected.push_back(absl::StrCat("kiosk ", rpc, " ", id));
    }
    EXPECT_EQ(call(*till_, unknown).code(), StatusCode::kNotFound) << rpc;
  }
  std::vector<std::string> told;
  for (const nlohmann::json& line : AuditLines("refused", expected.size())) {
    told.push_back(absl::StrCat(line["caller"].get<std::string>(), " ",
                                line["rpc"].get<std::string>(), " ",
                                line["login"].get<std::string>()));
    EXPECT_EQ(line["outcome"], "NOT_FOUND");
    EXPECT_EQ(line["reason"], "the login is another caller's");
    EXPECT_FALSE(line.contains("phone_number"));
  }
  EXPECT_EQ(told, expected) << "and nothing of ids that nobody has";
}

TEST_F(PolicyTest, AFloodOfSuchCallsIsCountedAndMutesNobodyElse) {
  const std::string id = MustStart(kWaits);
  constexpr int kCalls = 300;
  for (int i = 0; i < kCalls; ++i) ASSERT_FALSE(kiosk_->Get(id).ok());
  v1::StartLoginRequest unit = NameOnly(kWaits);
  unit.set_sales_unit("654321");
  EXPECT_FALSE(till_->Start(unit).ok());
  int64_t told = 0;
  int64_t counted = 0;
  // What was left out in the last second comes with a line of a later one.
  EXPECT_TRUE(Eventually([&] {
    till_->Cancel(till_->Start(kDenies)->id()).IgnoreError();
    told = counted = 0;
    for (const nlohmann::json& line : AuditLines("refused", 1))
      told += line["caller"] == "kiosk" ? 1 : 0;
    for (const nlohmann::json& line : AuditLines("more_refused", 0))
      counted += line["caller"] == "kiosk" ? line["count"].get<int64_t>() : 0;
    return told + counted >= kCalls;
  }));
  EXPECT_EQ(told + counted, kCalls);
  EXPECT_GT(counted, 0);
  const std::vector<nlohmann::json> refused = AuditLines("refused", 1);
  EXPECT_TRUE(std::any_of(refused.begin(), refused.end(),
                          [](const nlohmann::json& line) { return line["caller"] == "everyone"; }));
}

TEST_F(PolicyTest, WhoIsNobodyGetsNothingFromAnyCallAndIsInTheTrail) {
  const std::string id = MustStart(kWaits);
  Till nobody(NobodysAddress());
  EXPECT_EQ(nobody.Start(NameOnly(kWaits)).status().code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(nobody.List({}).status().code(), StatusCode::kUnauthenticated);
  for (const auto& [rpc, call] : CallsAboutALogin())
    EXPECT_EQ(call(nobody, id).code(), StatusCode::kUnauthenticated) << rpc;
  for (const nlohmann::json& line : AuditLines("denied", 7)) {
    EXPECT_EQ(line["listener"], NobodysAddress());
    EXPECT_EQ(line["outcome"], "UNAUTHENTICATED");
  }
}

TEST_F(PolicyTest, OwnershipSurvivesARestart) {
  const std::string id = kiosk_->Start(NameOnly(kWaits))->id();
  kiosk_->WatchUntil(id, v1::Login::PENDING);
  ASSERT_NO_FATAL_FAILURE(RestartBoth());
  EXPECT_EQ(till_->Get(id).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(kiosk_->Get(id).ok());
  EXPECT_EQ(kiosk_->List({})->logins_size(), 1);
}

TEST_F(PolicyTest, ARequestIdIsItsCallersOwn) {
  v1::StartLoginRequest request = NameOnly(kWaits);
  request.set_request_id("receipt-1");
  const std::string id = till_->Start(request)->id();
  request.set_phone_number(kOtherNumber);
  const absl::StatusOr<v1::Login> other = kiosk_->Start(request);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_NE(other->id(), id);
}

TEST_F(PolicyTest, WhatIsNotAllowedIsRefusedAndNamed) {
  v1::StartLoginRequest nin = NameOnly(kWaits);
  nin.add_scopes("nin");
  const absl::Status scope = kiosk_->Start(nin).status();
  EXPECT_EQ(scope.code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(scope.message()), AllOf(HasSubstr("scopes"), HasSubstr("nin")));

  v1::StartLoginRequest page = NameOnly(kWaits);
  page.set_redirect_uri("https://shop.example/back");
  EXPECT_EQ(kiosk_->Start(page).status().code(), StatusCode::kPermissionDenied);

  v1::StartLoginRequest unit = NameOnly(kWaits);
  unit.set_sales_unit("654321");
  EXPECT_EQ(kiosk_->Start(unit).status().code(), StatusCode::kNotFound);

  v1::CheckUserRequest check;
  check.set_phone_number(kWaits);
  EXPECT_EQ(kiosk_->Check(check).status().code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(*sandbox_->BackchannelRequestsByPhone(), IsEmpty());
}

TEST_F(PolicyTest, EveryRpcThatIsNotNamedIsRefused) {
  daemon_.reset();
  ASSERT_NO_FATAL_FAILURE(
      ServeWith("rpcs = [\"ListLogins\"]\nsales_units = [\"*\"]\nscopes = [\"*\"]\n"));
  EXPECT_TRUE(kiosk_->List({}).ok());
  EXPECT_EQ(kiosk_->Start(NameOnly(kWaits)).status().code(), StatusCode::kPermissionDenied);
  const std::string id = MustStart(kWaits);
  for (const auto& [rpc, call] : CallsAboutALogin()) {
    const absl::Status status = call(*kiosk_, id);
    EXPECT_EQ(status.code(), StatusCode::kPermissionDenied) << rpc;
    EXPECT_THAT(std::string(status.message()), HasSubstr(rpc));
  }
  std::vector<std::string> told;
  for (const nlohmann::json& line : AuditLines("refused", 6)) {
    EXPECT_EQ(line["caller"], "kiosk");
    told.push_back(line["rpc"]);
  }
  EXPECT_THAT(told, testing::ElementsAre("StartLogin", "GetLogin", "WatchLogin", "CancelLogin",
                                         "AcknowledgeLogin", "CompleteLogin"));
}

TEST_F(PolicyTest, ACallersStartsAreLimitedByTheMinute) {
  daemon_.reset();
  ASSERT_NO_FATAL_FAILURE(ServeWith(
      "rpcs = [\"*\"]\nsales_units = [\"*\"]\nscopes = [\"*\"]\nstarts_per_minute = 1\n"));
  ASSERT_TRUE(kiosk_->Start(NameOnly(kWaits)).ok());
  EXPECT_EQ(kiosk_->Start(NameOnly(kOtherNumber)).status().code(), StatusCode::kResourceExhausted);
  v1::CheckUserRequest check;
  check.set_phone_number(kWaits);
  EXPECT_EQ(kiosk_->Check(check).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(till_->Start(kOtherNumber).ok()) << "another caller does not feel it";
}

TEST_F(PolicyTest, ACallersPendingLoginsAreLimitedAlsoAfterARestart) {
  daemon_.reset();
  ASSERT_NO_FATAL_FAILURE(
      ServeWith("rpcs = [\"*\"]\nsales_units = [\"*\"]\nscopes = [\"*\"]\npending_logins = 1\n"));
  const std::string id = kiosk_->Start(NameOnly(kWaits))->id();
  kiosk_->WatchUntil(id, v1::Login::PENDING);
  EXPECT_EQ(kiosk_->Start(NameOnly(kOtherNumber)).status().code(), StatusCode::kResourceExhausted);
  ASSERT_NO_FATAL_FAILURE(RestartBoth());
  EXPECT_EQ(kiosk_->Start(NameOnly(kOtherNumber)).status().code(), StatusCode::kResourceExhausted);
  ASSERT_TRUE(kiosk_->Cancel(id).ok());
  EXPECT_TRUE(kiosk_->Start(NameOnly(kOtherNumber)).ok());
}

TEST_F(PolicyTest, ACustomerIsAskedSoOftenByAllCallersTogether) {
  daemon_.reset();
  ASSERT_NO_FATAL_FAILURE(ServeWith("", "starts_per_number = 2"));
  till_->WatchToEnd(MustStart(kDenies));
  const absl::StatusOr<v1::Login> second = kiosk_->Start(NameOnly(kDenies));
  ASSERT_TRUE(second.ok()) << second.status();
  kiosk_->WatchToEnd(second->id());
  EXPECT_EQ(till_->Start(kDenies).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(kiosk_->Start(NameOnly(kDenies)).status().code(), StatusCode::kResourceExhausted);
}

TEST_F(PolicyTest, ARestartDoesNotHaveACustomerAskedMoreOften) {
  daemon_.reset();
  ASSERT_NO_FATAL_FAILURE(ServeWith("", "starts_per_number = 2"));
  for (Till* till : {till_.get(), kiosk_.get()}) {
    const absl::StatusOr<v1::Login> login = till->Start(NameOnly(kDenies));
    ASSERT_TRUE(login.ok()) << login.status();
    till->WatchToEnd(login->id());
    ASSERT_TRUE(till->Acknowledge(login->id()).ok()) << "it is erased";
  }
  ASSERT_NO_FATAL_FAILURE(RestartBoth());
  EXPECT_EQ(till_->Start(NameOnly(kDenies)).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(kiosk_->Start(NameOnly(kDenies)).status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(till_->Start(NameOnly(kWaits)).ok()) << "another customer";
}

TEST_F(PolicyTest, ARepeatedStartIsAnsweredWhateverTheLimits) {
  daemon_.reset();
  ASSERT_NO_FATAL_FAILURE(ServeWith("", "starts_per_number = 1"));
  v1::StartLoginRequest request = NameOnly(kDenies);
  request.set_request_id("receipt-1");
  const std::string id = till_->Start(request)->id();
  till_->WatchToEnd(id);
  EXPECT_EQ(till_->Start(request)->id(), id);
}

TEST_F(PolicyTest, OnePendingLoginOfACustomerIsReplacedByItsOwnCallerOnly) {
  const std::string first = MustStart(kWaits);
  till_->WatchUntil(first, v1::Login::PENDING);
  EXPECT_EQ(till_->Start(kWaits).status().code(), StatusCode::kAlreadyExists);
  v1::StartLoginRequest request = NameOnly(kWaits);
  request.set_replace_pending(true);
  const absl::Status others = kiosk_->Start(request).status();
  EXPECT_EQ(others.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(others.message()), Not(HasSubstr(first)));
  EXPECT_EQ(till_->Get(first)->state(), v1::Login::PENDING);
  const absl::StatusOr<v1::Login> second = till_->Start(request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(till_->Get(first)->state(), v1::Login::CANCELLED);
}

TEST_F(PolicyTest, NobodysLoginIsCancelledForAStartThatCannotBe) {
  daemon_.reset();
  ASSERT_NO_FATAL_FAILURE(ServeWith("", "starts_per_number = 1"));
  const std::string first = MustStart(kWaits);
  till_->WatchUntil(first, v1::Login::PENDING);
  v1::StartLoginRequest request = NameOnly(kWaits);
  request.set_replace_pending(true);
  EXPECT_EQ(till_->Start(request).status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(till_->Get(first)->state(), v1::Login::PENDING);
}

TEST_F(PolicyTest, TheAuditTrailTellsOfStartsEndsAndRefusals) {
  const std::string id = MustStart(kApproves);
  till_->WatchToEnd(id);
  v1::StartLoginRequest nin = NameOnly(kWaits);
  nin.add_scopes("nin");
  EXPECT_FALSE(kiosk_->Start(nin).ok());
  v1::CheckUserRequest check;
  check.set_phone_number(kWaits);
  EXPECT_TRUE(till_->Check(check).ok());
  const nlohmann::json refused = AuditLines("refused", 1).at(0);
  EXPECT_EQ(refused["caller"], "kiosk");
  EXPECT_EQ(refused.value("sales_unit", ""), "123456");
  EXPECT_EQ(refused.value("scopes", nlohmann::json()), nlohmann::json({"openid", "name", "nin"}));
  EXPECT_EQ(refused.value("phone_number", ""), "47*****567");
  const nlohmann::json start = AuditLines("start", 1).at(0);
  EXPECT_EQ(start["login"], id);
  EXPECT_EQ(start["caller"], "everyone");
  EXPECT_EQ(AuditLines("end", 1).at(0)["outcome"], "COMPLETED");
  const nlohmann::json checked = AuditLines("check", 1).at(0);
  EXPECT_EQ(checked["caller"], "everyone");
  EXPECT_EQ(checked["sales_unit"], "123456");
  EXPECT_EQ(checked["phone_number"], "47*****567");
  EXPECT_EQ(checked["outcome"], "OK");
  const v1::Login login = *till_->Get(id);
  const std::string trail = ReadFile(AuditFile());
  for (const std::string& personal :
       {std::string("4740000000"), std::string("40000000"), std::string("4791234567"),
        std::string("91234567"), login.profile().birthdate(), login.profile().name(),
        login.profile().email()}) {
    ASSERT_FALSE(personal.empty());
    EXPECT_THAT(trail, Not(HasSubstr(personal)));
  }
}

}  // namespace
}  // namespace cibad
