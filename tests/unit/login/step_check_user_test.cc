// STARTING where the sales unit has it asked first whether the customer has an account.

#include <variant>
#include <vector>

#include "server/login/new_login.h"
#include "server/login/step.h"
#include "tests/unit/login/login_fixture.h"

namespace cibad {
namespace {

TEST(CheckUser, IsNotAskedForUnlessTheSalesUnitWantsIt) {
  EXPECT_FALSE(Asking().Sends<CheckUser>());
  EXPECT_TRUE(Asking().Sends<SendBackchannelRequest>());
}

TEST(CheckUser, IsLeftOutForACustomerWithoutAPhoneNumber) {
  LoginRequest request;
  request.customer_token = "token";
  const Login login = NewLogin("1", request, Handling{.check_user = true}, kStartTime);
  const Transition transition = Step(login, Accepted{}, kStartTime);
  EXPECT_TRUE(std::holds_alternative<SendBackchannelRequest>(transition.commands.front()));
}

TEST(CheckUser, ComesBeforeThePush) {
  const Course course = Checking();
  EXPECT_TRUE(course.Sends<CheckUser>());
  EXPECT_FALSE(course.Sends<SendBackchannelRequest>());
  EXPECT_EQ(course.login().state, LoginState::kStarting);
}

TEST(CheckUser, ANoEndsTheLoginAndNobodyIsAsked) {
  const Course course = Checking().Fire(UserChecked{UserExists{false}});
  EXPECT_EQ(course.login().state, LoginState::kFailed);
  EXPECT_EQ(course.login().failure->reason, FailureReason::kInvalidUser);
  EXPECT_TRUE(course.SendsNothing());
}

TEST(CheckUser, AYesLetsTheCustomerBeAskedOnce) {
  Course course = Checking().Fire(UserChecked{UserExists{true}});
  EXPECT_TRUE(course.Sends<SendBackchannelRequest>());
  course.Fire(UserChecked{UserExists{true}});
  EXPECT_TRUE(course.SendsNothing());
  course.Fire(UserChecked{UserExists{false}});
  EXPECT_EQ(course.login().state, LoginState::kStarting) << "an answer that comes twice";
  course.Acknowledge();
  EXPECT_EQ(course.login().state, LoginState::kPending);
}

TEST(CheckUser, ItsTroubleDoesNotKeepTheCustomerOut) {
  const std::vector<Outcome<UserExists>> troubles = {
      InvalidAnswer{},
      NeverLeft(),
      BrokenOff(),
      OutOfOrder(absl::Seconds(60)),
      TooManyRequests(absl::Seconds(60)),
      ProviderError{401, "invalid_client", "", std::nullopt},
      ProviderError{400, "unknown_user_id", "", std::nullopt},
  };
  for (const Outcome<UserExists>& trouble : troubles) {
    const Course course = Checking().Fire(UserChecked{trouble});
    EXPECT_TRUE(course.Sends<SendBackchannelRequest>()) << trouble.index();
  }
}

TEST(CheckUser, IsNotRepeatedWhenThePushCouldNotBeSent) {
  Course course = Checking().Fire(UserChecked{UserExists{true}});
  course.Fire(BackchannelAnswered{NeverLeft()}).Wake();
  EXPECT_TRUE(course.Sends<SendBackchannelRequest>());
  EXPECT_FALSE(course.Sends<CheckUser>());
}

TEST(CheckUser, ThatIsNotAnsweredEndsTheStartInTime) {
  Course course = Checking();
  EXPECT_EQ(course.Waits(), absl::Seconds(30));
  course.Wake();
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderUnavailable);
}

TEST(CheckUser, ThatIsAnsweredTooLateIsFollowedByNoPush) {
  const Course course = Checking().After(absl::Seconds(31)).Fire(UserChecked{UserExists{true}});
  EXPECT_TRUE(course.SendsNothing());
  EXPECT_EQ(course.login().failure->reason, FailureReason::kProviderUnavailable);
}

TEST(CheckUser, ThatACrashInterruptedEndsLikeEveryInterruptedStart) {
  const Course course = Checking().Fire(Recovered{});
  EXPECT_EQ(course.login().failure->reason, FailureReason::kInterrupted);
}

}  // namespace
}  // namespace cibad
