#include "server/http/header_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HeaderListTest, KeepsLinesInTheirOrder) {
  HeaderList headers = {"A: 1", ""};
  headers.Add({"B", ": ", "2"});
  headers.Add({});
  EXPECT_THAT(headers, ElementsAre("A: 1", "", "B: 2", ""));
  EXPECT_EQ(headers.size(), 4u);
  headers.clear();
  EXPECT_THAT(headers, IsEmpty());
  headers.Add({"C: 3"});
  EXPECT_THAT(headers, ElementsAre("C: 3"));
}

// Else one header could hide in another from whoever checks the lines.
TEST(HeaderListTest, ANulDoesNotPartALine) {
  const HeaderList headers = {absl::string_view("A: 1\0B: 2", 9), "C: 3"};
  EXPECT_THAT(headers, ElementsAre(absl::string_view("A: 1\0B: 2", 9), "C: 3"));
  EXPECT_EQ(headers.Find("B"), "");
}

TEST(HeaderListTest, EachLineIsACString) {
  HeaderList headers;
  for (int i = 0; i < 100; ++i) headers.Add({"Name: ", std::string(static_cast<size_t>(i), 'x')});
  const HeaderList moved = std::move(headers);
  for (const absl::string_view line : moved) EXPECT_EQ(std::strlen(line.data()), line.size());
}

TEST(HeaderListTest, FindsTheLastOfANameInAnyCaseWithoutWhiteSpace) {
  const HeaderList headers = {
      "Retry-After: 7",  "X:",      "retry-AFTER:\t 30 ", "Retry-After-All: 9",
      "Retry-After : 5", "no colon"};
  EXPECT_EQ(headers.Find("Retry-After"), "30");
  EXPECT_EQ(headers.Find("x"), "");
  EXPECT_EQ(headers.Find("retry"), "");
  EXPECT_EQ(headers.Find("no colon"), "");
  EXPECT_EQ(HeaderList().Find("a"), "");
}

// What is left on the stack is not wiped, and headers hold credentials.
TEST(HeaderListTest, IsNotMadeWithinItself) {
  const HeaderList headers = {"A: 1"};
  const char* const line = headers[0].data();
  const char* const list = reinterpret_cast<const char*>(&headers);
  EXPECT_TRUE(line < list || line >= list + sizeof headers);
}

}  // namespace
}  // namespace cibad
