#include "server/login/secret.h"

#include <gmock/gmock.h>

#include <cstring>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kShort[] = "hunter2";  // lies in the string itself
constexpr char kLong[] = "a secret that is too long to lie in the string itself";

// ---- What must not compile does not.

template <typename T, typename = void>
constexpr bool kCanBeStreamed = false;
template <typename T>
constexpr bool kCanBeStreamed<
    T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const T&>())>> = true;

static_assert(kCanBeStreamed<std::string> && !kCanBeStreamed<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, absl::string_view>);
static_assert(!std::is_convertible_v<Secret, absl::AlphaNum>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<Secret, bool>);

TEST(Secret, GivesItsTextToWhoAsksForItByName) {
  EXPECT_EQ(Secret(kShort).Reveal(), kShort);
  EXPECT_EQ(Secret(kLong).Reveal(), kLong);
  EXPECT_FALSE(Secret(kShort).empty());
  for (const Secret& none : {Secret(), Secret(""), Secret::Take("")}) {
    EXPECT_TRUE(none.empty());
    EXPECT_EQ(none.Reveal(), "");
  }
}

TEST(Secret, IsTheSameAsOneOfTheSameText) {
  EXPECT_EQ(Secret(kShort), Secret(kShort));
  EXPECT_EQ(Secret(), Secret(""));
  EXPECT_NE(Secret(kShort), Secret("hunter3"));
  EXPECT_NE(Secret(kShort), Secret("Hunter2"));
  EXPECT_NE(Secret(kShort), Secret("hunter"));
  EXPECT_NE(Secret(kShort), Secret());
}

TEST(Secret, OfWhichThereAreCopiesStandsInOnePlace) {
  const Secret secret(kShort);
  const Secret copy = secret;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(secret.Reveal().data(), copy.Reveal().data());
  Secret moved = copy;
  const Secret taken = std::move(moved);
  EXPECT_EQ(taken.Reveal().data(), secret.Reveal().data());
  EXPECT_EQ(copy, taken);
}

TEST(Secret, TakesATextAndLeavesNothingOfIt) {
  for (const char* text : {kShort, kLong}) {
    std::string given = text;
    const char* const bytes = given.data();
    EXPECT_EQ(Secret::Take(std::move(given)).Reveal(), text);
    EXPECT_TRUE(given.empty());  // NOLINT(bugprone-use-after-move): that is what is asked
    EXPECT_EQ(given.data(), bytes);
    for (size_t i = 0; i < std::strlen(text); ++i) EXPECT_EQ(bytes[i], '\0') << text;
  }
}

// The object itself holds no byte of the text, however short that is: nothing is left behind where
// it is moved from, and nothing is shown where its bytes are.
TEST(Secret, HasNothingOfTheTextInItself) {
  alignas(Secret) unsigned char room[sizeof(Secret)];
  auto* const secret = new (room) Secret(kShort);
  const std::string bytes(reinterpret_cast<const char*>(room), sizeof room);
  EXPECT_THAT(bytes, Not(HasSubstr(absl::string_view(kShort).substr(0, 4))));
  EXPECT_THAT(testing::PrintToString(*secret), Not(HasSubstr(kShort)));
  secret->~Secret();
}

TEST(WipeText, OverwritesWhatLiesBehindTheEndToo) {
  std::string text = kLong;
  text.resize(3);
  const char* const bytes = text.data();
  WipeText(text);
  EXPECT_TRUE(text.empty());
  ASSERT_EQ(text.data(), bytes);
  for (size_t i = 0; i < std::strlen(kLong); ++i) EXPECT_EQ(bytes[i], '\0') << i;
}

TEST(EqualInConstantTime, LooksAtEveryByte) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime(kLong, kLong));
  EXPECT_FALSE(EqualInConstantTime(kLong, kShort));
  for (size_t i = 0; i < std::strlen(kLong); ++i) {
    std::string other = kLong;
    other[i] = static_cast<char>(other[i] ^ '\x80');
    EXPECT_FALSE(EqualInConstantTime(kLong, other)) << i;
  }
}

}  // namespace
}  // namespace cibad
