// What an operator gets wrong in the config is one line on stderr with file, line and key, and exit
// code 78.

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/integration/integration_test.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr int kUsageError = 64;
constexpr int kConfigWrong = 78;

constexpr char kConfig[] = R"([listen]
grpc = ["unix:FOLDER/cibad.sock"]

[provider]
issuer = "https://localhost:1/"

[[sales_unit]]
msn = "123456"
client_id = "till"
client_secret_file = "client_secret"

[store]
path = "cibad.db"
key_file = "cibad.key"

[log]
level = "info"

[[caller]]
name = "everyone"
listeners = ["unix:FOLDER/cibad.sock"]
rpcs = ["*"]
sales_units = ["*"]
scopes = ["*"]
)";
constexpr char kSecret[] = "planted-9f2c-secret";

class ConfigTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    WriteFile(folder_ + "/client_secret", kSecret);
    ASSERT_EQ(chmod((folder_ + "/client_secret").c_str(), 0600), 0);
  }
  ~ConfigTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Path() const { return folder_ + "/cibad.toml"; }

  // Starts the daemon with the config after this replacement in it; it has to end by itself.
  Ended RunWith(const std::string& text, const std::string& replacement) {
    std::string config = absl::StrReplaceAll(kConfig, {{text, replacement}});
    EXPECT_NE(config, kConfig) << "the test replaces what is not there: " << text;
    WriteFile(Path(), absl::StrReplaceAll(config, {{"FOLDER", folder_}}));
    return Run({"--config", Path()});
  }

  Ended Run(const std::vector<std::string>& arguments) {
    absl::StatusOr<Ended> ended = RunDaemon(arguments);
    EXPECT_TRUE(ended.ok()) << ended.status();
    return ended.value_or(Ended{.exit_code = -1});
  }

  std::string folder_ = testing::TempDir() + "cibad-config-XXXXXX";
};

struct ConfigMistake {
  const char* what;
  const char* text;
  const char* replacement;
  int line;
  const char* key;
};

const ConfigMistake kConfigMistakes[] = {
    {"an unknown key", "level =", "levle =", 17, "log.levle"},
    {"an unknown section", "[log]", "[logging]", 16, "logging"},
    {"a missing key", "msn = \"123456\"\n", "", 7, "sales_unit.msn"},
    {"a wrong type", "\"123456\"", "123456", 8, "sales_unit.msn"},
    {"a list that is none", "[\"unix:FOLDER/cibad.sock\"]", "\"unix:/x\"", 2, "listen.grpc"},
    {"an unknown word", "\"info\"", "\"loud\"", 17, "log.level"},
    {"no TLS", "https://localhost", "http://localhost", 5, "provider.issuer"},
    {"a file that is not there", "\"client_secret\"", "\"missing\"", 10,
     "sales_unit.client_secret_file"},
    {"a secret in the config", "client_secret_file", "client_secret", 10,
     "sales_unit.client_secret"},
    {"an address for everybody", "unix:FOLDER/cibad.sock", "0.0.0.0:50051", 2, "listen.grpc"},
    {"an address of a network", "unix:FOLDER/cibad.sock", "192.168.1.2:50051", 2, "listen.grpc"},
    {"every address of IPv6", "unix:FOLDER/cibad.sock", "[::]:50051", 2, "listen.grpc"},
};

TEST_F(ConfigTest, AMistakeIsOneLineWithFileLineAndKey) {
  for (const ConfigMistake& mistake : kConfigMistakes) {
    const Ended ended = RunWith(mistake.text, mistake.replacement);
    EXPECT_EQ(ended.exit_code, kConfigWrong) << mistake.what;
    EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << mistake.what << ":\n"
                                                                       << ended.err;
    EXPECT_THAT(ended.err, StartsWith(absl::StrCat("cibad: ", Path(), ":", mistake.line, ": ",
                                                   mistake.key, ": ")))
        << mistake.what;
    EXPECT_THAT(ended.err, testing::Not(HasSubstr(kSecret)));
    EXPECT_EQ(ended.out, "") << mistake.what;
  }
}

TEST_F(ConfigTest, WhatIsNoTomlIsToldWithItsLine) {
  const Ended ended = RunWith("[store]", "[store");
  EXPECT_EQ(ended.exit_code, kConfigWrong);
  EXPECT_THAT(ended.err, StartsWith(absl::StrCat("cibad: ", Path(), ":12: ")));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

TEST_F(ConfigTest, AFileThatIsNotThereIsToldByName) {
  const Ended ended = Run({"--config", folder_ + "/nothing.toml"});
  EXPECT_EQ(ended.exit_code, kConfigWrong);
  EXPECT_THAT(ended.err, HasSubstr("nothing.toml"));
  EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
}

TEST_F(ConfigTest, WithoutAnyCallerItDoesNotStart) {
  const std::string config = kConfig;
  const std::string callers = config.substr(config.find("[[caller]]"));
  for (const bool is_check : {false, true}) {
    for (const char* none : {"", "[caller]\n", "caller = []\n"}) {
      // A key of the root stands in front of the sections.
      std::string text = absl::StrReplaceAll(config, {{callers, ""}});
      text = none[0] == 'c' ? absl::StrCat(none, text) : absl::StrCat(text, none);
      WriteFile(Path(), absl::StrReplaceAll(text, {{"FOLDER", folder_}}));
      std::vector<std::string> arguments = {"--config", Path()};
      if (is_check) arguments.emplace_back("--check");
      const Ended ended = Run(arguments);
      EXPECT_EQ(ended.exit_code, kConfigWrong) << none;
      EXPECT_THAT(ended.err, StartsWith(absl::StrCat("cibad: ", Path(), ":"))) << none;
      EXPECT_THAT(ended.err, HasSubstr(": caller: ")) << none;
      EXPECT_THAT(ended.err, HasSubstr("[[caller]]")) << none;
      EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1) << ended.err;
      EXPECT_EQ(ended.out, "") << none;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/cibad.sock"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/cibad.db"));
}

TEST_F(ConfigTest, ASecretThatOthersCanReadIsRefused) {
  ASSERT_EQ(chmod((folder_ + "/client_secret").c_str(), 0644), 0);
  const Ended ended = RunWith("\"info\"", "\"debug\"");
  EXPECT_EQ(ended.exit_code, kConfigWrong);
  EXPECT_THAT(ended.err, HasSubstr(":10: sales_unit.client_secret_file: "));
}

TEST_F(ConfigTest, CheckSaysOkAndLeavesNothingBehind) {
  WriteFile(Path(), absl::StrReplaceAll(kConfig, {{"FOLDER", folder_}}));
  const Ended ended = Run({"--config", Path(), "--check"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, absl::StrCat(Path(), ": OK\n"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/cibad.sock"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/cibad.db"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/cibad.key"));
}

TEST_F(ConfigTest, CheckFindsAMistake) {
  WriteFile(Path(), absl::StrReplaceAll(kConfig, {{"\"info\"", "\"loud\""}}));
  EXPECT_EQ(Run({"--config", Path(), "--check"}).exit_code, kConfigWrong);
}

TEST_F(ConfigTest, WithoutAConfigItIsAUsageError) { EXPECT_EQ(Run({}).exit_code, kUsageError); }

}  // namespace
}  // namespace cibad
