#include "server/ops/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// A config with nothing wrong in it. Tests change a line of it; the line numbers are those of the
// messages.
constexpr char kGood[] =
    /* 1 */
    "[listen]\n"
    /* 2 */
    "grpc = [\"unix:/run/cibad.sock\"]\n"
    /* 3 */
    "[provider]\n"
    /* 4 */
    "issuer = \"https://issuer.example/access/\"\n"
    /* 5 */
    "[[sales_unit]]\n"
    /* 6 */
    "msn = \"123456\"\n"
    /* 7 */
    "client_id = \"client-1\"\n"
    /* 8 */
    "client_secret_file = \"secret\"\n"
    /* 9 */
    "[store]\n"
    /* 10 */
    "path = \"logins.db\"\n"
    /* 11 */ "key_file = \"store.key\"\n";

// A key file's text, of a key of 32 such bytes.
std::string KeyText(char byte) {
  return absl::StrCat(absl::Base64Escape(std::string(SealingKey::kBytes, byte)), "\n");
}

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() { folder_.Write("secret", "hunter2\n"); }

  absl::StatusOr<Config> Load(const std::string& text) {
    return LoadConfig(folder_.Write("cibad.toml", text));
  }

  // What LoadConfig says of the good config with `line` in place of `old_line`, without the path in
  // front.
  std::string ErrorWith(const std::string& old_line, const std::string& line) {
    const std::string text = absl::StrReplaceAll(kGood, {{old_line, line}});
    EXPECT_NE(text, kGood) << "nothing was replaced";
    return ErrorOf(text);
  }

  std::string ErrorOf(const std::string& text) {
    const absl::Status status = Load(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    std::string message(status.message());
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    EXPECT_THAT(message, Not(HasSubstr("hunter2")));
    const std::string start = folder_.File("cibad.toml") + ":";
    EXPECT_EQ(message.substr(0, start.size()), start);
    return message.substr(std::min(start.size(), message.size()));
  }

  // The good config with a key more in the sales unit.
  std::string WithSalesUnitKey(const std::string& line) {
    return absl::StrReplaceAll(kGood, {{"[store]", line + "\n[store]"}});
  }

  const ConfigFolder folder_;
};

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
  EXPECT_EQ(config->sales_units[0].client_secret, "hunter2");
  EXPECT_EQ(config->sales_units[0].authentication, ClientAuthentication::kClientSecretBasic);
  EXPECT_EQ(config->sales_units[0].default_region, "NO");
  EXPECT_EQ(config->store_path, folder_.File("logins.db"));
  EXPECT_EQ(config->log_level, LogLevel::kInfo);
  EXPECT_EQ(config->workers, 0);
  EXPECT_EQ(config->keep_ended_minutes, 15);
  EXPECT_EQ(config->pending_logins, 200'000);
  EXPECT_EQ(config->watch_streams, 50'000);
}

TEST_F(ConfigTest, EveryKeyIsRead) {
  folder_.Write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  folder_.Write("secret2", "another");
  folder_.Write("key1", KeyText('1'));
  folder_.Write("key2", KeyText('2'));
  const absl::StatusOr<Config> config = Load(R"(
listen.grpc = ["127.0.0.1:0", "[::1]:50051", "localhost:65535", "unix:/a b"]
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
)");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->listen,
              ElementsAre("127.0.0.1:0", "[::1]:50051", "localhost:65535", "unix:/a b"));
  EXPECT_EQ(config->issuer, "https://issuer.example");
  EXPECT_EQ(config->ca_file, folder_.File("ca.pem"));
  EXPECT_EQ(config->proxy, "http://proxy.example:3128");
  ASSERT_THAT(config->sales_units, SizeIs(2));
  EXPECT_EQ(config->sales_units[0].authentication, ClientAuthentication::kClientSecretPost);
  EXPECT_EQ(config->sales_units[0].default_region, "DK");
  EXPECT_EQ(config->sales_units[1].msn, "2");
  EXPECT_EQ(config->sales_units[1].client_secret, "another");
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
            "3: listen.grpc: \"0.0.0.0:50051\" is refused: only loopback until callers can be "
            "authenticated; write "
            "unix:/ABSOLUTE/PATH, 127.0.0.1:PORT, [::1]:PORT or localhost:PORT");
  std::string many;
  for (int i = 0; i < 17; ++i) absl::StrAppend(&many, "\"unix:/", i, "\",");
  EXPECT_EQ(ErrorWith(old_line, "[" + many + "]"), "2: listen.grpc: has more than 16 addresses");
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
            "9: sales_unit.auth_method: must be \"client_secret_basic\" or \"client_secret_post\"");
  EXPECT_EQ(ErrorOf(WithSalesUnitKey("default_region = \"no\"")),
            "9: sales_unit.default_region: must be one of \"NO\", \"DK\", \"FI\", \"SE\"");
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
  for (const std::string key : {"pending_logins", "watch_streams"}) {
    for (const std::string value : {"0", "1000001"}) {
      EXPECT_EQ(ErrorOf(absl::StrCat(kGood, "[limits]\n", key, " = ", value, "\n")),
                absl::StrCat("13: limits.", key, ": must be 1 to 1000000"));
    }
  }
  EXPECT_EQ(ErrorWith("\"logins.db\"", "\"logins.db\"\nkeep_ended_minutes = 0"),
            "11: store.keep_ended_minutes: must be 1 to 1440, a day");
}

class ClientSecretTest : public ConfigTest {
 protected:
  // What LoadConfig says when the secret's file holds this, behind the file's name.
  std::string ErrorOfSecret(const std::string& contents, mode_t mode = 0600) {
    folder_.Write("secret", contents, mode);
    const std::string error = ErrorOf(kGood);
    const std::string start = absl::StrCat("8: sales_unit.client_secret_file: the file \"",
                                           folder_.File("secret"), "\" ");
    EXPECT_EQ(error.substr(0, start.size()), start);
    return error.substr(std::min(start.size(), error.size()));
  }

  std::string SecretOf(const std::string& contents) {
    folder_.Write("secret", contents);
    const absl::StatusOr<Config> config = Load(kGood);
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? config->sales_units[0].client_secret : "";
  }
};

TEST_F(ClientSecretTest, OneLineBreakAtTheEndIsNotPartOfTheSecret) {
  EXPECT_EQ(SecretOf("abc"), "abc");
  EXPECT_EQ(SecretOf("abc\n"), "abc");
  EXPECT_EQ(SecretOf("abc\r\n"), "abc");
  EXPECT_EQ(SecretOf(" a b=\"+/~ "), " a b=\"+/~ ");
  EXPECT_EQ(SecretOf(std::string(4096, 'x')), std::string(4096, 'x'));
}

TEST_F(ClientSecretTest, BadContentsAreRefusedWithoutQuotingThem) {
  EXPECT_EQ(ErrorOfSecret(""), "is empty; write the client secret into it");
  EXPECT_EQ(ErrorOfSecret("\n"), "is empty; write the client secret into it");
  const std::string alone =
      "must hold the client secret alone: one line of plain ASCII, without control characters";
  EXPECT_EQ(ErrorOfSecret("hunter2\n\n"), alone);
  EXPECT_EQ(ErrorOfSecret("hunter2\nhunter2\n"), alone);
  EXPECT_EQ(ErrorOfSecret("hunter2\x01"), alone);
  EXPECT_EQ(ErrorOfSecret("hunter2\xC3\xA6"), alone);
  EXPECT_EQ(ErrorOfSecret(std::string("hunter2\0", 8)), alone);
  EXPECT_EQ(ErrorOfSecret(std::string(4097, 'x')), "is larger than 4096 bytes");
}

TEST_F(ClientSecretTest, FileThatIsOpenToEverybodyIsRefused) {
  for (const mode_t mode : {0604, 0602, 0601}) {
    EXPECT_EQ(ErrorOfSecret("hunter2", mode),
              absl::StrCat("is open to every user of this machine; run: chmod o-rwx ",
                           folder_.File("secret")));
  }
  chmod(folder_.File("secret").c_str(), 0640);
  EXPECT_TRUE(Load(kGood).ok()) << "the group may read it";
}

TEST_F(ClientSecretTest, FileThatIsNoneIsRefused) {
  const std::string start =
      absl::StrCat("8: sales_unit.client_secret_file: the file \"", folder_.path());
  EXPECT_EQ(ErrorWith("\"secret\"", "\"none\""),
            start + "/none\" cannot be read: No such file or directory");
  EXPECT_EQ(ErrorWith("\"secret\"", "\".\""), start + "/\" is not a regular file");
  ASSERT_EQ(mkfifo(folder_.File("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ErrorWith("\"secret\"", "\"fifo\""), start + "/fifo\" is not a regular file");
}

TEST_F(ClientSecretTest, CredentialOfTheServiceManagerIsRead) {
  const ConfigFolder credentials;
  credentials.Write("unit-1", "from systemd\n",
                    0444);  // who may enter the folder is systemd's business
  const std::string text =
      absl::StrReplaceAll(kGood, {{"\"secret\"", "\"${CREDENTIALS_DIRECTORY}/unit-1\""}});
  {
    const ScopedVariable variable("CREDENTIALS_DIRECTORY", credentials.path().c_str());
    const absl::StatusOr<Config> config = Load(text);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->sales_units[0].client_secret, "from systemd");
    for (const std::string name : {"", "..", "../secret", "a/b"}) {
      EXPECT_EQ(ErrorWith("\"secret\"", absl::StrCat("\"${CREDENTIALS_DIRECTORY}/", name, "\"")),
                "8: sales_unit.client_secret_file: must have the name of one credential behind "
                "${CREDENTIALS_DIRECTORY}/");
    }
  }
  const ScopedVariable variable("CREDENTIALS_DIRECTORY", nullptr);
  EXPECT_EQ(ErrorOf(text),
            "8: sales_unit.client_secret_file: CREDENTIALS_DIRECTORY is not set; start cibad from "
            "a systemd unit with "
            "LoadCredential=unit-1:FILE, or write the path of the file");
}

class StoreKeyTest : public ConfigTest {
 protected:
  // What LoadConfig says when the key's file holds this, behind the file's name.
  std::string ErrorOfKey(const std::string& contents, mode_t mode = 0600) {
    folder_.Write("store.key", contents, mode);
    const std::string error = ErrorOf(kGood);
    const std::string start =
        absl::StrCat("11: store.key_file: the file \"", folder_.File("store.key"), "\" ");
    EXPECT_EQ(error.substr(0, start.size()), start);
    return error.substr(std::min(start.size(), error.size()));
  }
  std::string ErrorOfOldKeys(const std::string& value) {
    return ErrorOf(absl::StrCat(kGood, "old_key_files = ", value, "\n"));
  }
};

TEST_F(StoreKeyTest, FileThatIsNotThereIsLeftToTheFirstStart) {
  const absl::StatusOr<Config> config = Load(kGood);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->store_keys.key_file, folder_.File("store.key"));
  EXPECT_FALSE(config->store_keys.key.has_value());
  EXPECT_NE(access(folder_.File("store.key").c_str(), F_OK), 0) << "it was made";
}

TEST_F(StoreKeyTest, BadContentsAreRefusedWithoutQuotingThem) {
  const std::string help = "; make a key with: openssl rand -base64 32";
  const std::string not_one_line = "must hold one line, the base64 of a key, and nothing else";
  EXPECT_EQ(ErrorOfKey(""), "is empty" + help);
  EXPECT_EQ(ErrorOfKey("\n"), "is empty" + help);
  EXPECT_EQ(ErrorOfKey("hunter2!"), not_one_line + help);
  EXPECT_EQ(ErrorOfKey(KeyText('1') + "\n"), not_one_line + help);
  EXPECT_EQ(ErrorOfKey(" " + KeyText('1')), not_one_line + help);
  EXPECT_EQ(ErrorOfKey(std::string(SealingKey::kBytes, '\1')), not_one_line + help);
  EXPECT_EQ(ErrorOfKey("aHVudGVyMg==\n"), "holds 7 bytes in base64, where a key has 32" + help);
  EXPECT_EQ(ErrorOfKey(std::string(4097, 'A')), "is larger than 4096 bytes");
}

TEST_F(StoreKeyTest, FileThatIsOpenToEverybodyIsRefused) {
  EXPECT_EQ(ErrorOfKey(KeyText('1'), 0604),
            absl::StrCat("is open to every user of this machine; run: chmod o-rwx ",
                         folder_.File("store.key")));
}

TEST_F(StoreKeyTest, BadOldKeysAreRefused) {
  folder_.Write("store.key", KeyText('1'));
  folder_.Write("same", KeyText('1'));
  EXPECT_EQ(ErrorOfOldKeys("\"same\""),
            "12: store.old_key_files: must be an array of strings, as in "
            "[\"/etc/cibad/store_key_2025\"], not a string");
  EXPECT_EQ(ErrorOfOldKeys("[\"none\"]"),
            absl::StrCat("12: store.old_key_files: there is no file \"", folder_.File("none"),
                         "\"; restore it, or remove it here if nothing needs it any more"));
  EXPECT_EQ(ErrorOfOldKeys("[\"same\"]"),
            absl::StrCat("12: store.old_key_files: the file \"", folder_.File("same"),
                         "\" holds a key that another file holds as well; remove it here"));
  EXPECT_EQ(ErrorOfOldKeys("[1]"),
            "12: store.old_key_files: must be a string in quotes, not an integer");
  EXPECT_EQ(ErrorOfOldKeys("[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\"]"),
            "12: store.old_key_files: has more than 7 files");
}

TEST_F(StoreKeyTest, CredentialOfTheServiceManagerIsReadAndNeverMade) {
  const ConfigFolder credentials;
  const ScopedVariable variable("CREDENTIALS_DIRECTORY", credentials.path().c_str());
  const std::string text =
      absl::StrReplaceAll(kGood, {{"\"store.key\"", "\"${CREDENTIALS_DIRECTORY}/store_key\""}});
  EXPECT_EQ(ErrorOf(text),
            absl::StrCat("11: store.key_file: the file \"", credentials.File("store_key"),
                         "\" cannot be read: No such file or directory"));
  credentials.Write("store_key", KeyText('1'), 0444);
  const absl::StatusOr<Config> config = Load(text);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->store_keys.key->ToText(), KeyText('1'));
}

}  // namespace
}  // namespace cibad
