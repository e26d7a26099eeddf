#include "server/ops/code_pages.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace cibad {
namespace {

// KiB of libcrypto's code and constants that count as this process's now.
int64_t ReadOnlyKib() {
  std::ifstream maps("/proc/self/smaps");
  int64_t sum = 0;
  bool counts = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    words >> first >> second;
    if (first.find('-') != std::string::npos && first.back() != ':') {
      counts = second.substr(0, 2) == "r-" && line.find("libcrypto") != std::string::npos;
    } else if (counts && first == "Rss:") {
      sum += std::stoll(second);
    }
  }
  return sum;
}

std::string Digest(const std::string& text) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
             EVP_sha256(), nullptr);
  digest.resize(size);
  return digest;
}

TEST(CodePages, AreNoLongerTheProcesssAndComeBackWhereTheyAreUsed) {
  const std::string digest = Digest("text");
  const int64_t used = ReadOnlyKib();
  ASSERT_GT(used, 1000);
  ReleaseCodePages();
  EXPECT_LT(ReadOnlyKib(), used / 2);
  EXPECT_EQ(Digest("text"), digest);
}

TEST(CodePages, WhatWasWrittenStays) {
  static std::string written = "before";
  written = "after";
  ReleaseCodePages();
  EXPECT_EQ(written, "after");
  EXPECT_NE(EVP_MD_fetch(nullptr, "SHA512", nullptr), nullptr);
}

}  // namespace
}  // namespace cibad
