// What the config says of pings.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/unit/ops/config_fixture.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ConfigWebhookTest : public ConfigTest {
 protected:
  ConfigWebhookTest() {
    folder_.Write("hook1", "first\n");
    folder_.Write("hook2", "second\n");
  }

  // The good config with these in its sales unit, and the listener that they need.
  std::string With(const std::string& lines) {
    return absl::StrReplaceAll(WithSalesUnitKey(lines),
                               {{"[provider]", "webhook = \"127.0.0.1:8480\"\n[provider]"}});
  }
};

constexpr char kUrl[] = "webhook_url = \"https://a.example/hook?x\"\n";
constexpr char kFiles[] = "webhook_secret_files = [\"hook1\"]\n";

TEST_F(ConfigWebhookTest, WithoutOneNoPingIsWaitedFor) {
  const absl::StatusOr<Config> config = Load(kGood);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->webhook_address, "");
  EXPECT_FALSE(config->sales_units[0].webhook.has_value());
  EXPECT_FALSE(config->sales_units[0].handling.ping_fallback.has_value());
}

TEST_F(ConfigWebhookTest, IsRead) {
  const absl::StatusOr<Config> config =
      Load(With(absl::StrCat(kUrl, "webhook_secret_files = [\"hook2\", \"hook1\"]\n")));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->webhook_address, "127.0.0.1:8480");
  const SalesUnit& unit = config->sales_units[0];
  ASSERT_TRUE(unit.webhook.has_value());
  EXPECT_EQ(unit.webhook->host, "a.example");
  EXPECT_EQ(unit.webhook->path, "/hook");
  EXPECT_EQ(unit.webhook->path_and_query, "/hook?x");
  EXPECT_THAT(unit.webhook->secrets, ElementsAre(Secret("second"), Secret("first")));
  EXPECT_EQ(unit.handling.ping_fallback, absl::Seconds(30));
}

TEST_F(ConfigWebhookTest, FallbackHasItsLimits) {
  const std::string both = absl::StrCat(kUrl, kFiles);
  const absl::StatusOr<Config> config =
      Load(With(absl::StrCat(both, "ping_fallback_seconds = 300\n")));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->sales_units[0].handling.ping_fallback, absl::Seconds(300));
  for (const char* wrong : {"4", "301", "0", "-1"}) {
    EXPECT_THAT(ErrorOf(With(absl::StrCat(both, "ping_fallback_seconds = ", wrong, "\n"))),
                HasSubstr("sales_unit.ping_fallback_seconds: must be 5 to 300"));
  }
}

TEST_F(ConfigWebhookTest, WhatBelongsTogetherIsMissed) {
  EXPECT_THAT(ErrorOf(With(kUrl)), HasSubstr("sales_unit.webhook_secret_files: is missing"));
  EXPECT_THAT(ErrorOf(With(kFiles)), HasSubstr("webhook_secret_files: is for pings"));
  EXPECT_THAT(ErrorOf(With("ping_fallback_seconds = 30\n")),
              HasSubstr("ping_fallback_seconds: is for pings"));
  EXPECT_THAT(ErrorOf(With("")), HasSubstr("listen.webhook: is for pings"));
  EXPECT_THAT(ErrorOf(WithSalesUnitKey(absl::StrCat(kUrl, kFiles))),
              HasSubstr("listen.webhook: is missing"));
}

TEST_F(ConfigWebhookTest, WhatIsWrongInItIsTold) {
  EXPECT_THAT(ErrorOf(With(absl::StrCat("webhook_url = \"http://a.example/\"\n", kFiles))),
              HasSubstr("sales_unit.webhook_url: must start with https://"));
  EXPECT_THAT(ErrorOf(With(absl::StrCat(kUrl, "webhook_secret_files = []\n"))),
              HasSubstr("webhook_secret_files: is empty"));
  EXPECT_THAT(ErrorOf(With(absl::StrCat(kUrl, "webhook_secret_files = [\"none\"]\n"))),
              HasSubstr("webhook_secret_files: "));
  EXPECT_THAT(
      ErrorOf(With(absl::StrCat(
          kUrl, R"(webhook_secret_files = ["hook1", "hook1", "hook1", "hook1", "hook1"])", "\n"))),
      HasSubstr("webhook_secret_files: has more than 4"));
  EXPECT_THAT(ErrorOf(absl::StrReplaceAll(With(absl::StrCat(kUrl, kFiles)),
                                          {{"127.0.0.1:8480", "0.0.0.0:8480"}})),
              HasSubstr("listen.webhook: must be a loopback address"));
}

TEST_F(ConfigWebhookTest, APathIsOneSalesUnitsOwn) {
  const std::string other = absl::StrCat(
      "[[sales_unit]]\nmsn = \"2\"\nclient_id = \"a\"\nclient_secret_file = \"secret\"\n"
      "webhook_url = \"https://b.example/hook?y\"\n",
      kFiles);
  EXPECT_THAT(ErrorOf(With(absl::StrCat(kUrl, kFiles, other))),
              HasSubstr("webhook_url: has the path of the one in line"));
}

}  // namespace
}  // namespace cibad
