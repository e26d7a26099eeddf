// The keys of [[caller]].

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/ops/caller_config.h"
#include "tests/sandbox/certificates.h"
#include "tests/unit/ops/config_fixture.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Behind kGood, so it begins in line 12.
constexpr char kCaller[] =
    "[[caller]]\n"                               // 12
    "name = \"tills\"\n"                         // 13
    "listeners = [\"unix:/run/cibad.sock\"]\n"   // 14
    "rpcs = [\"StartLogin\", \"WatchLogin\"]\n"  // 15
    "sales_units = [\"123456\"]\n"               // 16
    "scopes = [\"name\", \"phoneNumber\"]\n";    // 17
constexpr char kHash[] = "9F86D081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

constexpr char kTls[] =
    "[tls]\ncertificate_file = \"tls.pem\"\nkey_file = \"tls_key.pem\"\n"
    "client_ca_file = \"client_ca.pem\"\n";

class CallerConfigTest : public ConfigTest {
 protected:
  CallerConfigTest() {
    const CertificateAuthority authority("the CA");
    const Certified server = authority.Issue({.common_name = "cibad", .is_server = true});
    folder_.Write("tls.pem", server.certificate);
    folder_.Write("tls_key.pem", server.key);
    folder_.Write("client_ca.pem", authority.certificate());
  }

  std::string With(const std::string& old_line, const std::string& line) {
    std::string text = absl::StrReplaceAll(kCaller, {{old_line, line}});
    EXPECT_NE(text, kCaller) << "nothing was replaced";
    return absl::StrCat(kGood, text);
  }
  std::string CallerError(const std::string& old_line, const std::string& line) {
    return ErrorOf(With(old_line, line));
  }
  std::string ErrorBehind(const std::string& lines) {
    return ErrorOf(absl::StrCat(kGood, kCaller, lines, kTls));
  }
};

TEST_F(CallerConfigTest, EveryKeyIsRead) {
  const absl::StatusOr<Config> config = Load(absl::StrCat(
      kGood, kCaller,
      "redirect_uris = [\"https://shop.example/\"]\ncertificates = [\"*.a.example\"]\n",
      "token_sha256 = [\"", kHash, "\"]\n",
      "default_sales_unit = \"123456\"\nstarts_per_minute = 7\npending_logins = 9\n",
      "[[caller]]\nname = \"second\"\ncertificates = [\"b\"]\nrpcs = [\"*\"]\nsales_units = "
      "[\"*\"]\n"
      "scopes = [\"*\"]\n",
      kTls));
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->callers.size(), 2u);
  const CallerPolicy& tills = *config->callers.at("tills");
  EXPECT_EQ(tills.name, "tills");
  EXPECT_EQ(tills.position, 0);
  EXPECT_THAT(tills.listeners, ElementsAre("unix:/run/cibad.sock"));
  EXPECT_THAT(tills.certificates, ElementsAre("*.a.example"));
  ASSERT_EQ(tills.token_hashes.size(), 1u);
  EXPECT_EQ(tills.token_hashes[0].size(), 32u);
  EXPECT_EQ(tills.token_hashes[0].substr(0, 2), "\x9f\x86");
  EXPECT_THAT(tills.rpcs, ElementsAre("StartLogin", "WatchLogin"));
  EXPECT_THAT(tills.sales_units, ElementsAre("123456"));
  EXPECT_EQ(tills.default_sales_unit, "123456");
  EXPECT_THAT(tills.scopes, ElementsAre("name", "phoneNumber"));
  EXPECT_THAT(tills.redirect_uris, ElementsAre("https://shop.example/"));
  EXPECT_EQ(tills.starts_per_minute, 7);
  EXPECT_EQ(tills.pending_logins, 9);

  const CallerPolicy& second = *config->callers.at("second");
  EXPECT_EQ(second.position, 1);
  EXPECT_THAT(second.rpcs, ElementsAre("*"));
  EXPECT_THAT(second.redirect_uris, IsEmpty());
  EXPECT_EQ(second.starts_per_minute, 60);
  EXPECT_EQ(second.pending_logins, 100);
}

TEST_F(CallerConfigTest, WithoutAnyCallerItSaysWhatToAdd) {
  const std::string none = absl::StrCat(kGood, "# [[caller]]\n");
  EXPECT_THAT(ErrorOf(none),
              HasSubstr("1: caller: is missing, so nobody could call; add a [[caller]] "
                        "section with name, listeners"));
  EXPECT_THAT(
      ErrorOf(absl::StrCat(kGood, "[caller]\n# [[caller]]\n")),
      HasSubstr("12: caller: must be written [[caller]], with two brackets, once for each caller"));
}

TEST_F(CallerConfigTest, WhatIsNotNamedIsNotAllowed) {
  EXPECT_EQ(
      CallerError("rpcs = [\"StartLogin\", \"WatchLogin\"]\n", ""),
      "12: caller.rpcs: is missing, and nothing is allowed that is not named; add rpcs = "
      "[\"StartLogin\", \"WatchLogin\", \"CancelLogin\"] to this [[caller]]; [\"*\"] allows all");
  EXPECT_THAT(CallerError("sales_units = [\"123456\"]\n", ""),
              HasSubstr("12: caller.sales_units: is missing"));
  EXPECT_THAT(CallerError("scopes = [\"name\", \"phoneNumber\"]\n", ""),
              HasSubstr("12: caller.scopes: is missing"));
  EXPECT_TRUE(Load(With("[\"StartLogin\", \"WatchLogin\"]", "[]")).ok()) << "nothing at all";
}

TEST_F(CallerConfigTest, WhatDoesNotExistIsRefused) {
  EXPECT_EQ(CallerError("\"StartLogin\"", "\"StartLogins\""),
            "15: caller.rpcs: \"StartLogins\" is no RPC of LoginService; did you mean StartLogin?");
  EXPECT_THAT(CallerError("\"StartLogin\"", "\"Reboot\""),
              HasSubstr("they are StartLogin, CheckUser"));
  EXPECT_EQ(CallerError("[\"123456\"]", "[\"654321\"]"),
            "16: caller.sales_units: there is no [[sales_unit]] with msn = \"654321\"; add it or "
            "remove it here");
  EXPECT_THAT(CallerError("\"phoneNumber\"", "\"phone\""),
              HasSubstr("17: caller.scopes: no such scope: \"phone\""));
  EXPECT_THAT(
      CallerError("\"unix:/run/cibad.sock\"", "\"unix:/run/cibad.sok\""),
      HasSubstr("14: caller.listeners: \"unix:/run/cibad.sok\" is no address of listen.grpc; "
                "write it exactly as it is there; did you mean unix:/run/cibad.sock?"));
  EXPECT_THAT(ErrorBehind("default_sales_unit = \"1\"\n"),
              HasSubstr("18: caller.default_sales_unit: there is no [[sales_unit]]"));
  EXPECT_EQ(
      ErrorOf(absl::StrCat(With("[\"123456\"]", "[]"), "default_sales_unit = \"123456\"\n")),
      "18: caller.default_sales_unit: is not one of the caller's sales_units; add it to them");
}

TEST_F(CallerConfigTest, AllStandsAlone) {
  EXPECT_EQ(CallerError("[\"123456\"]", "[\"*\", \"123456\"]"),
            "16: caller.sales_units: has \"*\" beside others; \"*\" is all, so write it alone");
  EXPECT_EQ(CallerError("\"WatchLogin\"", "\"StartLogin\""),
            "15: caller.rpcs: names \"StartLogin\" twice");
}

TEST_F(CallerConfigTest, SomebodyCanBeTheCaller) {
  EXPECT_THAT(
      CallerError("listeners = [\"unix:/run/cibad.sock\"]\n", ""),
      HasSubstr("13: caller.name: nobody can be this caller; add listeners, certificates or "
                "token_sha256"));
}

TEST_F(CallerConfigTest, AnIdentityTellsOneCaller) {
  const std::string second =
      "[[caller]]\nname = \"second\"\nrpcs = []\nsales_units = []\nscopes = []\n";
  EXPECT_EQ(ErrorBehind(absl::StrCat(second, "listeners = [\"unix:/run/cibad.sock\"]\n")),
            "23: caller.listeners: \"unix:/run/cibad.sock\" is claimed already, in line 14; it can "
            "tell one caller only");
  const std::string token = absl::StrCat("token_sha256 = [\"", kHash, "\"]\n");
  const std::string lower = absl::StrReplaceAll(token, {{"F", "f"}, {"D", "d"}});
  EXPECT_EQ(
      ErrorBehind(absl::StrCat(token, second, lower)),
      "24: caller.token_sha256: this token's hash is claimed already, in line 18; it can tell "
      "one caller only");
  EXPECT_THAT(ErrorBehind(absl::StrCat("certificates = [\"a\", \"a\"]\n")),
              HasSubstr("18: caller.certificates: \"a\" is claimed already, in line 18"));
  EXPECT_EQ(
      ErrorBehind(absl::StrReplaceAll(kCaller, {{"listeners", "certificates"}})),
      "19: caller.name: \"tills\" is configured already, in line 13; each caller is written once");
}

TEST_F(CallerConfigTest, ATokenInPlaceOfItsHashIsNotQuoted) {
  for (const std::string hex : {"hunter2-token", "9f86",
                                "zz86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b"
                                "822cd15d6c15b0f00a08"}) {
    EXPECT_THAT(ErrorBehind(absl::StrCat("token_sha256 = [\"", hex, "\"]\n")),
                HasSubstr("18: caller.token_sha256: must be the 64 hexadecimal digits"));
  }
}

TEST_F(CallerConfigTest, CertificatesAndTokensNeedTls) {
  EXPECT_EQ(ErrorOf(absl::StrCat(kGood, kCaller, "certificates = [\"a\"]\n")),
            "18: caller.certificates: client certificates need client_ca_file in a [tls] section; "
            "add it");
  EXPECT_EQ(ErrorOf(absl::StrCat(kGood, kCaller, "token_sha256 = [\"", kHash, "\"]\n")),
            "18: caller.token_sha256: bearer tokens are taken over TLS only; add a [tls] section");
  const std::string no_authority =
      absl::StrReplaceAll(kTls, {{"client_ca_file = \"client_ca.pem\"\n", ""}});
  EXPECT_THAT(ErrorOf(absl::StrCat(kGood, kCaller, "certificates = [\"a\"]\n", no_authority)),
              HasSubstr("18: caller.certificates: client certificates need client_ca_file"));
  const std::string tcp = absl::StrReplaceAll(absl::StrCat(kGood, kCaller, kTls),
                                              {{"unix:/run/cibad.sock", "127.0.0.1:50051"}});
  EXPECT_EQ(ErrorOf(tcp),
            "14: caller.listeners: \"127.0.0.1:50051\" is open to everyone who knows TLS; its "
            "callers are known by certificates or token_sha256");
}

TEST_F(CallerConfigTest, NamesAndAddressesOfWrongFormAreRefused) {
  EXPECT_THAT(CallerError("\"tills\"", "\"a/b\""),
              HasSubstr("13: caller.name: must be at most 64"));
  EXPECT_THAT(CallerError("\"tills\"", absl::StrCat("\"", std::string(65, 'a'), "\"")),
              HasSubstr("13: caller.name: must be at most 64"));
  EXPECT_THAT(ErrorBehind("redirect_uris = [\"http://a.example\"]\n"),
              HasSubstr("18: caller.redirect_uris: \"http://a.example\" must be an https URL"));
  EXPECT_THAT(ErrorBehind("redirect_uris = [\"https://a.example/b c\"]\n"),
              HasSubstr("18: caller.redirect_uris: \"https://a.example/b c\" must be"));
  EXPECT_THAT(
      ErrorBehind(absl::StrCat("redirect_uris = [\"https://", std::string(2041, 'a'), "\"]\n")),
      HasSubstr("at most 2048 characters"));
  EXPECT_THAT(ErrorBehind("certificates = [\"a b\"]\n"),
              HasSubstr("18: caller.certificates: \"a b\""));
  EXPECT_THAT(ErrorBehind("starts_per_minute = 0\n"),
              HasSubstr("18: caller.starts_per_minute: must be 1 to 1000000"));
}

TEST_F(CallerConfigTest, AThousandAreEnough) {
  std::string callers;
  const auto add = [&](int number) {
    absl::StrAppend(&callers, "[[caller]]\nname = \"c", number, "\"\ncertificates = [\"c", number,
                    "\"]\nrpcs = []\nsales_units = []\nscopes = []\n");
  };
  for (int i = 0; i < 1000; ++i) add(i);
  EXPECT_TRUE(Load(absl::StrCat(kGood, kTls, callers)).ok());
  add(1000);
  EXPECT_THAT(ErrorOf(absl::StrCat(kGood, kTls, callers)),
              HasSubstr(": caller: there are more than 1000"));
}

TEST_F(CallerConfigTest, AnAddressThatIsGoneTellsItsCallerUntilTheRestart) {
  const absl::StatusOr<Config> running = Load(absl::StrCat(kGood, kCaller));
  const std::string moved =
      absl::StrReplaceAll(absl::StrCat(kGood, kCaller), {{"/run/cibad.sock", "/run/other.sock"}});
  const absl::StatusOr<Config> loaded = Load(moved);
  const absl::StatusOr<Config> renamed = Load(absl::StrReplaceAll(moved, {{"tills", "others"}}));
  ASSERT_TRUE(running.ok() && loaded.ok() && renamed.ok());
  EXPECT_THAT(CallersAfterReload(*running, *loaded).at("tills")->listeners,
              ElementsAre("unix:/run/other.sock", "unix:/run/cibad.sock"));
  EXPECT_THAT(CallersAfterReload(*running, *running).at("tills")->listeners,
              ElementsAre("unix:/run/cibad.sock"));
  EXPECT_THAT(CallersAfterReload(*running, *renamed).at("others")->listeners,
              ElementsAre("unix:/run/other.sock"));
}

}  // namespace
}  // namespace cibad
