#include "server/ops/config_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;

std::string Why(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(ListenAddressTest, UnixSocketsAndLoopbackAreTaken) {
  for (const std::string address : {"unix:/run/cibad/cibad.sock", "127.0.0.1:0", "127.0.0.1:65535",
                                    "[::1]:50051", "localhost:1"}) {
    EXPECT_EQ(CheckListenAddress(address, false), absl::OkStatus()) << address;
    EXPECT_EQ(CheckListenAddress(address, true), absl::OkStatus()) << address;
  }
  EXPECT_EQ(CheckListenAddress("unix:/" + std::string(106, 'x'), false), absl::OkStatus());
}

TEST(ListenAddressTest, BeyondLoopbackItNeedsTls) {
  for (const std::string address :
       {"0.0.0.0:50051", "[::]:50051", "192.168.1.10:50051", "127.0.0.2:50051"}) {
    EXPECT_THAT(Why(CheckListenAddress(address, false)),
                HasSubstr("beyond loopback callers need TLS; add a [tls] section"));
    EXPECT_EQ(CheckListenAddress(address, true), absl::OkStatus()) << address;
  }
}

TEST(ListenAddressTest, WhatIsNoAddressIsRefused) {
  for (const std::string address :
       {":50051", "50051", "*:50051", "localhost.example:50051", "127.0.0.1.example:50051",
        "::1:50051", "unix-abstract:cibad", "UNIX:/run/x", "ipv4:127.0.0.1:1", "dns:///localhost:1",
        "/run/cibad.sock", "", " 127.0.0.1:1", "[]:1", "[127.0.0.1]:1"}) {
    EXPECT_THAT(Why(CheckListenAddress(address, true)), HasSubstr("is no address; write"))
        << address;
  }
}

TEST(ListenAddressTest, BadPortsAreRefused) {
  for (const std::string port :
       {"", "65536", "-1", "+1", " 1", "1 ", "0x50", "http", "100000", "1,2"}) {
    EXPECT_THAT(Why(CheckListenAddress("127.0.0.1:" + port, false)), HasSubstr("needs a port"))
        << port;
  }
}

TEST(ListenAddressTest, BadSocketPathsAreRefused) {
  for (const std::string path : {"", "cibad.sock", "./cibad.sock", "/run/"}) {
    EXPECT_THAT(Why(CheckListenAddress("unix:" + path, false)), HasSubstr("unix:/ABSOLUTE/PATH"))
        << path;
  }
  EXPECT_THAT(Why(CheckListenAddress("unix:/" + std::string(107, 'x'), false)),
              HasSubstr("at most 107 bytes, this one has 108"));
}

TEST(IssuerTest, HttpsUrlsAreTaken) {
  for (const std::string issuer : {"https://apitest.vipps.no/access-management-1.0/access/",
                                   "https://localhost:8443", "https://[::1]:8443/"}) {
    EXPECT_EQ(CheckIssuer(issuer), absl::OkStatus()) << issuer;
  }
}

TEST(IssuerTest, WhatIsNoIssuerIsRefused) {
  EXPECT_THAT(Why(CheckIssuer("http://issuer.example")), HasSubstr("https://"));
  EXPECT_THAT(Why(CheckIssuer("HTTPS://issuer.example")), HasSubstr("https://"));
  EXPECT_THAT(Why(CheckIssuer("https://issuer.example/?a")), HasSubstr("query"));
  EXPECT_THAT(Why(CheckIssuer("https://issuer.example/#a")), HasSubstr("fragment"));
  EXPECT_THAT(Why(CheckIssuer("https:///access")), HasSubstr("no host"));
  EXPECT_THAT(Why(CheckIssuer("https://")), HasSubstr("no host"));
  EXPECT_THAT(Why(CheckIssuer("https://:443/")), HasSubstr("no host"));
  EXPECT_THAT(Why(CheckIssuer("https://user:hunter2@issuer.example/")),
              HasSubstr("user name or password"));
  EXPECT_THAT(Why(CheckIssuer("https://issuer.example/a b")), HasSubstr("ASCII without spaces"));
  EXPECT_THAT(Why(CheckIssuer("https://iss\xC3\xB8"
                              "er.example/")),
              HasSubstr("ASCII without spaces"));
  EXPECT_THAT(Why(CheckIssuer("https://" + std::string(1017, 'x'))), HasSubstr("longer than 1024"));
}

TEST(ProxyTest, ProxiesThatCurlKnowsAreTakenAndOthersRefused) {
  for (const std::string proxy : {"http://proxy.example:3128", "https://proxy.example",
                                  "socks5://[::1]:1080", "socks5h://proxy.example"}) {
    EXPECT_EQ(CheckProxy(proxy), absl::OkStatus()) << proxy;
  }
  EXPECT_THAT(Why(CheckProxy("proxy.example:3128")), HasSubstr("must start with"));
  EXPECT_THAT(Why(CheckProxy("ftp://proxy.example")), HasSubstr("must start with"));
  EXPECT_THAT(Why(CheckProxy("http://")), HasSubstr("no host"));
  EXPECT_THAT(Why(CheckProxy("http://a b")), HasSubstr("spaces"));
  const std::string why = Why(CheckProxy("http://user:hunter2@proxy.example"));
  EXPECT_THAT(why, HasSubstr("no user name or password"));
  EXPECT_THAT(why, ::testing::Not(HasSubstr("hunter2")));
}

TEST(MsnTest, DigitsAreTakenAndNothingElse) {
  EXPECT_EQ(CheckMsn("123456"), absl::OkStatus());
  EXPECT_EQ(CheckMsn(std::string(20, '1')), absl::OkStatus());
  for (const std::string& msn :
       {std::string(), std::string("12 34"), std::string("-1"), std::string("1.0"),
        std::string("\xD9\xA1"), std::string(21, '1')}) {
    EXPECT_THAT(Why(CheckMsn(msn)), HasSubstr("is no merchant serial number")) << msn;
  }
}

TEST(NearestWordTest, SlipsOfTheFingersFindTheirWord) {
  const std::vector<std::string> words = {"issuer", "ca_file", "proxy"};
  EXPECT_EQ(NearestWord("isuer", words), "issuer");
  EXPECT_EQ(NearestWord("issuers", words), "issuer");
  EXPECT_EQ(NearestWord("cafile", words), "ca_file");
  EXPECT_EQ(NearestWord("porxy", words), "proxy");
  EXPECT_EQ(NearestWord("ca-file", words), "ca_file");
  EXPECT_EQ(NearestWord("timeout", words), "");
  EXPECT_EQ(NearestWord("", words), "");
  EXPECT_EQ(NearestWord("ab", {"xy"}), "") << "every letter differs";
  EXPECT_EQ(NearestWord(std::string(100'000, 'x'), words), "");
}

TEST(QuotedTest, StaysOneLineAndShort) {
  EXPECT_EQ(Quoted("a\nb\"\x1b"), R"("a\nb\"\x1b")");
  EXPECT_EQ(Quoted(std::string(81, 'x')), absl::StrCat("\"", std::string(80, 'x'), "...\""));
}

}  // namespace
}  // namespace cibad
