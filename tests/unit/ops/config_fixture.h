// What the tests of LoadConfig stand on: a config with nothing wrong in it, and what is said of one
// that differs from it.

#ifndef CIBAD_TESTS_UNIT_OPS_CONFIG_FIXTURE_H_
#define CIBAD_TESTS_UNIT_OPS_CONFIG_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/ops/config.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {

// A config with nothing wrong in it. Tests change a line of it; the line numbers are those of the
// messages.
inline constexpr char kGood[] =
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
inline std::string KeyText(char byte) {
  return absl::StrCat(absl::Base64Escape(std::string(SealingKey::kBytes, byte)), "\n");
}

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() { folder_.Write("secret", "hunter2\n"); }

  // With a caller, where the text has none.
  absl::StatusOr<Config> Load(const std::string& text) {
    return LoadConfig(folder_.Write("cibad.toml", text + CallerFor(text)));
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
    EXPECT_THAT(message, testing::Not(testing::HasSubstr("\n")));
    EXPECT_THAT(message, testing::Not(testing::HasSubstr("hunter2")));
    const std::string start = folder_.File("cibad.toml") + ":";
    EXPECT_EQ(message.substr(0, start.size()), start);
    return message.substr(std::min(start.size(), message.size()));
  }

  // The good config with a key more in the sales unit.
  std::string WithSalesUnitKey(const std::string& line) {
    return absl::StrReplaceAll(kGood, {{"[store]", line + "\n[store]"}});
  }

  const ConfigFolder folder_;

 private:
  // One that the first address tells, and that may do everything.
  static std::string CallerFor(const std::string& text) {
    std::smatch address;
    if (absl::StrContains(text, "[[caller]]") ||
        !std::regex_search(text, address, std::regex(R"(grpc = \[("[^"]*"))")))
      return "";
    return absl::StrCat("\n[[caller]]\nname = \"everyone\"\nlisteners = [", address[1].str(),
                        "]\nrpcs = [\"*\"]\nsales_units = [\"*\"]\nscopes = [\"*\"]\n");
  }
};

}  // namespace cibad

#endif  // CIBAD_TESTS_UNIT_OPS_CONFIG_FIXTURE_H_
