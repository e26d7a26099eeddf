// Whatever happens in whatever state: Course::Fire checks the promises of every step
// (transition_promises.h), here for every event in every phase, and once more after each.

#include <string>
#include <vector>

#include "server/login/step.h"
#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

std::vector<Course> Unfinished() {
  return {
      Course(),
      Course({.check_user = true}),
      Checking(),
      Checking().Fire(UserChecked{OutOfOrder()}),
      Asking(),
      Asking().Fire(BackchannelAnswered{NeverLeft()}),
      Waiting(),
      Polling(),
      Course({.ping_fallback = absl::Seconds(30)}).Fire(Accepted{}).Acknowledge().Wake(),
      Course({.ping_fallback = absl::Seconds(30)})
          .Fire(Accepted{})
          .Acknowledge()
          .Wake()
          .AnswerTokenError("authorization_pending"),
      Polling().AnswerToken(BrokenOff()),
      Polling().AnswerTokenError("slow_down"),
      Waiting().Fire(Recovered{}),
      Proving(),
      Proving().Fire(IdTokenChecked{OutOfOrder()}),
      Fetching(),
      Fetching().AnswerProfile(OutOfOrder()),
      AwaitingCode(),
      Exchanging(),
      Exchanging().AnswerToken(NeverLeft()),
      Exchanging().AnswerToken(Tokens300s()),
  };
}

std::vector<Course> Ended() {
  return {
      Fetching().AnswerProfile(CustomerProfile()),
      Polling().AnswerTokenError("access_denied"),
      Polling().AnswerTokenError("expired_token"),
      Polling().Fire(CancelRequested{}),
      Asking().Fire(BackchannelAnswered{BrokenOff()}),
      Proving().Fire(IdTokenChecked{RefusedIdToken{"exp"}}),
      Fetching().AnswerProfile(CustomerProfile("somebody-else")),
      Exchanging().AnswerToken(BrokenOff()),
      AwaitingCode().Wake(),
  };
}

std::vector<Event> EveryEvent() {
  std::vector<Event> events = {
      Accepted{},
      Recovered{},
      Woken{},
      CancelRequested{},
      UserChecked{UserExists{true}},
      UserChecked{UserExists{false}},
      UserChecked{BrokenOff()},
      CodeReceived{"code-1"},
      CodeReceived{"code-2"},
      CodeRefused{ProviderError{0, "access_denied", "", std::nullopt}},
      Pinged{},
      BackchannelAnswered{Acknowledgement{"another-auth-req-id", kExpiresIn, kInterval}},
      BackchannelAnswered{InvalidAnswer{}},
      TokenRequestAnswered{Tokens300s()},
      TokenRequestAnswered{InvalidAnswer{}},
      IdTokenChecked{AcceptedIdToken{kSubject}},
      IdTokenChecked{RefusedIdToken{}},
      ProfileAnswered{CustomerProfile()},
      ProfileAnswered{CustomerProfile("somebody-else")},
      ProfileAnswered{InvalidAnswer{}},
  };
  for (const char* code :
       {"authorization_pending", "slow_down", "access_denied", "invalid_grant"}) {
    const ProviderError error{400, code, "", std::nullopt};
    events.insert(events.end(), {BackchannelAnswered{error}, TokenRequestAnswered{error},
                                 ProfileAnswered{error}});
  }
  for (const NoAnswer& none : {NeverLeft(), BrokenOff(), OutOfOrder(absl::Seconds(7))}) {
    events.insert(events.end(), {BackchannelAnswered{none}, TokenRequestAnswered{none},
                                 IdTokenChecked{none}, ProfileAnswered{none}});
  }
  return events;
}

TEST(EveryState, KeepsItsPromisesWhateverTwoEventsHappen) {
  const absl::Duration delays[] = {absl::ZeroDuration(), absl::Seconds(6), absl::Hours(2)};
  for (const Course& start : Unfinished()) {
    for (const Event& first : EveryEvent()) {
      for (const Event& second : EveryEvent()) {
        for (const absl::Duration delay : delays) {
          Course course = start;
          course.After(delay).Fire(first).After(delay).Fire(second);
        }
      }
    }
  }
}

TEST(EveryState, AnEndIsFinalWhateverHappens) {
  for (const Course& end : Ended()) {
    ASSERT_TRUE(HasEnded(end.login().state));
    for (const Event& event : EveryEvent()) {
      Course course = end;
      course.After(absl::Seconds(1)).Fire(event);
      EXPECT_EQ(course.login(), end.login());
      EXPECT_TRUE(course.SendsNothing());
      EXPECT_EQ(course.WakeTime(), std::nullopt);
    }
  }
}

TEST(EveryState, TheTillCanCancelUntilTheEnd) {
  for (Course course : Unfinished()) {
    course.Fire(CancelRequested{});
    EXPECT_EQ(course.login().state, LoginState::kCancelled);
  }
}

TEST(EveryState, EndsWithoutAnyAnswerOnceItsRequestGivesUp) {
  for (Course course : Unfinished()) {
    course.Fire(Accepted{});  // which the first of them still wait for
    for (int i = 0; i < 1000 && !HasEnded(course.login().state); ++i) {
      if (course.Waits() < absl::InfiniteDuration()) {
        course.Wake();
      } else {  // a backchannel or token request under way, which is heard out
        course.After(absl::Seconds(35)).Fire(BackchannelAnswered{BrokenOff()});
        course.AnswerToken(BrokenOff());
      }
    }
    EXPECT_TRUE(HasEnded(course.login().state));
  }
}

TEST(EveryState, AnAnswerThatIsNotAwaitedChangesNothing) {
  const Event answers[] = {
      UserChecked{UserExists{false}},
      BackchannelAnswered{Acknowledgement{"another-auth-req-id", kExpiresIn, kInterval}},
      TokenRequestAnswered{Tokens300s()}, IdTokenChecked{AcceptedIdToken{"somebody-else"}},
      ProfileAnswered{CustomerProfile()}};
  for (Course course :
       {Course(), Waiting(), Asking().Fire(BackchannelAnswered{NeverLeft()}),
        Polling().AnswerToken(BrokenOff()), Proving().Fire(IdTokenChecked{OutOfOrder()}),
        Fetching().AnswerProfile(OutOfOrder()), AwaitingCode(),
        Exchanging().AnswerToken(NeverLeft())}) {
    for (const Event& answer : answers) {
      const Login before = course.login();
      course.Fire(answer);
      EXPECT_EQ(course.login(), before);
    }
  }
}

TEST(EveryState, AWakeUpTooManyDoesNoHarm) {
  for (const Course& start : Unfinished()) {
    Course course = start;
    const auto before = course.login();
    course.Fire(Woken{}).Fire(Woken{});
    EXPECT_EQ(course.login(), before);
    EXPECT_TRUE(course.SendsNothing());
  }
}

TEST(EveryState, StepIsAFunctionOfItsArgumentsAlone) {
  for (const Course& course : Unfinished()) {
    for (const Event& event : EveryEvent()) {
      const Transition one = Step(course.login(), event, course.now());
      const Transition other = Step(course.login(), event, course.now());
      EXPECT_EQ(one.login, other.login);
      EXPECT_EQ(one.commands.size(), other.commands.size());
    }
  }
}

}  // namespace
}  // namespace cibad
