#include "server/engine/provider_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "tests/unit/engine/fakes.h"

namespace cibad {
namespace {

using ::testing::HasSubstr;

constexpr char kDiscovery[] = "/.well-known/openid-configuration";
constexpr char kKeys[] = "/jwks";

class ProviderDirectoryTest : public ::testing::Test {
 protected:
  ProviderDirectoryTest()
      : directory_(kIssuer, ProviderDirectory::Environment{
                                .http = &http_,
                                .clock = [this] { return now_; },
                                .set_alarm = [this](absl::Time time) { alarm_ = time; },
                                .post = [](const std::function<void()>& closure) { closure(); },
                            }) {}

  static HttpResult FreshFor(absl::Duration duration, const std::string& json) {
    HttpResult result = Ok(json);
    std::get<HttpResponse>(result).headers.Add(
        {"cache-control: ", "max-age=" + std::to_string(absl::ToInt64Seconds(duration))});
    return result;
  }

  // Moves the clock to the alarm.
  void Ring() {
    ASSERT_NE(alarm_, absl::InfiniteFuture());
    now_ = std::max(now_, alarm_);
    directory_.OnAlarm();
  }

  void Discover() {
    directory_.Start();
    http_.Answer(kDiscovery, FreshFor(absl::Hours(1), MetadataJson()));
    Ring();
  }

  FakeHttp http_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  absl::Time alarm_ = absl::InfiniteFuture();
  ProviderDirectory directory_;
};

TEST_F(ProviderDirectoryTest, SaysWhyNothingIsKnownYet) {
  EXPECT_EQ(directory_.status().code(), absl::StatusCode::kUnavailable);
  directory_.Start();
  http_.Answer(kDiscovery, Broken(false));
  EXPECT_THAT(std::string(directory_.status().message()), HasSubstr("connection refused"));
  EXPECT_EQ(directory_.metadata(), nullptr);
}

TEST_F(ProviderDirectoryTest, TriesAgainUntilTheProviderIsThere) {
  directory_.Start();
  for (int i = 0; i < 5; ++i) {
    http_.Answer(kDiscovery, Broken(false));
    const absl::Time failed = now_;
    Ring();
    EXPECT_GE(now_ - failed, absl::Seconds(1));
  }
  http_.Answer(kDiscovery, Ok(MetadataJson()));
  EXPECT_TRUE(directory_.status().ok());
  EXPECT_EQ(directory_.metadata()->token_endpoint, "https://provider.test/token");
}

TEST_F(ProviderDirectoryTest, IsReadyOnceAndSaysSoOnce) {
  int ready = 0;
  directory_.CallWhenReady([&ready] { ++ready; });
  Discover();
  http_.Answer(kKeys, FreshFor(absl::Hours(2), KeysJson()));
  Ring();
  http_.Answer(kDiscovery, Ok(MetadataJson()));
  EXPECT_EQ(ready, 1);
}

TEST_F(ProviderDirectoryTest, KeepsDiscoveryAsLongAsItsHeadersSay) {
  directory_.Start();
  http_.Answer(kDiscovery, FreshFor(absl::Hours(3), MetadataJson()));  // not the default of an hour
  const absl::Time fetched = now_;
  Ring();
  http_.Answer(kKeys, FreshFor(absl::Hours(20), KeysJson()));
  Ring();
  EXPECT_EQ(now_, fetched + absl::Hours(3));
  EXPECT_EQ(http_.CountOpen(kDiscovery), 1);
}

TEST_F(ProviderDirectoryTest, KeepsTheKeysAsLongAsTheirHeadersSay) {
  directory_.Start();
  http_.Answer(kDiscovery, FreshFor(absl::Hours(20), MetadataJson()));
  Ring();
  http_.Answer(kKeys, FreshFor(absl::Hours(2), KeysJson()));
  const absl::Time fetched = now_;
  Ring();
  EXPECT_EQ(now_, fetched + absl::Hours(2));
  EXPECT_EQ(http_.CountOpen(kKeys), 1);
}

TEST_F(ProviderDirectoryTest, TheOldServesOnWhileARefreshFails) {
  Discover();
  http_.Answer(kKeys, FreshFor(absl::Hours(20), KeysJson()));
  Ring();
  EXPECT_NE(directory_.metadata(), nullptr) << "while the refresh is under way";
  http_.Answer(kDiscovery, Broken(true));
  EXPECT_NE(directory_.metadata(), nullptr) << "after it failed";
  EXPECT_TRUE(directory_.status().ok());
}

TEST_F(ProviderDirectoryTest, FetchesTheKeysRightAfterDiscovery) {
  Discover();
  EXPECT_EQ(http_.CountOpen(kKeys), 1);
  EXPECT_EQ(directory_.keys(), nullptr);
  http_.Answer(kKeys, Ok(KeysJson()));
  EXPECT_NE(directory_.keys(), nullptr);
}

TEST_F(ProviderDirectoryTest, ManyUnknownKeysMakeOneFetchAndNotTooSoon) {
  Discover();
  http_.Answer(kKeys, FreshFor(absl::Hours(1), KeysJson()));
  const absl::Time fetched = now_;
  int answered = 0;
  for (int i = 0; i < 100; ++i) {
    directory_.RefetchKeys(
        [&answered](const absl::Status& status) { answered += status.ok() ? 1 : 0; });
  }
  EXPECT_EQ(http_.CountOpen(kKeys), 0) << "the keys are not old enough to be fetched again";
  Ring();
  EXPECT_EQ(now_, fetched + ProviderDirectory::kLeastKeyAge);
  EXPECT_EQ(http_.CountOpen(kKeys), 1);
  EXPECT_EQ(answered, 0);
  http_.Answer(kKeys, FreshFor(absl::Hours(1), KeysJson()));
  EXPECT_EQ(answered, 100);
}

// A fetch that failed is repeated after 1, 2, 4 ... seconds by itself, whoever asks meanwhile.
TEST_F(ProviderDirectoryTest, UnknownKeysDoNotHastenTheRetriesOfAFetchThatFailed) {
  Discover();
  for (int i = 0; i < 8; ++i) {
    http_.Answer(kKeys, Broken(true));
    const absl::Time failed = now_;
    const absl::Duration own_wait = alarm_ - failed;
    directory_.RefetchKeys([](const absl::Status&) {});
    EXPECT_EQ(http_.CountOpen(kKeys), 0);
    EXPECT_EQ(alarm_ - failed, std::min(own_wait, ProviderDirectory::kLeastKeyAge)) << i;
    Ring();
    ASSERT_EQ(http_.CountOpen(kKeys), 1);
  }
}

TEST_F(ProviderDirectoryTest, WhoWaitsForKeysHearsOfAFailureToo) {
  Discover();
  absl::Status heard;
  directory_.RefetchKeys([&heard](const absl::Status& status) { heard = status; });
  http_.Answer(kKeys, Broken(true));
  EXPECT_EQ(heard.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace cibad
