#include "server/store/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;

Login RoundTrip(const Login& login) {
  const absl::StatusOr<Record> record = EncodeRecord(login);
  EXPECT_TRUE(record.ok()) << record.status();
  const absl::StatusOr<Login> decoded = DecodeRecord(record->id, record->text);
  EXPECT_TRUE(decoded.ok()) << decoded.status();
  return decoded.value_or(Login());
}

TEST(RecordTest, EveryFieldComesBack) {
  const Login login = MakeFullLogin();
  EXPECT_EQ(RoundTrip(login), login);
}

// Guards the test above: a field that has its default value would come back without ever being
// kept.
TEST(RecordTest, FullLoginHasNoFieldAtItsDefault) {
  const auto full = nlohmann::json::parse(EncodeRecord(MakeFullLogin())->text)["login"].flatten();
  Login bare;
  bare.id = "id";
  bare.tokens.emplace();
  bare.failure.retry_after.emplace();
  bare.request.requested_expiry.emplace();
  bare.profile.emplace().consents.emplace().consents.emplace_back();
  bare.profile->addresses.emplace_back();
  const auto defaults = nlohmann::json::parse(EncodeRecord(bare)->text)["login"].flatten();
  for (const auto& [pointer, value] : defaults.items()) {
    if (value.is_boolean() && pointer == "/profile/consents/consents/0/required") continue;
    EXPECT_TRUE(!full.contains(pointer) || full[pointer] != value) << pointer;
  }
}

TEST(RecordTest, LoginAtItsStartComesBack) {
  const Login login = MakeLogin("a");
  EXPECT_EQ(RoundTrip(login), login);
  EXPECT_EQ(RoundTrip(login).expire_time, absl::InfiniteFuture());
}

TEST(RecordTest, EveryStateAndReasonComesBack) {
  for (int state = 0; state <= static_cast<int>(LoginState::kFailed); ++state) {
    Login login = MakeLogin("a");
    login.state = static_cast<LoginState>(state);
    if (HasEnded(login.state)) login.end_time = At(1);
    EXPECT_EQ(RoundTrip(login).state, login.state);
  }
  for (int reason = 0; reason <= static_cast<int>(FailureReason::kOther); ++reason) {
    Login login = MakeLogin("a");
    login.failure.reason = static_cast<FailureReason>(reason);
    EXPECT_EQ(RoundTrip(login).failure, login.failure);
  }
}

TEST(RecordTest, InfiniteTimesAndDurationsStayInfinite) {
  Login login = MakeLogin("a");
  login.tokens = Tokens{"access", "id", absl::InfiniteFuture()};
  login.create_time = absl::InfinitePast();
  login.interval = absl::InfiniteDuration();
  EXPECT_EQ(RoundTrip(login), login);
}

TEST(RecordTest, ProgressIsNotKept) {
  Login login = MakeLogin("a");
  login.progress.request_in_flight = true;
  login.progress.unanswered_requests = 3;
  EXPECT_EQ(RoundTrip(login).progress, Progress());
}

TEST(RecordTest, ColumnsAreThoseOfTheLogin) {
  const absl::StatusOr<Record> record = EncodeRecord(MakeFullLogin());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->id, "0123456789ABCDEFGHJKMNPQRS");
  EXPECT_EQ(record->request_id, "2c1b6a5e-0000-4000-8000-000000000001");
  EXPECT_EQ(record->create_time, 1'785'000'000'123'456'789);
  EXPECT_EQ(record->end_time, 1'785'000'002'000'000'003);
  EXPECT_EQ(record->revision, 7);
  EXPECT_EQ(EncodeRecord(MakeLogin("a"))->end_time, std::nullopt);
}

TEST(RecordTest, WhatCannotBeKeptIsRefused) {
  Login nameless = MakeLogin("");
  EXPECT_EQ(EncodeRecord(nameless).status().code(), absl::StatusCode::kInvalidArgument);

  Login not_utf8 = MakeLogin("a");
  not_utf8.request.reference = "secret\xff";
  EXPECT_EQ(EncodeRecord(not_utf8).status(),
            absl::InvalidArgumentError("login a cannot be stored: a text in it is not UTF-8"));

  Login large = MakeLogin("a");
  large.request.reference = std::string(kMaxRecordBytes, 'x');
  EXPECT_THAT(EncodeRecord(large).status().message(), HasSubstr("larger than 1048576 bytes"));

  Login ended_without_time = MakeLogin("a");
  ended_without_time.state = LoginState::kDenied;
  EXPECT_THAT(EncodeRecord(ended_without_time).status().message(), HasSubstr("end_time"));

  Login time_without_end = MakeLogin("a");
  time_without_end.end_time = At(1);
  EXPECT_THAT(EncodeRecord(time_without_end).status().message(), HasSubstr("end_time"));
}

TEST(RecordTest, DamagedRecordIsDataLossThatNamesTheIdOnly) {
  const std::string text = EncodeRecord(MakeFullLogin())->text;
  const std::string id = MakeFullLogin().id;
  std::vector<std::string> damaged = {"",   "null",     "[]",
                                      "{}", "not json", text.substr(0, text.size() / 2)};
  // Every member missing, once, and every member of another type, once.
  const auto whole = nlohmann::json::parse(text);
  const auto flat = whole.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    auto other_type = whole;
    other_type[nlohmann::json::json_pointer(pointer)] = nlohmann::json::array({1});
    damaged.push_back(other_type.dump());
  }
  for (const auto& [name, value] : whole["login"].items()) {
    auto missing = whole;
    missing["login"].erase(name);
    damaged.push_back(missing.dump());
  }
  for (const std::string& record : damaged) {
    const absl::StatusOr<Login> decoded = DecodeRecord(id, record);
    EXPECT_EQ(
        decoded.status(),
        absl::DataLossError("the stored record of login 0123456789ABCDEFGHJKMNPQRS is damaged"))
        << record;
  }
}

TEST(RecordTest, RecordOfAnotherLoginIsDataLoss) {
  EXPECT_EQ(DecodeRecord("other", EncodeRecord(MakeLogin("a"))->text).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(RecordTest, RecordOfANewerFormatIsDataLossThatSaysSo) {
  auto json = nlohmann::json::parse(EncodeRecord(MakeLogin("a"))->text);
  json["format"] = 2;
  EXPECT_EQ(DecodeRecord("a", json.dump()).status(),
            absl::DataLossError("login a is stored in format 2, which this version does not know"));
}

}  // namespace
}  // namespace cibad
