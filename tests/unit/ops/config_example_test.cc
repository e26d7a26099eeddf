// The example config that is installed: it must be right, and it must explain every key.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/ops/config.h"
#include "tests/sandbox/certificates.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

std::string Example() {
  std::ifstream file(CIBAD_EXAMPLE_CONFIG);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The example with its commented-out keys switched on.
std::string WholeExample() {
  return std::regex_replace(Example(), std::regex("(^|\n)#(\\[[a-z_]+\\]|[a-z0-9_]+ = )"), "$1$2");
}

class ConfigExampleTest : public ::testing::Test {
 protected:
  ConfigExampleTest() {
    folder_.Write("client_secret", "hunter2\n");
    folder_.Write("subscription_key", "hunter3\n");
    folder_.Write("webhook_secret", "hunter3\n");
    folder_.Write("old_store_key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    const CertificateAuthority authority("example CA");
    const Certified server = authority.Issue({.common_name = "cibad", .is_server = true});
    folder_.Write("server.pem", server.certificate);
    folder_.Write("server_key.pem", server.key);
    folder_.Write("client_ca.pem", authority.certificate());
    folder_.Write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  }

  const ConfigFolder folder_;
  const ScopedVariable credentials_{"CREDENTIALS_DIRECTORY", folder_.path().c_str()};
};

TEST_F(ConfigExampleTest, ExampleLoadsAsItIs) {
  const absl::StatusOr<Config> config = LoadConfig(CIBAD_EXAMPLE_CONFIG);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen, std::vector<std::string>{"unix:/run/cibad/cibad.sock"});
  EXPECT_EQ(config->store_path, "/var/lib/cibad/logins.db");
  EXPECT_EQ(config->store_keys.key_file, "/var/lib/cibad-key/store.key");
}

TEST_F(ConfigExampleTest, ExampleLoadsWithEveryKeySwitchedOn) {
  const std::string text = absl::StrReplaceAll(
      WholeExample(),
      {{"/etc/cibad/ca.pem", folder_.File("ca.pem")}, {"/etc/cibad/tls", folder_.path()}});
  const absl::StatusOr<Config> config = LoadConfig(folder_.Write("cibad.toml", text));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ca_file, folder_.File("ca.pem"));
}

TEST_F(ConfigExampleTest, CommentedDefaultsAreTheDefaults) {
  const absl::StatusOr<Config> plain = LoadConfig(CIBAD_EXAMPLE_CONFIG);
  const std::string text = absl::StrReplaceAll(
      WholeExample(),
      {{"/etc/cibad/ca.pem", folder_.File("ca.pem")}, {"/etc/cibad/tls", folder_.path()}});
  const absl::StatusOr<Config> whole = LoadConfig(folder_.Write("cibad.toml", text));
  ASSERT_TRUE(plain.ok() && whole.ok());
  EXPECT_EQ(plain->log_level, whole->log_level);
  EXPECT_EQ(plain->workers, whole->workers);
  EXPECT_EQ(plain->keep_ended_minutes, whole->keep_ended_minutes);
  EXPECT_EQ(plain->pending_logins, whole->pending_logins);
  EXPECT_EQ(plain->watch_streams, whole->watch_streams);
  EXPECT_EQ(plain->connections, whole->connections);
  EXPECT_EQ(plain->sales_units[0].authentication, whole->sales_units[0].authentication);
  EXPECT_EQ(plain->sales_units[0].default_region, whole->sales_units[0].default_region);
  EXPECT_EQ(plain->sales_units[0].handling.check_user, whole->sales_units[0].handling.check_user);
  EXPECT_EQ(whole->sales_units[0].handling.ping_fallback, absl::Seconds(30));
}

TEST_F(ConfigExampleTest, ExampleHasEveryKeyInItsSection) {
  std::string section;
  std::vector<std::string> found;
  std::istringstream lines(WholeExample());
  const std::regex section_line(R"(\[\[?([a-z_]+)\]\]?)");
  const std::regex key_line("([a-z0-9_]+) = .*");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, section_line)) section = match[1];
    if (std::regex_match(line, match, key_line))
      found.push_back(absl::StrCat(section, ".", match[1].str()));
  }
  EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(ConfigKeys()));
}

}  // namespace
}  // namespace cibad
