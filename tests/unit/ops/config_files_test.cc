// The files that a config names: client secrets and the store's keys.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/ops/config.h"
#include "tests/unit/ops/config_fixture.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

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
    return config.ok() ? config->sales_units[0].client_secret.Reveal() : "";
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
    EXPECT_EQ(config->sales_units[0].client_secret.Reveal(), "from systemd");
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
            "12: store.old_key_files: has more than 7 elements");
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
