#include "server/provider/response_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace cibad {
namespace {

HttpResponse With(const std::string& name, const std::string& value) {
  HttpResponse response;
  response.headers.Add({name, ": ", value});
  return response;
}

absl::Duration Fresh(const std::string& cache_control) {
  return FreshFor(With("cache-control", cache_control));
}

TEST(FreshFor, FollowsMaxAge) {
  EXPECT_EQ(Fresh("max-age=3600"), absl::Hours(1));
  EXPECT_EQ(Fresh("public, Max-Age=120, must-revalidate"), absl::Minutes(2));
  EXPECT_EQ(Fresh("max-age=\"300\""), absl::Minutes(5));
}

TEST(FreshFor, TakesOffTheTimeSpentInCaches) {
  HttpResponse response = With("cache-control", "max-age=3600");
  response.headers.Add({"age: 600"});
  EXPECT_EQ(FreshFor(response), absl::Minutes(50));
}

TEST(FreshFor, IsAMinuteWhereKeepingIsForbidden) {
  EXPECT_EQ(Fresh("no-store"), absl::Minutes(1));
  EXPECT_EQ(Fresh("max-age=3600, No-Cache"), absl::Minutes(1));
}

TEST(FreshFor, IsBetweenAMinuteAndADay) {
  EXPECT_EQ(Fresh("max-age=0"), absl::Minutes(1));
  EXPECT_EQ(Fresh("max-age=59"), absl::Minutes(1));
  EXPECT_EQ(Fresh("max-age=31536000"), absl::Hours(24));
  EXPECT_EQ(Fresh("max-age=99999999999999999999999999"), absl::Hours(24));
}

TEST(FreshFor, IsAMinuteWhereTheAgeCannotBeUnderstood) {
  EXPECT_EQ(Fresh("max-age=soon"), absl::Minutes(1));
  EXPECT_EQ(Fresh("max-age=-1"), absl::Minutes(1));
  EXPECT_EQ(Fresh("max-age="), absl::Minutes(1));
}

TEST(FreshFor, IsAnHourWhereNothingIsSaid) {
  EXPECT_EQ(FreshFor(HttpResponse{}), absl::Hours(1));
  EXPECT_EQ(Fresh("public"), absl::Hours(1));
}

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(RetryAfter(With("retry-after", " 30 ")), absl::Seconds(30));
  EXPECT_EQ(RetryAfter(With("retry-after", "0")), absl::ZeroDuration());
}

TEST(RetryAfter, ReadsADateRelativeToTheAnswersOwn) {
  HttpResponse response = With("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT");
  EXPECT_EQ(RetryAfter(response), std::nullopt);
  response.headers.Add({"date: Wed, 21 Oct 2015 07:26:30 GMT"});
  EXPECT_EQ(RetryAfter(response), absl::Seconds(90));
  response.headers.Add({"date: Wed, 21 Oct 2015 07:29:00 GMT"});
  EXPECT_EQ(RetryAfter(response), absl::ZeroDuration());
}

TEST(RetryAfter, UnderstandsTheDatesOfOldAsRfc9110Wants) {
  HttpResponse response = With("date", "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const char* later : {"Sunday, 06-Nov-94 08:50:37 GMT", "Sun Nov  6 08:50:37 1994"}) {
    response.headers.Add({"retry-after: ", later});
    EXPECT_EQ(RetryAfter(response), absl::Seconds(60)) << later;
  }
}

TEST(RetryAfter, IsAtMostADay) {
  EXPECT_EQ(RetryAfter(With("retry-after", "99999999999999999999")), absl::Hours(24));
  EXPECT_EQ(RetryAfter(With("retry-after", "86401")), absl::Hours(24));
}

TEST(RetryAfter, IgnoresWhatItCannotRead) {
  for (const char* value : {"", "-1", "1.5", "soon", "1 2", "\xFF"}) {
    EXPECT_EQ(RetryAfter(With("retry-after", value)), std::nullopt) << value;
  }
  EXPECT_EQ(RetryAfter(HttpResponse{}), std::nullopt);
}

}  // namespace
}  // namespace cibad
