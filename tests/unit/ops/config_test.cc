#include "server/ops/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/unit/ops/config_fixture.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(ConfigTest, SmallestConfigHasTheDefaults) {
  const absl::StatusOr<Config> config = Load(kGood);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->listen, ElementsAre("unix:/run/cibad.sock"));
  EXPECT_EQ(config->issuer, "https://issuer.example/access/");
  EXPECT_EQ(config->ca_file, "");
  EXPECT_EQ(config->proxy, "");
  ASSERT_THAT(config->sales_units, SizeIs(1));
  EXPECT_EQ(config->sales_units[0].msn, "123456");
  EXPECT_EQ(config->sales_units[0].client_id, "client-1");
  EXPECT_EQ(config->sales_units[0].client_secret.Reveal(), "hunter2");
  EXPECT_EQ(config->sales_units[0].authentication, ClientAuthentication::kClientSecretBasic);
  EXPECT_EQ(config->sales_units[0].default_region, "NO");
  EXPECT_EQ(config->store_path, folder_.File("logins.db"));
  EXPECT_EQ(config->log_level, LogLevel::kInfo);
  EXPECT_EQ(config->workers, 0);
  EXPECT_EQ(config->keep_ended_minutes, 15);
  EXPECT_EQ(config->metrics_address, "");
  EXPECT_EQ(config->pending_logins, 200'000);
  EXPECT_EQ(config->watch_streams, 50'000);
  EXPECT_EQ(config->connections, 10'000);
}

TEST_F(ConfigTest, EveryKeyIsRead) {
  folder_.Write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  folder_.Write("secret2", "another");
  folder_.Write("key1", KeyText('1'));
  folder_.Write("key2", KeyText('2'));
  const absl::StatusOr<Config> config = Load(R"(
listen.grpc = ["127.0.0.1:0", "[::1]:50051", "localhost:65535", "unix:/a b"]
listen.metrics = "[::1]:9464"
provider = { issuer = "https://issuer.example", ca_file = "./x/../ca.pem", proxy = "http://proxy.example:3128" }
store = { path = "/var/lib/cibad/logins.db", key_file = "key1", old_key_files = ["key2"], keep_ended_minutes = 1 }
[[sales_unit]]
msn = "1"
client_id = "a"
client_secret_file = "secret"
auth_method = "client_secret_post"
default_region = "DK"
[[sales_unit]]
msn = "2"
client_id = "a"
client_secret_file = "secret2"
auth_method = "client_secret_basic"
default_region = "SE"
[log]
level = "debug"
[engine]
workers = 256
[limits]
pending_logins = 7
watch_streams = 1000000
connections = 70000
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->listen,
              ElementsAre("127.0.0.1:0", "[::1]:50051", "localhost:65535", "unix:/a b"));
  EXPECT_EQ(config->metrics_address, "[::1]:9464");
  EXPECT_EQ(config->issuer, "https://issuer.example");
  EXPECT_EQ(config->ca_file, folder_.File("ca.pem"));
  EXPECT_EQ(config->proxy, "http://proxy.example:3128");
  ASSERT_THAT(config->sales_units, SizeIs(2));
  EXPECT_EQ(config->sales_units[0].authentication, ClientAuthentication::kClientSecretPost);
  EXPECT_EQ(config->sales_units[0].default_region, "DK");
  EXPECT_EQ(config->sales_units[1].msn, "2");
  EXPECT_EQ(config->sales_units[1].client_secret.Reveal(), "another");
  EXPECT_EQ(config->sales_units[1].authentication, ClientAuthentication::kClientSecretBasic);
  EXPECT_EQ(config->store_path, "/var/lib/cibad/logins.db");
  ASSERT_TRUE(config->store_keys.key.has_value());
  EXPECT_EQ(config->store_keys.key->ToText(), KeyText('1'));
  ASSERT_THAT(config->store_keys.old_keys, SizeIs(1));
  EXPECT_EQ(config->store_keys.old_keys[0].ToText(), KeyText('2'));
  EXPECT_EQ(config->log_level, LogLevel::kDebug);
  EXPECT_EQ(config->workers, 256);
  EXPECT_EQ(config->keep_ended_minutes, 1);
  EXPECT_EQ(config->pending_logins, 7);
  EXPECT_EQ(config->watch_streams, 1'000'000);
  EXPECT_EQ(config->connections, 70'000);
}

TEST_F(ConfigTest, FileThatCannotBeReadIsNamed) {
  EXPECT_EQ(
      LoadConfig("/nowhere/cibad.toml").status(),
      absl::InvalidArgumentError("/nowhere/cibad.toml: cannot be read: No such file or directory"));
  EXPECT_EQ(LoadConfig(folder_.path()).status(),
            absl::InvalidArgumentError(folder_.path() + ": is not a regular file"));
  EXPECT_EQ(ErrorOf(std::string(1024 * 1024 + 1, '#')), " is larger than 1048576 bytes");
}

TEST_F(ConfigTest, SyntaxErrorHasItsLine) {
  EXPECT_EQ(ErrorOf("[listen]\ngrpc = [\n"),
            "2: not valid TOML: Error while parsing array: encountered end-of-file");
  EXPECT_EQ(ErrorWith("[store]", "[store"),
            "9: not valid TOML: Error while parsing table header: expected ']', saw '\\n'");
  EXPECT_EQ(ErrorOf("\xff\n"), "1: not valid TOML: Encountered invalid utf-8 sequence");
  EXPECT_EQ(ErrorWith("msn = ", "msn = \"1\"\nmsn = "),
            "7: not valid TOML: Error while parsing key-value pair: cannot redefine existing "
            "string 'msn'");
  EXPECT_EQ(ErrorOf(absl::StrCat(kGood, "[store]\n")),
            "12: not valid TOML: Error while parsing table header: cannot redefine existing table "
            "'store'");
}

TEST_F(ConfigTest, SecretWithoutQuotesIsNotQuotedInTheError) {
  EXPECT_EQ(ErrorWith("client_secret_file = \"secret\"", "client_secret = hunter2"),
            "8: not valid TOML: Error while parsing value: could not determine value type");
}

TEST_F(ConfigTest, UnknownKeyIsRefusedAndTheNearestNamed) {
  EXPECT_EQ(ErrorWith("issuer =", "isuer ="),
            "4: provider.isuer: unknown key; did you mean issuer?");
  EXPECT_EQ(ErrorWith("client_id", "clientid"),
            "7: sales_unit.clientid: unknown key; did you mean client_id?");
  EXPECT_EQ(ErrorWith("[store]", "[stores]"), "9: stores: unknown key; did you mean store?");
  EXPECT_EQ(ErrorWith("[store]", "frobnicate = 1\n[store]"),
            "9: sales_unit.frobnicate: unknown key; remove it");
  EXPECT_EQ(ErrorWith("[provider]", "path = \"x\"\n[provider]"),
            "3: listen.path: unknown key here; it belongs to [store]");
  EXPECT_EQ(ErrorWith("[store]", "\"a\\nb\\u0000\" = 1\n[store]"),
            "9: sales_unit.\"a\\nb\\x00\": unknown key; remove it");
}

TEST_F(ConfigTest, SecretInTheConfigIsRefusedWithoutQuotingIt) {
  const std::string why =
      "secrets are not written into the config; put it into a file and name that with "
      "client_secret_file";
  EXPECT_EQ(ErrorWith("client_secret_file = \"secret\"", "client_secret = \"hunter2\""),
            "8: sales_unit.client_secret: " + why);
  EXPECT_EQ(ErrorOf(absl::StrCat("CLIENT_SECRET = \"hunter2\"\n", kGood)),
            "1: CLIENT_SECRET: " + why);
}

TEST_F(ConfigTest, MissingKeysAreNamedAtTheirSection) {
  EXPECT_EQ(ErrorWith("grpc = [\"unix:/run/cibad.sock\"]\n", ""),
            "1: listen.grpc: is missing; add it to [listen]");
  EXPECT_EQ(ErrorWith("issuer = \"https://issuer.example/access/\"\n", ""),
            "3: provider.issuer: is missing; add it to [provider]");
  EXPECT_EQ(ErrorWith("msn = \"123456\"\n", ""),
            "5: sales_unit.msn: is missing; add it to this [[sales_unit]]");
  EXPECT_EQ(ErrorWith("client_id = \"client-1\"\n", ""),
            "5: sales_unit.client_id: is missing; add it to this [[sales_unit]]");
  EXPECT_EQ(ErrorWith("client_secret_file = \"secret\"\n", ""),
            "5: sales_unit.client_secret_file: is missing; add it to this [[sales_unit]]");
  EXPECT_EQ(ErrorWith("path = \"logins.db\"\n", ""),
            "9: store.path: is missing; add it to [store]");
  EXPECT_EQ(ErrorWith("key_file = \"store.key\"\n", ""),
            "9: store.key_file: is missing; add it to [store]");
}

TEST_F(ConfigTest, MissingSectionsAreNamed) {
  EXPECT_EQ(ErrorOf(""), "1: listen.grpc: is missing; add it to [listen]");
  EXPECT_EQ(ErrorWith("[store]\npath = \"logins.db\"\nkey_file = \"store.key\"\n", ""),
            "1: store.path: is missing; add it to [store]");
  const std::string no_unit =
      "sales_unit: is missing; add a [[sales_unit]] section with msn, client_id and "
      "client_secret_file";
  EXPECT_EQ(ErrorOf("listen.grpc = [\"unix:/a\"]\nprovider.issuer = \"https://a.example\"\n"),
            "1: " + no_unit);
  EXPECT_EQ(ErrorOf("listen.grpc = [\"unix:/a\"]\nprovider.issuer = "
                    "\"https://a.example\"\nsales_unit = []\n"),
            "3: " + no_unit);
}

TEST_F(ConfigTest, SectionsOfTheWrongKindAreRefused) {
  const std::string unit =
      "sales_unit: must be written [[sales_unit]], with two brackets, once for each sales unit";
  EXPECT_EQ(ErrorWith("[[sales_unit]]", "[sales_unit]"), "5: " + unit);
  EXPECT_EQ(ErrorOf("sales_unit = [\"123456\"]\n"), "1: " + unit);
  EXPECT_EQ(ErrorOf("sales_unit = [{ msn = \"1\" }, 2]\n"), "1: " + unit);
  EXPECT_EQ(ErrorWith("[store]", "[[store]]"),
            "9: store: must be a section, written [store] once, not an array");
  EXPECT_EQ(ErrorOf("log = \"debug\"\n"),
            "1: log: must be a section, written [log] once, not a string");
}

TEST_F(ConfigTest, ValuesOfTheWrongTypeAreRefused) {
  EXPECT_EQ(ErrorWith("\"123456\"", "123456"),
            "6: sales_unit.msn: must be a string in quotes, not an integer");
  EXPECT_EQ(ErrorWith("\"client-1\"", "true"),
            "7: sales_unit.client_id: must be a string in quotes, not a boolean");
  EXPECT_EQ(ErrorWith("\"secret\"", "1.5"),
            "8: sales_unit.client_secret_file: must be a string in quotes, not a float");
  EXPECT_EQ(ErrorWith("\"logins.db\"", "2026-08-01"),
            "10: store.path: must be a string in quotes, not a date or time");
  EXPECT_EQ(ErrorWith("\"logins.db\"", "{ a = 1 }"),
            "10: store.path: must be a string in quotes, not a table");
  EXPECT_EQ(ErrorWith("\"logins.db\"", "[\"logins.db\"]"),
            "10: store.path: must be a string in quotes, not an array");
  EXPECT_EQ(ErrorOf(absl::StrCat(kGood, "[log]\nlevel = 1\n")),
            "13: log.level: must be a string in quotes, not an integer");
  for (const auto& [value, type] : std::vector<std::pair<std::string, std::string>>{
           {"\"4\"", "a string"}, {"true", "a boolean"}, {"4.0", "a float"}, {"[4]", "an array"}}) {
    EXPECT_EQ(ErrorOf(absl::StrCat(kGood, "[engine]\nworkers = ", value, "\n")),
              absl::StrCat("13: engine.workers: must be an integer without quotes, not ", type));
  }
}

TEST_F(ConfigTest, EmptyLongAndControlTextsAreRefused) {
  EXPECT_EQ(ErrorWith("\"client-1\"", "\"\""),
            "7: sales_unit.client_id: is empty; write a value, or remove the key");
  EXPECT_EQ(ErrorWith("\"logins.db\"", "\"a\\u0000b\""),
            "10: store.path: holds a control character");
  EXPECT_EQ(ErrorWith("logins.db", std::string(4097, 'x')),
            "10: store.path: is longer than 4096 bytes");
}

TEST_F(ConfigTest, BadListensAreRefused) {
  const std::string old_line = "[\"unix:/run/cibad.sock\"]";
  EXPECT_EQ(ErrorWith(old_line, "[]"), "2: listen.grpc: is empty; name at least one address");
  EXPECT_EQ(ErrorWith(old_line, "\"unix:/run/cibad.sock\""),
            "2: listen.grpc: must be an array of strings, as in [\"unix:/run/cibad/cibad.sock\"], "
            "not a string");
  EXPECT_EQ(ErrorWith(old_line, "[\"unix:/a\",\n50051]"),
            "3: listen.grpc: must be a string in quotes, not an integer");
  EXPECT_EQ(ErrorWith(old_line, "[\"unix:/a\",\n\n\"unix:/a\"]"),
            "4: listen.grpc: names \"unix:/a\" twice");
  EXPECT_EQ(ErrorWith(old_line, "[\"unix:/a\",\n\"0.0.0.0:50051\"]"),
            "3: listen.grpc: \"0.0.0.0:50051\" is refused: beyond loopback callers need TLS; add a "
            "[tls] section with certificate_file and key_file, or write "
            "unix:/ABSOLUTE/PATH, 127.0.0.1:PORT, [::1]:PORT or localhost:PORT");
  std::string many;
  for (int i = 0; i < 17; ++i) absl::StrAppend(&many, "\"unix:/", i, "\",");
  EXPECT_EQ(ErrorWith(old_line, "[" + many + "]"), "2: listen.grpc: has more than 16 elements");
}

TEST_F(ConfigTest, MetricsAreServedOnLoopbackTcpAlone) {
  const std::string listen = "[listen]";
  const auto error = [&](const std::string& address) {
    return ErrorWith(listen, "[listen]\nmetrics = \"" + address + "\"");
  };
  for (const char* address : {"unix:/run/metrics", "0.0.0.0:9464", "127.0.0.1"}) {
    EXPECT_THAT(error(address),
                StartsWith("2: listen.metrics: must be a loopback address, 127.0.0.1:PORT, "));
  }
  EXPECT_THAT(error(""), StartsWith("2: listen.metrics: "));
}

TEST_F(ConfigTest, BadProvidersAreRefused) {
  const std::string issuer = "https://issuer.example/access/";
  EXPECT_EQ(ErrorWith(issuer, "http://issuer.example/"),
            "4: provider.issuer: must start with https://");
  EXPECT_EQ(ErrorWith(issuer, "https://issuer.example/?a=b"),
            "4: provider.issuer: must have no query (OpenID Connect Core 2); remove the ? part");
  EXPECT_EQ(ErrorWith("[[sales_unit]]", "proxy = \"proxy.example:3128\"\n[[sales_unit]]"),
            "5: provider.proxy: must start with http://, https://, socks5:// or socks5h://, as in "
            "http://proxy.example:3128");
}

TEST_F(ConfigTest, BadCaFilesAreRefused) {
  const auto error = [this] {
    return ErrorWith("[[sales_unit]]", "ca_file = \"ca.pem\"\n[[sales_unit]]");
  };
  const std::string start =
      absl::StrCat("5: provider.ca_file: the file \"", folder_.File("ca.pem"), "\" ");
  EXPECT_EQ(error(), start + "cannot be read: No such file or directory");
  folder_.Write("ca.pem", "MIIB\n");
  EXPECT_EQ(error(), start + "holds no certificate; it must be PEM, with a BEGIN CERTIFICATE line");
}

TEST_F(ConfigTest, BadSalesUnitsAreRefused) {
  EXPECT_EQ(ErrorWith("123456", "12a456"),
            "6: sales_unit.msn: \"12a456\" is no merchant serial number: it has 1 to 20 digits");
  EXPECT_EQ(ErrorOf(WithSalesUnitKey("auth_method = \"none\"")),
            "9: sales_unit.auth_method: must be \"client_secret_basic\", \"client_secret_post\" or "
            "\"partner_keys\"");
  EXPECT_EQ(ErrorOf(WithSalesUnitKey("default_region = \"no\"")),
            "9: sales_unit.default_region: must be one of \"NO\", \"DK\", \"FI\", \"SE\", \"FO\", "
            "\"AX\"");
  EXPECT_EQ(
      ErrorOf(WithSalesUnitKey(
          "[[sales_unit]]\nclient_id = \"b\"\nclient_secret_file = \"secret\"\nmsn = \"123456\"")),
      "12: sales_unit.msn: \"123456\" is configured already, in line 6; each sales unit is written "
      "once");
  std::string many;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&many, "[[sales_unit]]\n");
  EXPECT_THAT(ErrorOf(WithSalesUnitKey(many)), HasSubstr("sales_unit: there are more than 1000"));
}

TEST_F(ConfigTest, BadLogLevelsAndWorkersAreRefused) {
  EXPECT_EQ(ErrorOf(absl::StrCat(kGood, "[log]\nlevel = \"INFO\"\n")),
            "13: log.level: must be \"debug\", \"info\", \"warning\" or \"error\"");
  for (const std::string workers : {"-1", "257"}) {
    EXPECT_EQ(ErrorOf(absl::StrCat(kGood, "[engine]\nworkers = ", workers, "\n")),
              "13: engine.workers: must be 0, for one per core, to 256");
  }
}

TEST_F(ConfigTest, LimitsHaveLimits) {
  for (const std::string key : {"pending_logins", "watch_streams", "connections"}) {
    for (const std::string value : {"0", "1000001"}) {
      EXPECT_EQ(ErrorOf(absl::StrCat(kGood, "[limits]\n", key, " = ", value, "\n")),
                absl::StrCat("13: limits.", key, ": must be 1 to 1000000"));
    }
  }
  EXPECT_EQ(ErrorWith("\"logins.db\"", "\"logins.db\"\nkeep_ended_minutes = 0"),
            "11: store.keep_ended_minutes: must be 1 to 1440, a day");
}

}  // namespace
}  // namespace cibad
