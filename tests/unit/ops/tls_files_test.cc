// What may stand in the files of [tls], and what is said of what may not.

#include "server/ops/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/sandbox/certificates.h"
#include "tests/sandbox/pem.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The key, under a password.
std::string EncryptedKey(const std::string& pem) {
  const KeyHandle key = KeyFromPem(pem);
  const BioHandle bio(BIO_new(BIO_s_mem()));
  std::string password = "planted";
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), password.data(),
                                          static_cast<int>(password.size()), nullptr, nullptr),
            1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

class TlsFilesTest : public ::testing::Test {
 protected:
  TlsFilesTest() {
    WriteServer({});
    folder_.Write("ca.pem", authority_.certificate(), 0644);
  }

  // A certificate of the daemon's and its key.
  void WriteServer(CertificateOptions options) {
    options.common_name = "cibad";
    options.is_server = true;
    server_ = authority_.Issue(options);
    folder_.Write("tls.pem", server_.certificate, 0644);
    folder_.Write("key.pem", server_.key);
  }

  TlsFiles Files() const {
    return {folder_.File("tls.pem"), folder_.File("key.pem"), folder_.File("ca.pem")};
  }
  absl::StatusOr<TlsMaterial> Read() const { return ReadTlsFiles(Files(), now_); }
  // What is said of the files; it must quote nothing of them.
  std::string Error() const {
    const absl::Status status = Read().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    std::string message(status.message());
    EXPECT_THAT(message, Not(HasSubstr("-----")));
    EXPECT_THAT(message, Not(HasSubstr("\n")));
    return message;
  }

  const absl::Time now_ = absl::Now();
  const ConfigFolder folder_;
  const CertificateAuthority authority_{"the shop's CA"};
  Certified server_;
};

TEST_F(TlsFilesTest, GivesWhatTheFilesHoldAndWhenItEnds) {
  WriteServer({.ends_in_hours = 48});
  const absl::StatusOr<TlsMaterial> material = Read();
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_EQ(material->certificate, server_.certificate);
  EXPECT_EQ(material->key.Reveal(), server_.key);
  EXPECT_EQ(material->client_ca, authority_.certificate());
  EXPECT_NEAR(absl::ToDoubleHours(material->end - now_), 48, 0.1);
  EXPECT_NEAR(absl::ToDoubleHours(material->client_ca_end - now_), 24.0 * 3650, 0.1);
}

TEST_F(TlsFilesTest, WithoutAnAuthorityThereIsNone) {
  TlsFiles files = Files();
  files.client_ca_file = "";
  const absl::StatusOr<TlsMaterial> material = ReadTlsFiles(files, now_);
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_EQ(material->client_ca, "");
  EXPECT_EQ(material->client_ca_end, absl::InfiniteFuture());
}

TEST_F(TlsFilesTest, OfSeveralAuthoritiesTheSoonestEndIsTold) {
  const Certified soon = authority_.Issue({.common_name = "another", .ends_in_hours = 5});
  folder_.Write("ca.pem", absl::StrCat(authority_.certificate(), soon.certificate));
  const absl::StatusOr<TlsMaterial> material = Read();
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_NEAR(absl::ToDoubleHours(material->client_ca_end - now_), 5, 0.1);
  const Certified over =
      authority_.Issue({.common_name = "old", .begins_in_hours = -9, .ends_in_hours = -5});
  folder_.Write("ca.pem", absl::StrCat(over.certificate, authority_.certificate()));
  EXPECT_NEAR(absl::ToDoubleHours(Read()->client_ca_end - now_), -5, 0.1) << "that is no error";
}

TEST_F(TlsFilesTest, ACertificateHoldsFromItsBeginningToItsEnd) {
  WriteServer({.begins_in_hours = -2, .ends_in_hours = 2});
  EXPECT_TRUE(ReadTlsFiles(Files(), now_ + absl::Minutes(119)).ok());
  EXPECT_TRUE(ReadTlsFiles(Files(), now_ - absl::Minutes(119)).ok());
  const absl::Status over = ReadTlsFiles(Files(), now_ + absl::Minutes(121)).status();
  EXPECT_THAT(std::string(over.message()),
              StartsWith("certificate_file: the certificate ended on 20"));
  EXPECT_THAT(std::string(over.message()), HasSubstr(" UTC; put a renewed one there"));
  const absl::Status early = ReadTlsFiles(Files(), now_ - absl::Minutes(121)).status();
  EXPECT_THAT(std::string(early.message()),
              StartsWith("certificate_file: the certificate begins on 20"));
}

TEST_F(TlsFilesTest, TheKeyMustBeThatOfTheFirstCertificate) {
  const std::string wrong = "key_file: the key is not that of the certificate in certificate_file";
  folder_.Write("tls.pem", absl::StrCat(server_.certificate, authority_.certificate()));
  EXPECT_TRUE(Read().ok()) << Read().status();
  folder_.Write("tls.pem", absl::StrCat(authority_.certificate(), server_.certificate));
  EXPECT_THAT(Error(), StartsWith(wrong)) << "the chain is the wrong way round";
  const Certified other = authority_.Issue({.common_name = "other"});
  folder_.Write("tls.pem", other.certificate);
  EXPECT_THAT(Error(), StartsWith(wrong));
  folder_.Write("key.pem", other.key);
  EXPECT_TRUE(Read().ok());
}

TEST_F(TlsFilesTest, AKeyThatCannotBeUsedIsRefused) {
  const std::string none = "key_file: the file holds no private key, or one with a password";
  folder_.Write("key.pem", EncryptedKey(server_.key));
  EXPECT_THAT(Error(), StartsWith(none));
  folder_.Write("key.pem", server_.certificate);
  EXPECT_THAT(Error(), StartsWith(none));
  folder_.Write("key.pem", "");
  EXPECT_THAT(Error(), StartsWith(none));
  folder_.Write("key.pem", server_.key.substr(0, server_.key.size() / 2));
  EXPECT_THAT(Error(), StartsWith(none));
}

TEST_F(TlsFilesTest, AKeyThatOthersMayReadIsRefusedAndACertificateIsNot) {
  ASSERT_EQ(chmod(folder_.File("tls.pem").c_str(), 0666), 0);
  EXPECT_TRUE(Read().ok());
  ASSERT_EQ(chmod(folder_.File("key.pem").c_str(), 0640), 0);
  EXPECT_TRUE(Read().ok()) << "its group may";
  ASSERT_EQ(chmod(folder_.File("key.pem").c_str(), 0604), 0);
  EXPECT_EQ(Error(), absl::StrCat("key_file: the file \"", folder_.File("key.pem"),
                                  "\" is open to every user of this machine; run: chmod o-rwx ",
                                  folder_.File("key.pem")));
}

TEST_F(TlsFilesTest, ACredentialOfTheServiceManagerIsTheKeyToo) {
  const ScopedVariable variable("CREDENTIALS_DIRECTORY", folder_.path().c_str());
  ASSERT_EQ(chmod(folder_.File("key.pem").c_str(), 0644), 0);
  TlsFiles files = Files();
  files.key_file = "${CREDENTIALS_DIRECTORY}/key.pem";
  EXPECT_TRUE(ReadTlsFiles(files, now_).ok()) << "its mode is not ours to judge";
}

TEST_F(TlsFilesTest, EachFileThatHoldsNoCertificateIsNamed) {
  const std::string none = ": the file holds no certificate, or a damaged one";
  const std::string damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const std::string& text : {std::string(), std::string("words"), server_.key, damaged,
                                  absl::StrCat(server_.certificate, damaged)}) {
    folder_.Write("tls.pem", text);
    EXPECT_THAT(Error(), StartsWith(absl::StrCat("certificate_file", none)));
    folder_.Write("tls.pem", server_.certificate);
    folder_.Write("ca.pem", text);
    EXPECT_THAT(Error(), StartsWith(absl::StrCat("client_ca_file", none)));
    folder_.Write("ca.pem", authority_.certificate());
  }
  EXPECT_TRUE(Read().ok());
}

TEST_F(TlsFilesTest, WhatCannotBeReadIsNamedAndWhyIsTold) {
  std::filesystem::create_directory(folder_.File("folder"));
  folder_.Write("large.pem", std::string((1 << 20) + 1, ' '));
  const std::pair<const char*, const char*> cases[] = {
      {"nowhere.pem", " cannot be read: No such file or directory"},
      {"folder", " is not a regular file"},
      {"large.pem", " is larger than "}};
  for (const auto& [name, why] : cases) {
    const std::string path = folder_.File(name);
    const std::string shown = absl::StrCat(": the file \"", path, "\"", why);
    const auto error = [&](const TlsFiles& files) {
      return std::string(ReadTlsFiles(files, now_).status().message());
    };
    EXPECT_THAT(error({path, folder_.File("key.pem"), ""}),
                StartsWith(absl::StrCat("certificate_file", shown)));
    EXPECT_THAT(error({folder_.File("tls.pem"), path, ""}),
                StartsWith(absl::StrCat("key_file", shown)));
    EXPECT_THAT(error({folder_.File("tls.pem"), folder_.File("key.pem"), path}),
                StartsWith(absl::StrCat("client_ca_file", shown)));
  }
}

}  // namespace
}  // namespace cibad
