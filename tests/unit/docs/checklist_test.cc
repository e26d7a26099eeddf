// docs/checklist.md and docs/security.md say where each point is kept and which test shows it. What
// they name must be there.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace cibad {
namespace {

std::string TextOf(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What stands in backticks, outside of blocks.
std::vector<std::string> Names(const std::string& document) {
  const std::vector<std::string> parts = absl::StrSplit(document, '`');
  std::vector<std::string> names;
  for (size_t i = 1; i < parts.size(); i += 2) names.push_back(parts[i]);
  return names;
}

bool IsPath(const std::string& name) {
  for (const char* folder : {"server/", "client/", "tests/", "docs/", "proto/", "systemd/"}) {
    if (absl::StartsWith(name, folder)) return true;
  }
  return false;
}

// `Suite.Name`, as the tests are spelled; a file is no test.
bool IsTest(const std::string& name) {
  const std::vector<std::string> parts = absl::StrSplit(name, '.');
  return parts.size() == 2 && !parts[0].empty() && !parts[1].empty() &&
         absl::ascii_isupper(parts[0].front()) && absl::ascii_isupper(parts[1].front());
}

std::string AllTests() {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(CIBAD_TREE "/tests")) {
    if (entry.path().extension() == ".cc") absl::StrAppend(&all, TextOf(entry.path()));
  }
  return absl::StrReplaceAll(all,
                             {{"\n", " "}, {"    ", ""}});  // a long TEST is written in two lines
}

// Expects more than ten tests, and at least so many files.
void ExpectNamesWhatExists(const std::string& document, int least_files) {
  const std::string tests = AllTests();
  int files = 0;
  int named_tests = 0;
  for (const std::string& name : Names(TextOf(absl::StrCat(CIBAD_TREE "/docs/", document)))) {
    if (IsPath(name)) {
      ++files;
      EXPECT_TRUE(std::filesystem::exists(absl::StrCat(CIBAD_TREE "/", name))) << name;
    } else if (IsTest(name)) {
      ++named_tests;
      const std::string spelled = absl::StrReplaceAll(name, {{".", ", "}});
      EXPECT_TRUE(absl::StrContains(tests, absl::StrCat("(", spelled, ")"))) << name;
    }
  }
  EXPECT_GE(files, least_files);
  EXPECT_GT(named_tests, 10);
}

TEST(Checklist, NamesOnlyFilesAndTestsThatExist) { ExpectNamesWhatExists("checklist.md", 10); }

TEST(Security, NamesOnlyFilesAndTestsThatExist) { ExpectNamesWhatExists("security.md", 2); }

}  // namespace
}  // namespace cibad
