// The keys of [[sales_unit]] beyond those that every one has.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/ops/config.h"
#include "tests/unit/ops/config_fixture.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SalesUnitConfigTest : public ConfigTest {
 protected:
  SalesUnitConfigTest() { folder_.Write("subscription", "hunter2-subscription\n"); }

  // A second sales unit, with `line` in it.
  static std::string Second(const std::string& line) {
    return absl::StrCat(
        "[[sales_unit]]\nmsn = \"2\"\nclient_id = \"b\"\nclient_secret_file = \"secret\"\n", line);
  }

  // The sales units of the config with these lines behind those of the first.
  std::vector<SalesUnit> UnitsWith(const std::string& lines) {
    const absl::StatusOr<Config> config = Load(WithSalesUnitKey(lines));
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? config->sales_units : std::vector<SalesUnit>(2);
  }
};

TEST_F(SalesUnitConfigTest, PartnerKeysNeedASubscriptionKey) {
  const SalesUnit unit =
      UnitsWith("auth_method = \"partner_keys\"\nsubscription_key_file = \"subscription\"")[0];
  EXPECT_EQ(unit.authentication, ClientAuthentication::kPartnerKeys);
  EXPECT_EQ(unit.subscription_key.Reveal(), "hunter2-subscription");
  EXPECT_EQ(ErrorOf(WithSalesUnitKey("auth_method = \"partner_keys\"")),
            "5: sales_unit.subscription_key_file: is missing; add it to this [[sales_unit]]");
}

TEST_F(SalesUnitConfigTest, ASubscriptionKeyIsReadLikeTheClientSecret) {
  const std::string key = "subscription_key_file = \"subscription\"";
  const std::string start = absl::StrCat("9: sales_unit.subscription_key_file: the file \"",
                                         folder_.File("subscription"), "\" ");
  EXPECT_EQ(UnitsWith(key)[0].authentication, ClientAuthentication::kClientSecretBasic);
  folder_.Write("subscription", "");
  EXPECT_EQ(ErrorOf(WithSalesUnitKey(key)), start + "is empty; write the subscription key into it");
  for (const char* text : {"hunter2 b", "hunter2\nb", "hunter2\xC3\xA6"}) {
    folder_.Write("subscription", text);
    EXPECT_EQ(
        ErrorOf(WithSalesUnitKey(key)),
        start + "must hold the subscription key alone: one line of plain ASCII without spaces");
  }
  folder_.Write("subscription", "hunter2", 0644);
  EXPECT_THAT(ErrorOf(WithSalesUnitKey(key)), HasSubstr("chmod o-rwx"));
  EXPECT_EQ(
      ErrorOf(WithSalesUnitKey("subscription_key = \"hunter2\"")),
      "9: sales_unit.subscription_key: secrets are not written into the config; put it into a "
      "file and name that with subscription_key_file");
}

TEST_F(SalesUnitConfigTest, AClientSecretThatBecomesAHeaderHasNoSpace) {
  folder_.Write("secret", "hunter2 b");
  EXPECT_TRUE(Load(kGood).ok());
  EXPECT_EQ(ErrorOf(WithSalesUnitKey("subscription_key_file = \"subscription\"")),
            "8: sales_unit.client_secret_file: the client secret has a space in it, with which no "
            "access token can be had");
}

TEST_F(SalesUnitConfigTest, TheOnlyOneIsTheDefault) {
  EXPECT_TRUE(UnitsWith("")[0].is_default);
  EXPECT_TRUE(UnitsWith("default = false")[0].is_default);
}

TEST_F(SalesUnitConfigTest, OfSeveralAtMostOneIsTheDefault) {
  std::vector<SalesUnit> units = UnitsWith(Second(""));
  EXPECT_FALSE(units[0].is_default || units[1].is_default);
  units = UnitsWith(Second("default = true"));
  EXPECT_FALSE(units[0].is_default);
  EXPECT_TRUE(units[1].is_default);
  EXPECT_EQ(
      ErrorOf(WithSalesUnitKey("default = true\n" + Second("default = true"))),
      "14: sales_unit.default: another sales unit is the default already, in line 9; only one "
      "can be");
  EXPECT_EQ(ErrorOf(WithSalesUnitKey("default = \"yes\"")),
            "9: sales_unit.default: must be true or false without quotes, not a string");
}

TEST_F(SalesUnitConfigTest, EachHasItsOwnRegionScopesAndCheck) {
  const std::vector<SalesUnit> units = UnitsWith(
      "default_region = \"FO\"\n" +
      Second("default_region = \"AX\"\ndefault_scopes = [\"name\", \"email\"]\ncheck_user = true"));
  EXPECT_EQ(units[0].default_region, "FO");
  EXPECT_THAT(units[0].default_scopes, ElementsAre());
  EXPECT_FALSE(units[0].handling.check_user);
  EXPECT_EQ(units[1].default_region, "AX");
  EXPECT_THAT(units[1].default_scopes, ElementsAre("openid", "name", "email"));
  EXPECT_TRUE(units[1].handling.check_user);
}

TEST_F(SalesUnitConfigTest, DefaultScopesAreThoseOfAStart) {
  EXPECT_THAT(ErrorOf(WithSalesUnitKey("default_scopes = [\"nnin\"]")),
              testing::StartsWith("9: sales_unit.default_scopes: nnin is not accepted"));
  EXPECT_THAT(ErrorOf(WithSalesUnitKey("default_scopes = []")),
              testing::StartsWith("9: sales_unit.default_scopes: give at least one"));
  EXPECT_THAT(ErrorOf(WithSalesUnitKey("default_scopes = \"name\"")),
              testing::StartsWith("9: sales_unit.default_scopes: must be an array of strings"));
}

TEST_F(SalesUnitConfigTest, SystemHeadersAreShortAndPlain) {
  const SalesUnit unit = UnitsWith(
      "system_name = \"acme\"\nsystem_version = \"4.2\"\nplugin_name = \"acme-vipps\"\n"
      "plugin_version = \"123456789012345678901234567890\"")[0];
  EXPECT_EQ(unit.system_headers,
            (SystemHeaders{"acme", "4.2", "acme-vipps", "123456789012345678901234567890"}));
  for (const char* key : {"system_name", "system_version", "plugin_name", "plugin_version"}) {
    for (const char* value : {"1234567890123456789012345678901", "a b", "æ"}) {
      EXPECT_EQ(ErrorOf(WithSalesUnitKey(absl::StrCat(key, " = \"", value, "\""))),
                absl::StrCat("9: sales_unit.", key,
                             ": must be at most 30 characters of plain ASCII without spaces"));
    }
  }
}

}  // namespace
}  // namespace cibad
