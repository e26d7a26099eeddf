#include "server/login/shared.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cibad {
namespace {

TEST(Shared, IsAnEmptyValueUntilItHasOne) {
  const Shared<std::string> shared;
  EXPECT_EQ(*shared, "");
  EXPECT_EQ(shared, Shared<std::string>(""));
  EXPECT_EQ(&*shared, &*Shared<std::string>("")) << "a default value takes no memory";
}

TEST(Shared, CopiesHaveTheSameValueInOnePlace) {
  const Shared<std::string> one(std::string("the till's request"));
  const std::vector<Shared<std::string>> copies(2, one);
  EXPECT_EQ(*copies.front(), "the till's request");
  EXPECT_EQ(&*copies.front(), &*one);
  EXPECT_EQ(&*copies.back(), &*one);
}

TEST(Shared, EditingOneLeavesItsCopiesAsTheyWere) {
  Shared<std::string> one(std::string("before"));
  const Shared<std::string> copy = one;
  one.Edit() += " and after";
  EXPECT_EQ(*one, "before and after");
  EXPECT_EQ(*copy, "before");
  Shared<std::string> empty;
  empty.Edit() = "no longer";
  EXPECT_EQ(*Shared<std::string>(), "");
}

TEST(Shared, IsComparedAsTheValueWhereverThatIs) {
  const Shared<std::string> one(std::string("a"));
  EXPECT_EQ(one, Shared<std::string>(std::string("a")));
  EXPECT_NE(one, Shared<std::string>(std::string("b")));
  EXPECT_NE(one, Shared<std::string>());
}

}  // namespace
}  // namespace cibad
