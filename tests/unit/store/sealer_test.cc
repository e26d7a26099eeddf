#include "server/store/sealer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "server/store/sealing_key.h"
#include "tests/unit/store/store_test_support.h"

namespace cibad {
namespace {

constexpr char kRecord[] = "all that is known of Kari Nordmann";

Sealer SealerOf(const std::vector<int>& numbers) {
  std::vector<SealingKey> keys;
  keys.reserve(numbers.size());
  for (const int number : numbers) keys.push_back(KeyNumber(number));
  return Sealer(keys);
}

absl::Status Damaged(const std::string& id) {
  return absl::DataLossError("the stored record of login " + id + " is damaged");
}

TEST(SealerTest, WhatIsSealedOpensAndIsNotToBeSeen) {
  const Sealer sealer = SealerOf({1});
  for (const std::string& record :
       {std::string(kRecord), std::string(), std::string(100'000, 'x')}) {
    const std::string sealed = *sealer.Seal("a", record);
    EXPECT_EQ(*sealer.Open("a", sealed), record);
    EXPECT_EQ(sealed.size(), record.size() + 37) << "format, key id, nonce and tag";
    EXPECT_TRUE(record.empty() || sealed.find(record.substr(0, 8)) == std::string::npos);
  }
}

TEST(SealerTest, AnyChangedBitIsRefused) {
  const Sealer sealer = SealerOf({1, 2});
  const std::string sealed = *sealer.Seal("a", kRecord);
  for (size_t position = 0; position < sealed.size(); ++position) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = sealed;
      changed[position] = static_cast<char>(changed[position] ^ (1 << bit));
      EXPECT_EQ(sealer.Open("a", changed).status(), Damaged("a")) << position << ", bit " << bit;
    }
  }
}

TEST(SealerTest, AnyOtherLengthIsRefused) {
  const Sealer sealer = SealerOf({1});
  const std::string sealed = *sealer.Seal("a", kRecord);
  for (size_t length = 0; length < sealed.size(); ++length) {
    EXPECT_EQ(sealer.Open("a", sealed.substr(0, length)).status(), Damaged("a")) << length;
  }
  EXPECT_EQ(sealer.Open("a", sealed + '\0').status(), Damaged("a"));
}

TEST(SealerTest, RecordOfAnotherLoginIsRefused) {
  const Sealer sealer = SealerOf({1});
  const std::string sealed = *sealer.Seal("a", kRecord);
  EXPECT_EQ(sealer.Open("b", sealed).status(), Damaged("b"));
  EXPECT_EQ(sealer.Open("", sealed).status(), Damaged(""));
}

TEST(SealerTest, AnotherKeyDoesNotOpen) {
  const std::string sealed = *SealerOf({1}).Seal("a", kRecord);
  EXPECT_EQ(SealerOf({2}).Open("a", sealed).status(), Damaged("a"));
}

TEST(SealerTest, FirstKeySealsAndAllOpen) {
  const std::string by_old = *SealerOf({1}).Seal("a", kRecord);
  const Sealer both = SealerOf({2, 1});
  EXPECT_EQ(*both.Open("a", by_old), kRecord);
  EXPECT_EQ(both.key_id(), KeyNumber(2).id());
  const std::string by_new = *both.Seal("a", kRecord);
  EXPECT_EQ(*SealerOf({2}).Open("a", by_new), kRecord);
  EXPECT_FALSE(SealerOf({1}).Open("a", by_new).ok());
}

TEST(SealerTest, CopyOpensWhatTheOriginalSeals) {
  const Sealer original = SealerOf({2, 1});
  const Sealer copy(original);  // NOLINT(performance-unnecessary-copy-initialization): the subject
  EXPECT_EQ(*copy.Open("a", *original.Seal("a", kRecord)), kRecord);
  EXPECT_EQ(*original.Open("a", *copy.Seal("a", kRecord)), kRecord);
}

TEST(SealerTest, NoNonceComesTwice) {
  constexpr int kRecords = 1000;
  const Sealer sealer = SealerOf({1});
  std::set<std::string> nonces;
  for (int i = 0; i < kRecords; ++i) nonces.insert(sealer.Seal("a", kRecord)->substr(9, 12));
  EXPECT_EQ(nonces.size(), static_cast<size_t>(kRecords));
}

TEST(SealerTest, HashesOfARequestIdAreOneForEachKeyTheSealingOneFirst) {
  const std::vector<std::string> hashes = SealerOf({1, 2}).HashesOf("request-1");
  EXPECT_EQ(hashes, (std::vector<std::string>{SealerOf({1}).HashesOf("request-1").front(),
                                              SealerOf({2}).HashesOf("request-1").front()}));
  EXPECT_NE(hashes[0], hashes[1]);
  EXPECT_NE(hashes[0], SealerOf({1}).HashesOf("request-2").front());
}

// That the derivation is what it is said to be, and stays so: a store would be lost otherwise.
TEST(SealingKeyTest, KeyForAPurposeIsHkdfExpandOfRfc5869) {
  const SealingKey key = KeyNumber(7);
  const std::string info = std::string("a purpose") + '\x01';
  std::string expected(32, '\0');
  HMAC(EVP_sha256(), key.bytes().Reveal().data(), 32,
       reinterpret_cast<const unsigned char*>(info.data()), info.size(),
       reinterpret_cast<unsigned char*>(expected.data()), nullptr);
  const SealingKey derived = key.ForPurpose("a purpose");
  EXPECT_EQ(derived.bytes().Reveal(), expected);
  EXPECT_FALSE(derived == key.ForPurpose("another purpose"));
}

TEST(SealingKeyTest, IdIsOfTheKeyAndNotInIt) {
  EXPECT_EQ(KeyNumber(1).id(), KeyNumber(1).id());
  EXPECT_NE(KeyNumber(1).id(), KeyNumber(2).id());
  EXPECT_NE(KeyNumber(1).id(), 0x0101010101010101);
}

TEST(SealingKeyTest, TextComesBack) {
  const SealingKey key = *SealingKey::Random();
  EXPECT_TRUE(*SealingKey::FromText(key.ToText()) == key);
  EXPECT_FALSE(*SealingKey::Random() == key);
  const std::string line = key.ToText().substr(0, 44);
  EXPECT_TRUE(*SealingKey::FromText(line) == key) << "without a line break";
  EXPECT_TRUE(*SealingKey::FromText(line + "\r\n") == key) << "with that of other systems";
}

TEST(KeyFileTest, IsTheOwnersOnlyAndHoldsTheKey) {
  const TemporaryFolder folder;
  const absl::StatusOr<SealingKey> key = MakeKeyFile(folder.File("store.key"));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(ReadFile(folder.File("store.key")), key->ToText());
  EXPECT_EQ(std::filesystem::status(folder.File("store.key")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_EQ(CountFiles(folder.path()), 1) << "something was left behind";
}

TEST(KeyFileTest, NeverReplacesAFile) {
  const TemporaryFolder folder;
  WriteFile(folder.File("store.key"), "precious");
  const absl::Status status = MakeKeyFile(folder.File("store.key")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadFile(folder.File("store.key")), "precious");
  EXPECT_EQ(CountFiles(folder.path()), 1) << "something was left behind";
}

TEST(KeyFileTest, MissingFolderIsNamed) {
  const TemporaryFolder folder;
  const absl::Status status = MakeKeyFile(folder.File("none/store.key")).status();
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("store key file " + folder.File("none/store.key") +
                                   ": cannot make the file: No such file or directory"));
}

}  // namespace
}  // namespace cibad
