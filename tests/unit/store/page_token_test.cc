#include "server/store/page_token.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/escaping.h"

namespace cibad {
namespace {

TEST(PageTokenTest, PositionComesBack) {
  for (const bool unfinished_only : {false, true}) {
    for (const int64_t time : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
      const absl::StatusOr<PagePosition> decoded =
          DecodePageToken(EncodePageToken({unfinished_only, time, "a:b"}));
      ASSERT_TRUE(decoded.ok()) << decoded.status();
      EXPECT_EQ(decoded->unfinished_only, unfinished_only);
      EXPECT_EQ(decoded->create_time, time);
      EXPECT_EQ(decoded->id, "a:b");
    }
  }
}

TEST(PageTokenTest, GarbageIsRefused) {
  const std::string good = EncodePageToken({false, 12, "a"});
  for (const std::string& garbage :
       {std::string(), std::string("x"), std::string("!!!"), good + "A", good.substr(1),
        good + "==", good + "\n", std::string(10'000, 'A'), absl::WebSafeBase64Escape("all"),
        absl::WebSafeBase64Escape("all:12"), absl::WebSafeBase64Escape("all:12:"),
        absl::WebSafeBase64Escape("some:12:a"), absl::WebSafeBase64Escape("all: 12:a"),
        absl::WebSafeBase64Escape("all:+12:a"),
        absl::WebSafeBase64Escape("all:99999999999999999999:a"),
        absl::WebSafeBase64Escape("all:x:a")}) {
    EXPECT_EQ(DecodePageToken(garbage).status().code(), absl::StatusCode::kInvalidArgument)
        << garbage;
  }
}

}  // namespace
}  // namespace cibad
