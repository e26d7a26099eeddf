#include "tests/sandbox/form.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace cibad {
namespace {

using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(FormTest, ReadsNamesAndValues) {
  const auto form = ParseForm("scope=openid+name&login_hint=urn%3Amsisdn%3A4740000000&state=");
  ASSERT_TRUE(form.ok()) << form.status();
  EXPECT_THAT(*form,
              UnorderedElementsAre(Pair("scope", "openid name"),
                                   Pair("login_hint", "urn:msisdn:4740000000"), Pair("state", "")));
}

TEST(FormTest, ReadsUtf8) {
  const auto form = ParseForm("name=%C3%85se");
  ASSERT_TRUE(form.ok()) << form.status();
  EXPECT_EQ(FormValue(*form, "name"), "Åse");
}

TEST(FormTest, TakesAnEmptyBodyForAFormOfNothing) {
  const auto form = ParseForm("");
  ASSERT_TRUE(form.ok()) << form.status();
  EXPECT_TRUE(form->empty());
}

TEST(FormTest, HasNoValueForWhatIsAbsent) { EXPECT_EQ(FormValue({}, "scope"), ""); }

class BadFormTest : public ::testing::TestWithParam<const char*> {};

TEST_P(BadFormTest, IsRefused) { EXPECT_FALSE(ParseForm(GetParam()).ok()); }

INSTANTIATE_TEST_SUITE_P(Forms, BadFormTest,
                         ::testing::Values("scope=openid&scope=name",    // twice
                                           "scope=openid&sc%6Fpe=name",  // twice, one escaped
                                           "scope",                      // no value
                                           "=openid",                    // no name
                                           "scope=openid&",              // nothing at the end
                                           "login_hint=urn:msisdn:47",   // colon not escaped
                                           "scope=openid name",          // space not escaped
                                           "scope=a%2", "scope=a%", "scope=%zz",  // broken escapes
                                           "name=%C3%28",                         // not UTF-8
                                           "name=%C0%AF",                         // overlong UTF-8
                                           "name=%F8%80%80%80",  // no such sequence
                                           "name=%C3",           // cut UTF-8
                                           "name=\xC3\x85se",    // bytes not escaped
                                           "a=b=c"));            // equals sign not escaped

TEST(FormTest, RefusesMoreThan32Parameters) {
  std::string body = "p0=x";
  for (int i = 1; i < 32; ++i) absl::StrAppend(&body, "&p", i, "=x");
  EXPECT_TRUE(ParseForm(body).ok());
  EXPECT_FALSE(ParseForm(body + "&p32=x").ok());
}

}  // namespace
}  // namespace cibad
