#include "client/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cibad {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kAddress[] = "unix:/run/x.sock";

Problem Explained(absl::StatusCode code, const char* message,
                  Contact contact = Contact::kAnswered) {
  return Explain({absl::Status(code, message), contact}, kAddress);
}

TEST(ProblemTest, ADaemonThatIsNotThereIsNamedWithTheReasonAndWhatToDo) {
  const Problem problem = Explained(
      absl::StatusCode::kUnavailable,
      "failed to connect to all addresses; last error: UNKNOWN: unix:/run/x.sock: No such file or "
      "directory",
      Contact::kNone);
  EXPECT_EQ(problem.message, "cannot reach cibad at unix:/run/x.sock: No such file or directory");
  EXPECT_THAT(problem.hint, HasSubstr("systemctl status cibad"));
  EXPECT_THAT(problem.hint, HasSubstr("--server"));
  EXPECT_EQ(problem.code, "UNAVAILABLE");
  EXPECT_EQ(problem.exit_code, 1);
}

TEST(ProblemTest, ASocketThatMayNotBeOpenedLeadsToItsGroup) {
  EXPECT_THAT(Explained(absl::StatusCode::kUnavailable, "last error: UNKNOWN: x: Permission denied",
                        Contact::kNone)
                  .hint,
              HasSubstr("group"));
}

TEST(ProblemTest, AFailedHandshakeLeadsToTheFileOrAddressAtFault) {
  const auto hint = [](const char* message) {
    return Explained(absl::StatusCode::kUnavailable, message, Contact::kNone).hint;
  };
  EXPECT_THAT(hint("Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL "
                   "routines::certificate verify failed"),
              HasSubstr("--ca-file"));
  EXPECT_THAT(hint("Ssl handshake failed: SSL_ERROR_SSL: error:0A00010B:SSL routines::wrong "
                   "version number"),
              HasSubstr("does not speak TLS"));
  EXPECT_THAT(hint("last error: UNKNOWN: Peer name other.example is not in peer certificate"),
              HasSubstr("another name"));
  EXPECT_THAT(hint("Socket closed"), HasSubstr("If it has refused your certificate"));
}

TEST(ProblemTest, WhoIsNobodyReadsHowToSayWhoTheyAre) {
  const Problem problem =
      Explained(absl::StatusCode::kUnauthenticated, "the call proves no caller");
  EXPECT_EQ(problem.message, "the call proves no caller");
  EXPECT_EQ(problem.code, "UNAUTHENTICATED");
  EXPECT_THAT(problem.hint, HasSubstr("--token-file"));
}

TEST(ProblemTest, TheDaemonsOwnUnavailableIsNotToldAsAMissingDaemon) {
  const Problem problem =
      Explained(absl::StatusCode::kUnavailable, "the provider is not reachable");
  EXPECT_EQ(problem.message, "cibad cannot do it now: the provider is not reachable");
  EXPECT_THAT(problem.hint, Not(HasSubstr("--server")));
}

TEST(ProblemTest, AWrongArgumentIsUsage) {
  const Problem problem =
      Explained(absl::StatusCode::kInvalidArgument, "phone_number: not a number");
  EXPECT_EQ(problem.exit_code, 2);
  EXPECT_EQ(problem.message, "phone_number: not a number");
}

TEST(ProblemTest, OtherAnswersAreErrorsThatSayWhatToDo) {
  EXPECT_EQ(Explained(absl::StatusCode::kNotFound, "no such login").exit_code, 1);
  EXPECT_THAT(Explained(absl::StatusCode::kNotFound, "no such login").hint,
              HasSubstr("cibactl list"));
  EXPECT_THAT(Explained(absl::StatusCode::kUnimplemented, "").message,
              HasSubstr("does not know this call"));
  EXPECT_THAT(Explained(absl::StatusCode::kUnimplemented, "").hint, HasSubstr("as new as"));
  EXPECT_THAT(Explained(absl::StatusCode::kDeadlineExceeded, "").message,
              HasSubstr("did not answer within 10s"));
  EXPECT_THAT(Explained(absl::StatusCode::kAlreadyExists, "used").hint, HasSubstr("--request-id"));
  EXPECT_EQ(Explained(absl::StatusCode::kInternal, "oops").message,
            "cibad answered INTERNAL: oops");
}

}  // namespace
}  // namespace cibad
