#include "server/store/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
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
    login.failure.Edit().reason = static_cast<FailureReason>(reason);
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
  login.progress.code = "s3cret";
  EXPECT_EQ(EncodeRecord(login)->text.find("s3cret"), std::string::npos);
  EXPECT_EQ(RoundTrip(login).progress, Progress());
}

TEST(RecordTest, ColumnsAreThoseOfTheLogin) {
  const absl::StatusOr<Record> record = EncodeRecord(MakeFullLogin());
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->id, "0123456789ABCDEFGHJKMNPQRS");
  EXPECT_EQ(record->caller, kStoreTill);
  EXPECT_EQ(record->request_key,
            absl::StrCat(kStoreTill, std::string(1, '\0'), "2c1b6a5e-0000-4000-8000-000000000001"));
  EXPECT_EQ(record->create_time, 1'785'000'000'123'456'789);
  EXPECT_EQ(record->end_time, 1'785'000'002'000'000'003);
  EXPECT_EQ(record->revision, 7);
  EXPECT_EQ(EncodeRecord(MakeLogin("a"))->end_time, std::nullopt);
}

TEST(RecordTest, WhatCannotBeKeptIsRefused) {
  Login nameless = MakeLogin("");
  EXPECT_EQ(EncodeRecord(nameless).status().code(), absl::StatusCode::kInvalidArgument);

  Login large = MakeLogin("a");
  large.request.Edit().reference = std::string(kMaxRecordBytes, 'x');
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
  const absl::Status damaged =
      absl::DataLossError("the stored record of login 0123456789ABCDEFGHJKMNPQRS is damaged");
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_EQ(DecodeRecord(id, text.substr(0, length)).status(), damaged) << "cut to " << length;
  }
  EXPECT_EQ(DecodeRecord(id, text + '\0').status(), damaged) << "with a byte more";
  std::string earlier_format = text;
  earlier_format[0] = 1;
  EXPECT_EQ(DecodeRecord(id, earlier_format).status(), damaged);
}

TEST(RecordTest, NoDamageOfAByteBreaksTheReader) {
  const std::string text = EncodeRecord(MakeFullLogin())->text;
  for (size_t position = 0; position < text.size(); ++position) {
    for (const char byte : {'\0', '\2', '\x7f', '\xff'}) {
      std::string changed = text;
      changed[position] = byte;
      const absl::Status status = DecodeRecord(MakeFullLogin().id, changed).status();
      EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << position << ": " << status;
    }
  }
}

TEST(RecordTest, RecordOfAnotherLoginIsDataLoss) {
  EXPECT_EQ(DecodeRecord("other", EncodeRecord(MakeLogin("a"))->text).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(RecordTest, RecordOfFormat2IsReadAndLacksWhatCameLater) {
  // As EncodeRecord wrote MakeLogin("a") when 2 was the newest format.
  const std::string text = absl::HexStringToBytes(
      "02010000000000000061010000000000000006000000000000003132333435360a000000000000003437"
      "3931323334353637020000000000000006000000000000006f70656e696404000000000000006e616d65"
      "000000000000000000000000000000000000000000000000000008000000000000007374617274696e67"
      "04000000000000006e6f6e65000000000000000000008012ec0a98c518008012ec0a98c518ffffffffff"
      "ffff7f000000000000000000000000000000000000000000000000000000");
  const absl::StatusOr<Login> login = DecodeRecord("a", text);
  ASSERT_TRUE(login.ok()) << login.status();
  Login expected = MakeLogin("a");
  expected.request.Edit().caller.clear();
  EXPECT_EQ(*login, expected);
}

// A login with each of its times.
Login LoginWithTimes() {
  Login login = MakeFullLogin();
  login.retry_time = At(50);
  return login;
}

TEST(RecordTest, TimesFollowTheClockWhereItWasSetWithinOneRunOfTheMachine) {
  const Login login = LoginWithTimes();
  for (const absl::Duration change : {absl::Hours(2), -absl::Hours(2)}) {
    const absl::StatusOr<Record> record = EncodeRecord(login, {"boot-1", At(0)});
    const absl::StatusOr<Login> read =
        DecodeRecord(login.id, record->text, {"boot-1", At(0) + change});
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->create_time, login.create_time + change);
    EXPECT_EQ(read->update_time, login.update_time + change);
    EXPECT_EQ(read->expire_time, login.expire_time + change);
    EXPECT_EQ(read->end_time, *login.end_time + change);
    EXPECT_EQ(read->retry_time, login.retry_time + change);
    EXPECT_EQ(read->tokens->expire_time, login.tokens->expire_time + change);
  }
}

TEST(RecordTest, TimesStayWhereNothingIsKnownOfTheClock) {
  const Login login = LoginWithTimes();
  const struct {
    Boot written;
    Boot present;
  } cases[] = {
      {{"boot-1", At(0)}, {"boot-2", At(9000)}},  // the machine booted in between
      {{"", At(0)}, {"", At(9000)}},
      {{"boot-1", At(0)}, {"", At(9000)}},
      {{"boot-1", At(0)}, {"boot-1", At(0) + absl::Milliseconds(999)}},  // as time servers do
  };
  for (const auto& [written, present] : cases) {
    EXPECT_EQ(*DecodeRecord(login.id, EncodeRecord(login, written)->text, present), login);
  }
}

TEST(RecordTest, InfiniteTimesStayInfiniteWhateverTheClock) {
  Login login = MakeLogin("a");
  login.expire_time = absl::InfiniteFuture();
  login.retry_time = absl::InfinitePast();
  const absl::StatusOr<Record> record = EncodeRecord(login, {"boot-1", At(0)});
  const absl::StatusOr<Login> read = DecodeRecord("a", record->text, {"boot-1", At(9000)});
  EXPECT_EQ(read->expire_time, absl::InfiniteFuture());
  EXPECT_EQ(read->retry_time, absl::InfinitePast());
}

TEST(RecordTest, RecordOfANewerFormatIsDataLossThatSaysSo) {
  std::string text = EncodeRecord(MakeLogin("a"))->text;
  text[0] = 5;
  EXPECT_EQ(DecodeRecord("a", text).status(),
            absl::DataLossError("login a is stored in format 5, which this version does not know"));
}

}  // namespace
}  // namespace cibad
