#include "server/rpc/tls_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/ops/log.h"
#include "tests/sandbox/certificates.h"
#include "tests/unit/ops/config_test_support.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TlsWatchTest : public ::testing::Test {
 protected:
  TlsWatchTest() { first_ = Write({}); }

  // A certificate of the daemon's in a folder of its own, with its key and the authority.
  Certified Write(CertificateOptions options, const std::string& prefix = "") {
    options.common_name = "cibad";
    options.is_server = true;
    Certified server = authority_.Issue(options);
    folder_.Write(prefix + "tls.pem", server.certificate);
    folder_.Write(prefix + "key.pem", server.key);
    folder_.Write(prefix + "ca.pem", authority_.certificate());
    return server;
  }
  TlsFiles Files(const std::string& prefix = "") const {
    return {folder_.File(prefix + "tls.pem"), folder_.File(prefix + "key.pem"),
            folder_.File(prefix + "ca.pem")};
  }

  void SetFiles() { ASSERT_TRUE(watch_.SetFiles(Files()).ok()); }
  // What the next handshake shows, when the last look is long enough ago.
  TlsWatch::Shown LookLater() {
    now_ += absl::Seconds(2);
    return watch_.Look();
  }
  int Logged(const std::string& text) const {
    return static_cast<int>(std::count_if(
        log_.begin(), log_.end(), [&](const auto& line) { return absl::StrContains(line, text); }));
  }

  absl::Time now_ = absl::Now();
  const ConfigFolder folder_;
  const CertificateAuthority authority_{"the shop's CA"};
  Certified first_;
  TlsWatch watch_{Files(), [this] { return now_; }};
  std::vector<std::string> log_;
  const LogCapture capture_{[this](LogLevel, const std::string& line) { log_.push_back(line); }};
};

TEST_F(TlsWatchTest, ShowsNothingBeforeAnythingWasRead) {
  const TlsWatch empty(TlsFiles{}, [this] { return now_; });
  EXPECT_FALSE(empty.asks_for_certificates());
  TlsWatch broken({folder_.File("nowhere"), folder_.File("nowhere"), ""}, [this] { return now_; });
  EXPECT_FALSE(broken.SetFiles(Files("absent_")).ok());
  EXPECT_EQ(broken.Look().material, nullptr);
}

TEST_F(TlsWatchTest, ShowsWhatWasReadWithANumberThatStays) {
  SetFiles();
  EXPECT_TRUE(watch_.asks_for_certificates());
  const TlsWatch::Shown shown = LookLater();
  ASSERT_NE(shown.material, nullptr);
  EXPECT_EQ(shown.material->certificate, first_.certificate);
  EXPECT_EQ(LookLater().version, shown.version);
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(TlsWatchTest, ChangedFilesCountFromTheNextLook) {
  SetFiles();
  const uint64_t version = LookLater().version;
  const Certified second = Write({});
  const TlsWatch::Shown shown = LookLater();
  EXPECT_NE(shown.version, version);
  EXPECT_EQ(shown.material->certificate, second.certificate);
  EXPECT_EQ(shown.material->key.Reveal(), second.key);
  EXPECT_EQ(Logged("The TLS files have changed; new connections use them"), 1);
  EXPECT_EQ(LookLater().version, shown.version);
}

TEST_F(TlsWatchTest, LooksAtMostOnceASecond) {
  SetFiles();
  const Certified second = Write({});
  EXPECT_EQ(watch_.Look().material->certificate, first_.certificate);
  now_ += absl::Milliseconds(999);
  EXPECT_EQ(watch_.Look().material->certificate, first_.certificate);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(watch_.Look().material->certificate, second.certificate);
}

TEST_F(TlsWatchTest, AClockThatWasSetBackStopsNothing) {
  SetFiles();
  const Certified second = Write({});
  now_ -= absl::Hours(2);
  EXPECT_EQ(watch_.Look().material->certificate, second.certificate);
}

TEST_F(TlsWatchTest, FilesThatAreWrongAreToldOnceAndChangeNothing) {
  SetFiles();
  folder_.Write("tls.pem", "nothing");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(LookLater().material->certificate, first_.certificate);
  EXPECT_EQ(Logged("The TLS files have changed and are wrong; those from before stay"), 1);
  EXPECT_EQ(Logged("certificate_file: the file holds no certificate"), 1);
}

TEST_F(TlsWatchTest, FilesThatAreSwappedOneAfterTheOtherAreTakenWhenTheyFit) {
  SetFiles();
  const Certified second = authority_.Issue({.common_name = "cibad", .is_server = true});
  folder_.Write("tls.pem", second.certificate);
  const TlsWatch::Shown between = LookLater();
  EXPECT_EQ(between.material->certificate, first_.certificate);
  EXPECT_EQ(between.material->key.Reveal(), first_.key)
      << "never the one with the key of the other";
  folder_.Write("key.pem", second.key);
  const TlsWatch::Shown after = LookLater();
  EXPECT_EQ(after.material->certificate, second.certificate);
  EXPECT_EQ(after.material->key.Reveal(), second.key);
}

TEST_F(TlsWatchTest, FilesThatAreGoneChangeNothing) {
  SetFiles();
  std::filesystem::remove(folder_.File("key.pem"));
  EXPECT_EQ(LookLater().material->key.Reveal(), first_.key);
  EXPECT_EQ(Logged("key_file"), 1);
}

// As certbot, cert-manager and the like do it: the names lead through a link that is turned.
TEST_F(TlsWatchTest, ALinkThatIsTurnedIsAChange) {
  std::filesystem::create_directory(folder_.File("one"));
  std::filesystem::create_directory(folder_.File("two"));
  const Certified one = Write({}, "one/");
  const Certified two = Write({}, "two/");
  std::filesystem::create_symlink("one", folder_.File("live"));
  ASSERT_TRUE(watch_.SetFiles(Files("live/")).ok());
  EXPECT_EQ(LookLater().material->certificate, one.certificate);
  std::filesystem::create_symlink("two", folder_.File("next"));
  std::filesystem::rename(folder_.File("next"), folder_.File("live"));
  EXPECT_EQ(LookLater().material->certificate, two.certificate);
}

TEST_F(TlsWatchTest, ANewAuthorityIsAChangeToo) {
  SetFiles();
  const uint64_t version = LookLater().version;
  const CertificateAuthority next("the next CA");
  folder_.Write("ca.pem", next.certificate());
  const TlsWatch::Shown shown = LookLater();
  EXPECT_NE(shown.version, version);
  EXPECT_EQ(shown.material->client_ca, next.certificate());
}

TEST_F(TlsWatchTest, OtherFilesAreReadAtOnce) {
  SetFiles();
  const uint64_t version = watch_.Look().version;
  const Certified other = Write({}, "other_");
  ASSERT_TRUE(watch_.SetFiles(Files("other_")).ok());
  EXPECT_NE(watch_.Look().version, version);
  EXPECT_EQ(watch_.Look().material->certificate, other.certificate);
}

TEST_F(TlsWatchTest, OtherFilesThatAreWrongLeaveEverythingAsItWas) {
  SetFiles();
  const uint64_t version = LookLater().version;
  const absl::Status status = watch_.SetFiles(Files("absent_"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("certificate_file: "));
  EXPECT_EQ(LookLater().version, version);
  EXPECT_THAT(log_, IsEmpty()) << "the files from before have not changed";
  const Certified second = Write({});
  EXPECT_EQ(LookLater().material->certificate, second.certificate) << "and are still looked at";
}

TEST_F(TlsWatchTest, TellsTheMetricsWhenItEnds) {
  SetFiles();
  Metrics::Present present;
  watch_.Describe(present);
  EXPECT_EQ(present.tls_certificate_end, watch_.Look().material->end);
  EXPECT_EQ(present.tls_client_ca_end, watch_.Look().material->client_ca_end);

  Write({.ends_in_hours = 48});
  now_ += absl::Seconds(2);
  watch_.Describe(present);
  EXPECT_NEAR(absl::ToDoubleHours(*present.tls_certificate_end - now_), 48, 0.1)
      << "changed files are heeded though nobody connects";

  TlsFiles files = Files();
  files.client_ca_file = "";
  ASSERT_TRUE(watch_.SetFiles(files).ok());
  present = {};
  watch_.Describe(present);
  EXPECT_TRUE(present.tls_certificate_end.has_value());
  EXPECT_FALSE(present.tls_client_ca_end.has_value());
}

TEST_F(TlsWatchTest, WarnsOnceADayOfACertificateThatEndsSoon) {
  Write({.ends_in_hours = 24L * 15});
  SetFiles();
  EXPECT_THAT(log_, IsEmpty());
  const std::string warning = "The TLS certificate ends soon; renew it";
  now_ += absl::Hours(24) + absl::Minutes(1);  // less than 14 days are left
  watch_.Look();
  LookLater();
  EXPECT_EQ(Logged(warning), 1);
  now_ += absl::Hours(23);
  watch_.Look();
  EXPECT_EQ(Logged(warning), 1);
  now_ += absl::Hours(1);
  watch_.Look();
  EXPECT_EQ(Logged(warning), 2);
  Write({});
  LookLater();
  now_ += absl::Hours(25);
  watch_.Look();
  EXPECT_EQ(Logged(warning), 2) << "it is renewed";
}

TEST_F(TlsWatchTest, WarnsOfAnAuthorityToo) {
  const Certified ending = authority_.Issue({.common_name = "CA", .ends_in_hours = 24});
  folder_.Write("ca.pem", absl::StrCat(authority_.certificate(), ending.certificate));
  SetFiles();
  EXPECT_THAT(log_, ElementsAre(HasSubstr("An authority of callers' certificates ends soon")));
  EXPECT_THAT(log_, ElementsAre(HasSubstr(folder_.File("ca.pem"))));
  LookLater();
  EXPECT_EQ(log_.size(), 1u);
}

}  // namespace
}  // namespace cibad
