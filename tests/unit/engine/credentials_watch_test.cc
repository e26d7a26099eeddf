#include "server/engine/credentials_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/ops/log.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class CredentialsWatchTest : public ::testing::Test {
 protected:
  static ProviderError Error(int status, const std::string& code) {
    return {status, code, "traceId 4bf9", std::nullopt};
  }

  void Token(const Outcome<TokenAnswer>& outcome, const std::string& unit = "123456") {
    watch_.Note(watch_.Find(unit), TokenRequestAnswered{outcome});
  }
  void Backchannel(const Outcome<Acknowledgement>& outcome) {
    watch_.Note(watch_.Find("123456"), BackchannelAnswered{outcome});
  }
  void Refuse(const std::string& unit = "123456") { Token(Error(401, "invalid_client"), unit); }

  std::vector<std::pair<std::string, bool>> changes_;
  std::vector<std::pair<LogLevel, std::string>> log_;
  CredentialsWatch watch_{[this](const std::string& unit, bool is_refused) {
    EXPECT_FALSE(log_.empty()) << "whoever is told finds the reason in the log";
    changes_.emplace_back(unit, is_refused);
  }};
  LogCapture capture_{
      [this](LogLevel level, const std::string& line) { log_.emplace_back(level, line); }};
};

TEST_F(CredentialsWatchTest, ARefusalIsToldOnceHoweverManyLoginsMeetIt) {
  for (int i = 0; i < 100; ++i) Refuse();
  Backchannel(Error(401, ""));
  EXPECT_THAT(changes_, ElementsAre(Pair("123456", true)));
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_EQ(log_[0].first, LogLevel::kError);
  EXPECT_THAT(log_[0].second, HasSubstr("sales_unit=123456 code=invalid_client"));
  EXPECT_THAT(log_[0].second, HasSubstr("traceId 4bf9"));
}

TEST_F(CredentialsWatchTest, AnAnswerThatProvesThemGoodEndsIt) {
  const std::vector<std::function<void()>> proofs = {
      [this] { Token(TokenAnswer{}); },
      [this] { Token(Error(400, "authorization_pending")); },
      [this] { Token(Error(403, "access_denied")); },
      [this] { Backchannel(Acknowledgement{}); },
      [this] { Backchannel(Error(400, "unknown_user_id")); },
  };
  for (const auto& prove : proofs) {
    changes_.clear();
    log_.clear();
    Refuse();
    prove();
    prove();
    EXPECT_THAT(changes_, ElementsAre(Pair("123456", true), Pair("123456", false)));
    ASSERT_EQ(log_.size(), 2u);
    EXPECT_EQ(log_[1].first, LogLevel::kInfo);
  }
}

TEST_F(CredentialsWatchTest, WhatProvesNothingChangesNothing) {
  const auto tell = [this] {
    Token(NoAnswer{});
    Token(InvalidAnswer{});
    Token(Error(429, ""));
    Token(Error(403, ""));
    Token(Error(400, "server_error"));
    // Of the customer's token, not of the sales unit's credentials.
    watch_.Note(watch_.Find("123456"), ProfileAnswered{Error(401, "")});
    watch_.Note(watch_.Find("123456"), ProfileAnswered{Profile{}});
    watch_.Note(watch_.Find("123456"), Woken{});
  };
  tell();
  EXPECT_THAT(changes_, IsEmpty());
  Refuse();
  tell();
  EXPECT_THAT(changes_, ElementsAre(Pair("123456", true)));
}

TEST_F(CredentialsWatchTest, SalesUnitsAreToldApart) {
  Refuse("654321");
  Token(TokenAnswer{}, "123456");
  EXPECT_THAT(changes_, ElementsAre(Pair("654321", true)));
}

TEST_F(CredentialsWatchTest, ChangedCredentialsAreThoughtGood) {
  watch_.Forget("123456");
  EXPECT_THAT(changes_, IsEmpty());
  Refuse();
  watch_.Forget("123456");
  EXPECT_THAT(changes_, ElementsAre(Pair("123456", true), Pair("123456", false)));
  Refuse();
  EXPECT_EQ(changes_.size(), 3u);
}

}  // namespace
}  // namespace cibad
