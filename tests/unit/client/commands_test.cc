// The commands with simulated time and a simulated daemon.

#include "client/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/exit_code.h"
#include "client/webhook_commands.h"
#include "tests/unit/client/sample_login.h"

namespace cibad {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

CallResult Error(absl::StatusCode code, Contact contact, const char* message = "because") {
  return {absl::Status(code, message), contact};
}

const CallResult kRefused = Error(absl::StatusCode::kUnavailable, Contact::kNone, "x: refused");
const CallResult kBroken = Error(absl::StatusCode::kUnavailable, Contact::kBroken);

// Plays daemon, clock and keyboard: what is planned happens at its time, and the n-th call of a
// kind gets the n-th thing planned for it, or no answer.
class Simulation : public Daemon, public EventSource {
 public:
  void At(absl::Duration time, Event event) { planned_.emplace(start_ + time, std::move(event)); }
  void Answer(const std::string& call, std::vector<Event> events) {
    answers_[call].push_back(std::move(events));
  }
  // What every further call of this kind gets.
  void AnswerAlways(const std::string& call, Event event) {
    always_.emplace(call, std::move(event));
  }

  absl::Duration elapsed() const { return now_ - start_; }
  int count(const std::string& call) const {
    return static_cast<int>(std::count(calls.begin(), calls.end(), call));
  }

  void StartLogin(const v1::StartLoginRequest& request) override {
    request_ids.push_back(request.request_id());
    Called("start");
  }
  void GetLogin(const std::string& /*id*/) override { Called("get"); }
  void CancelLogin(const std::string& /*id*/) override { Called("cancel"); }
  void CompleteLogin(const v1::CompleteLoginRequest& /*request*/) override { Called("complete"); }
  void AcknowledgeLogin(const std::string& /*id*/) override { Called("acknowledge"); }
  void CheckUser(const v1::CheckUserRequest& /*request*/) override { Called("check"); }
  void ListLogins(const v1::ListLoginsRequest& request) override {
    pages.push_back(absl::StrCat(request.page_size(), "/", request.page_token()));
    Called("list");
  }
  void RegisterWebhook(const v1::RegisterWebhookRequest& request) override {
    Called("register " + request.url());
  }
  void ListWebhooks(const v1::ListWebhooksRequest& /*request*/) override { Called("webhooks"); }
  void DeleteWebhook(const v1::DeleteWebhookRequest& request) override {
    Called("delete " + request.id());
  }
  void WatchLogin(const std::string& /*id*/) override { Called("watch"); }

  absl::Time Now() override { return now_; }
  Event Next(absl::Time until) override {
    if (!planned_.empty() && planned_.begin()->first <= until) {
      now_ = std::max(now_, planned_.begin()->first);
      Event event = std::move(planned_.begin()->second);
      planned_.erase(planned_.begin());
      return event;
    }
    if (until == absl::InfiniteFuture()) {
      std::fputs("the command waits for something that never comes\n", stderr);
      std::abort();
    }
    now_ = until;
    return TimeCame{};
  }
  void StopUntilContinued() override { calls.push_back("stop"); }

  std::vector<std::string> calls;
  std::vector<std::string> request_ids;
  std::vector<std::string> pages;

 private:
  void Called(const std::string& call) {
    calls.push_back(call);
    auto& answers = answers_[call];
    if (!answers.empty()) {
      for (Event& event : answers.front()) planned_.emplace(now_, std::move(event));
      answers.pop_front();
    } else if (const auto always = always_.find(call); always != always_.end()) {
      planned_.emplace(now_, always->second);
    }
  }

  const absl::Time start_ = absl::FromUnixSeconds(kSampleStart);
  absl::Time now_ = start_;
  std::multimap<absl::Time, Event> planned_;
  std::map<std::string, std::deque<std::vector<Event>>> answers_;
  std::map<std::string, Event> always_;
};

class RecordingDisplay : public Display {
 public:
  explicit RecordingDisplay(bool counts_down) : counts_down_(counts_down) {}

  void ShowState(const v1::Login& login, std::optional<TimeLeft> /*time_left*/) override {
    states.push_back(v1::Login::State_Name(login.state()));
  }
  bool CountsDown() const override { return counts_down_; }
  void ShowTimeLeft(const TimeLeft& time_left) override { ticks.push_back(time_left.left); }
  void ShowNote(const std::string& note) override { notes.push_back(note); }
  void ShowCancelling() override { notes.push_back("cancelling"); }
  void ShowProblem(const Problem& problem) override { problems.push_back(problem); }
  void ShowLogin(const v1::Login& login) override { shown.push_back(login.id()); }
  void ShowUser(const v1::CheckUserResponse& user) override {
    shown.push_back(user.exists() ? "yes" : "no");
  }
  void ShowList(const std::vector<v1::Login>& logins, bool more) override {
    shown.push_back(absl::StrCat(logins.size(), more ? " and more" : ""));
  }
  void ShowAnswer(const google::protobuf::Message& message,
                  const std::vector<std::string>& fields) override {
    shown.push_back(absl::StrCat(absl::StrJoin(fields, " "), " ", message.ShortDebugString()));
  }
  void Suspend() override { notes.push_back("suspend"); }
  void Resume() override { notes.push_back("resume"); }
  void Resized() override { notes.push_back("resized"); }

  std::vector<std::string> states, notes, shown;
  std::vector<absl::Duration> ticks;
  std::vector<Problem> problems;

 private:
  const bool counts_down_;
};

class CommandsTest : public testing::Test {
 protected:
  int Login() {
    v1::StartLoginRequest request;
    request.set_request_id("request");
    return RunLogin(session_, request);
  }
  void Starts() { world_.Answer("start", {Started()}); }

  static Event Started() { return LoginAnswer{{}, SampleLogin(v1::Login::STARTING)}; }
  static Event Is(v1::Login::State state) { return WatchUpdate{SampleLogin(state)}; }
  static Event Cancelled(v1::Login::State state = v1::Login::CANCELLED) {
    return LoginAnswer{{}, SampleLogin(state)};
  }

  Simulation world_;
  RecordingDisplay display_{/*counts_down=*/false};
  Session session_{world_, world_, display_, "unix:/x", absl::Seconds(60)};
};

TEST_F(CommandsTest, LoginShowsEveryStateOnceAndEndsWithTheLogin) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::STARTING), Is(v1::Login::PENDING), Is(v1::Login::PENDING),
                          Is(v1::Login::CONFIRMED), Is(v1::Login::COMPLETED)});
  EXPECT_EQ(Login(), 0);
  EXPECT_THAT(display_.states, ElementsAre("STARTING", "PENDING", "CONFIRMED", "COMPLETED"));
  EXPECT_THAT(display_.notes, IsEmpty());
}

class OutcomeTest : public CommandsTest,
                    public testing::WithParamInterface<std::pair<v1::Login::State, int>> {};

TEST_P(OutcomeTest, DecidesTheExitCode) {
  world_.Answer("watch", {Is(GetParam().first)});
  EXPECT_EQ(RunWatch(session_, "01"), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(
    Ends, OutcomeTest,
    testing::Values(std::pair(v1::Login::COMPLETED, 0), std::pair(v1::Login::DENIED, 3),
                    std::pair(v1::Login::EXPIRED, 4), std::pair(v1::Login::CANCELLED, 5),
                    std::pair(v1::Login::FAILED, 6)),
    [](const auto& login) { return v1::Login::State_Name(login.param.first); });

TEST_F(CommandsTest, AStartThatHasEndedAlreadyIsNotWatched) {
  world_.Answer("start", {LoginAnswer{{}, SampleLogin(v1::Login::DENIED)}});
  EXPECT_EQ(Login(), 3);
  EXPECT_THAT(world_.calls, ElementsAre("start"));
}

TEST_F(CommandsTest, ADaemonThatWasNeverThereIsReportedAtOnce) {
  world_.Answer("start", {LoginAnswer{kRefused, {}}});
  EXPECT_EQ(Login(), 1);
  EXPECT_THAT(world_.calls, ElementsAre("start"));
  EXPECT_EQ(world_.elapsed(), absl::ZeroDuration());

  world_.Answer("watch", {WatchEnded{kRefused}});
  EXPECT_EQ(RunWatch(session_, "01"), 1);
  EXPECT_EQ(world_.count("watch"), 1);
}

TEST_F(CommandsTest, AStartThatBrokeOffIsRepeatedWithTheSameRequestId) {
  world_.Answer("start", {LoginAnswer{kBroken, {}}});
  world_.Answer("start", {LoginAnswer{kRefused, {}}});
  Starts();
  world_.Answer("watch", {Is(v1::Login::COMPLETED)});
  EXPECT_EQ(Login(), 0);
  EXPECT_THAT(world_.request_ids, ElementsAre("request", "request", "request"));
  EXPECT_THAT(display_.notes, SizeIs(1));
}

// gRPC drops a call that reaches a stopping daemon as CANCELLED, and has more words for what broke.
TEST_F(CommandsTest, AStartThatBrokeOffIsRepeatedWhateverGrpcCallsIt) {
  for (const absl::StatusCode code :
       {absl::StatusCode::kCancelled, absl::StatusCode::kUnknown, absl::StatusCode::kInternal,
        absl::StatusCode::kAborted, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kResourceExhausted}) {
    world_.request_ids.clear();
    world_.Answer("start", {LoginAnswer{Error(code, Contact::kAnswered), {}}});
    Starts();
    world_.Answer("watch", {Is(v1::Login::COMPLETED)});
    EXPECT_EQ(Login(), 0) << code;
    EXPECT_THAT(world_.request_ids, ElementsAre("request", "request")) << code;
  }
}

TEST_F(CommandsTest, AStartForWhichTheDaemonIsNotReadyIsRepeatedAndSaysWhy) {
  world_.Answer("start", {LoginAnswer{Error(absl::StatusCode::kUnavailable, Contact::kAnswered,
                                            "the provider is not reachable yet"),
                                      {}}});
  Starts();
  world_.Answer("watch", {Is(v1::Login::COMPLETED)});
  EXPECT_EQ(Login(), 0);
  EXPECT_THAT(display_.notes, ElementsAre(HasSubstr("the provider is not reachable yet")));
}

TEST_F(CommandsTest, AStartIsGivenUpAfterTheTimeForRetries) {
  world_.AnswerAlways("start", LoginAnswer{kBroken, {}});
  EXPECT_EQ(Login(), 1);
  EXPECT_EQ(world_.elapsed(), absl::Seconds(60));
  ASSERT_THAT(display_.problems, SizeIs(1));
  EXPECT_THAT(display_.problems[0].hint, HasSubstr("--request-id request"));
}

TEST_F(CommandsTest, AStartThatIsRefusedIsNotRepeated) {
  world_.Answer("start",
                {LoginAnswer{Error(absl::StatusCode::kInvalidArgument, Contact::kAnswered), {}}});
  EXPECT_EQ(Login(), 2);
  EXPECT_EQ(world_.count("start"), 1);
}

TEST_F(CommandsTest, AStartWithoutAnAnswerSaysThatRepeatingIsSafe) {
  world_.AnswerAlways(
      "start", LoginAnswer{Error(absl::StatusCode::kDeadlineExceeded, Contact::kAnswered), {}});
  EXPECT_EQ(Login(), 1);
  EXPECT_THAT(display_.problems[0].hint, HasSubstr("--request-id request"));
}

TEST_F(CommandsTest, ABrokenWatchIsResumedAndAStateNeverShownTwice) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::PENDING), WatchEnded{kBroken}});
  world_.Answer("watch", {WatchEnded{kRefused}});
  world_.Answer("watch", {WatchEnded{kRefused}});
  world_.Answer("watch", {Is(v1::Login::PENDING), Is(v1::Login::COMPLETED)});
  EXPECT_EQ(Login(), 0);
  EXPECT_THAT(display_.states, ElementsAre("STARTING", "PENDING", "COMPLETED"));
  EXPECT_THAT(display_.notes, ElementsAre(HasSubstr("Lost the connection"), HasSubstr("again")));
  EXPECT_EQ(world_.elapsed(), absl::Milliseconds(250 + 500 + 1000));
}

TEST_F(CommandsTest, AWatchThatEndsBeforeTheLoginDoesIsResumed) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::PENDING), WatchEnded{{}}});
  world_.Answer("watch", {Is(v1::Login::DENIED)});
  EXPECT_EQ(Login(), 3);
}

TEST_F(CommandsTest, AWatchIsGivenUpAfterTheTimeForRetriesWithAWayBack) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::PENDING), WatchEnded{kBroken}});
  world_.AnswerAlways("watch", WatchEnded{kRefused});
  EXPECT_EQ(Login(), 1);
  EXPECT_EQ(world_.elapsed(), absl::Seconds(60));
  EXPECT_THAT(display_.problems[0].hint, HasSubstr("cibactl watch 01SAMPLE"));
}

TEST_F(CommandsTest, AWatchThatHasStoodItsTimeIsRenewedSilently) {
  Starts();
  const CallResult deadline = Error(absl::StatusCode::kDeadlineExceeded, Contact::kAnswered);
  world_.Answer("watch", {Is(v1::Login::PENDING), WatchEnded{deadline}});
  world_.Answer("watch", {Is(v1::Login::PENDING), WatchEnded{deadline}});
  world_.Answer("watch", {Is(v1::Login::EXPIRED)});
  EXPECT_EQ(Login(), 4);
  EXPECT_THAT(display_.notes, IsEmpty());
}

TEST_F(CommandsTest, CompleteGivesTheOutcomeAsWatchDoes) {
  v1::CompleteLoginRequest request;
  for (const auto& [state, exit_code] : std::map<v1::Login::State, int>{{v1::Login::COMPLETED, 0},
                                                                        {v1::Login::DENIED, 3},
                                                                        {v1::Login::EXPIRED, 4},
                                                                        {v1::Login::FAILED, 6}}) {
    world_.Answer("complete", {LoginAnswer{{}, SampleLogin(state)}});
    EXPECT_EQ(RunComplete(session_, request), exit_code);
  }
  EXPECT_THAT(display_.states, ElementsAre("COMPLETED", "DENIED", "EXPIRED", "FAILED"));
}

TEST_F(CommandsTest, CompleteSaysWhyItIsRefused) {
  world_.Answer(
      "complete",
      {LoginAnswer{
          Error(absl::StatusCode::kAborted, Contact::kAnswered, "a code is being exchanged"), {}}});
  EXPECT_EQ(RunComplete(session_, v1::CompleteLoginRequest()), 1);
  EXPECT_EQ(display_.problems[0].message, "a code is being exchanged");
}

TEST_F(CommandsTest, AcknowledgeSaysThatTheLoginIsErased) {
  world_.Answer("acknowledge", {AcknowledgeAnswer{}});
  EXPECT_EQ(RunAcknowledge(session_, "01"), 0);
  EXPECT_THAT(display_.notes, ElementsAre(HasSubstr("erased")));
}

TEST_F(CommandsTest, AcknowledgingALoginThatHasNotEndedFails) {
  world_.Answer("acknowledge", {AcknowledgeAnswer{Error(absl::StatusCode::kFailedPrecondition,
                                                        Contact::kAnswered, "cancel it first")}});
  EXPECT_EQ(RunAcknowledge(session_, "01"), 1);
  EXPECT_EQ(display_.problems[0].message, "cancel it first");
}

TEST_F(CommandsTest, ALoginThatDoesNotExistIsNotWaitedFor) {
  world_.Answer("watch",
                {WatchEnded{Error(absl::StatusCode::kNotFound, Contact::kAnswered, "none")}});
  EXPECT_EQ(RunWatch(session_, "01"), 1);
  EXPECT_EQ(display_.problems[0].message, "none");
}

TEST_F(CommandsTest, AnInterruptOfLoginCancelsItAndWaitsForTheDaemonsWord) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::PENDING)});
  world_.At(absl::Seconds(3), SignalCame{SIGINT});
  world_.Answer("cancel", {Cancelled()});
  EXPECT_EQ(Login(), 5);
  EXPECT_THAT(display_.states, ElementsAre("STARTING", "PENDING", "CANCELLED"));
  EXPECT_THAT(display_.notes, ElementsAre("cancelling"));
}

TEST_F(CommandsTest, ALoginThatEndedBeforeTheCancelKeepsItsOutcome) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::PENDING)});
  world_.At(absl::Seconds(3), SignalCame{SIGTERM});
  world_.Answer("cancel", {Cancelled(v1::Login::COMPLETED)});
  EXPECT_EQ(Login(), 0);
}

TEST_F(CommandsTest, ASecondInterruptLeavesAtOnce) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::PENDING)});
  world_.At(absl::Seconds(3), SignalCame{SIGINT});
  world_.At(absl::Seconds(4), SignalCame{SIGINT});
  EXPECT_EQ(Login(), 130);
  EXPECT_EQ(world_.elapsed(), absl::Seconds(4));
  EXPECT_EQ(world_.count("cancel"), 1);
}

TEST_F(CommandsTest, ACancelThatIsNotConfirmedIsAnErrorAfterBoundedTime) {
  Starts();
  world_.Answer("watch", {Is(v1::Login::PENDING)});
  world_.At(absl::Seconds(3), SignalCame{SIGINT});
  world_.AnswerAlways("cancel", LoginAnswer{kRefused, {}});
  EXPECT_EQ(Login(), 1);
  EXPECT_EQ(world_.elapsed(), absl::Seconds(3) + kCancelPatience);
  EXPECT_GT(world_.count("cancel"), 2);
  EXPECT_THAT(display_.problems[0].hint, HasSubstr("cibactl cancel 01SAMPLE"));
}

TEST_F(CommandsTest, AnInterruptWhileStartingCancelsOnceTheLoginHasAnId) {
  world_.At(absl::Seconds(1), SignalCame{SIGINT});
  world_.At(absl::Seconds(2), Started());
  world_.Answer("cancel", {Cancelled()});
  EXPECT_EQ(Login(), 5);
  EXPECT_EQ(world_.count("cancel"), 1);
}

TEST_F(CommandsTest, AnInterruptedStartIsNotWaitedForForEver) {
  world_.At(absl::Seconds(1), SignalCame{SIGINT});
  EXPECT_EQ(Login(), 130);
  EXPECT_EQ(world_.elapsed(), absl::Seconds(1) + kCancelPatience);
  EXPECT_THAT(display_.notes, ElementsAre("cancelling", HasSubstr("--request-id request")));
}

TEST_F(CommandsTest, AnInterruptOfWatchLeavesTheLoginAlone) {
  world_.Answer("watch", {Is(v1::Login::PENDING)});
  world_.At(absl::Seconds(3), SignalCame{SIGINT});
  EXPECT_EQ(RunWatch(session_, "01"), 130);
  EXPECT_EQ(world_.count("cancel"), 0);
  EXPECT_THAT(display_.notes, ElementsAre(HasSubstr("The login goes on")));
}

TEST_F(CommandsTest, ControlZStopsTheProcessWithTheTerminalInOrder) {
  world_.Answer("watch", {Is(v1::Login::PENDING)});
  world_.At(absl::Seconds(1), SignalCame{SIGTSTP});
  world_.At(absl::Seconds(2), SignalCame{SIGWINCH});
  world_.At(absl::Seconds(3), Is(v1::Login::COMPLETED));
  EXPECT_EQ(RunWatch(session_, "01"), 0);
  EXPECT_EQ(world_.count("stop"), 1);
  EXPECT_THAT(display_.notes, ElementsAre("suspend", "resume", "resized"));
}

TEST_F(CommandsTest, TheCountdownTicksEverySecondToZeroAndThenWaits) {
  RecordingDisplay display(/*counts_down=*/true);
  const Session session{world_, world_, display, "unix:/x", absl::Seconds(60)};
  world_.Answer("watch", {Is(v1::Login::PENDING)});
  world_.At(absl::Seconds(kSampleTime + 30), Is(v1::Login::EXPIRED));
  EXPECT_EQ(RunWatch(session, "01"), 4);
  ASSERT_THAT(display.ticks, SizeIs(kSampleTime + 1));
  for (size_t i = 0; i < display.ticks.size(); ++i) {
    EXPECT_EQ(display.ticks[i], absl::Seconds(kSampleTime - static_cast<int64_t>(i)));
  }
}

TEST_F(CommandsTest, GetSucceedsWhateverTheState) {
  world_.Answer("get", {LoginAnswer{{}, SampleLogin(v1::Login::FAILED)}});
  EXPECT_EQ(RunGet(session_, "01"), 0);
  EXPECT_THAT(display_.shown, ElementsAre("01SAMPLE"));
}

TEST_F(CommandsTest, CancelSaysWhereThereWasNothingToCancel) {
  world_.Answer("cancel", {Cancelled()});
  EXPECT_EQ(RunCancel(session_, "01"), 0);
  EXPECT_THAT(display_.notes, IsEmpty());
  world_.Answer("cancel", {Cancelled(v1::Login::COMPLETED)});
  EXPECT_EQ(RunCancel(session_, "01"), 0);
  EXPECT_THAT(display_.notes, ElementsAre(HasSubstr("had ended already: COMPLETED")));
}

TEST_F(CommandsTest, ListTakesAsManyPagesAsTheLimitNeeds) {
  ListAnswer full;
  for (int i = 0; i < 1000; ++i) full.page.add_logins();
  full.page.set_next_page_token("next");
  ListAnswer rest;
  for (int i = 0; i < 500; ++i) rest.page.add_logins();
  rest.page.set_next_page_token("last");
  world_.Answer("list", {full});
  world_.Answer("list", {rest});
  EXPECT_EQ(RunList(session_, false, 1500), 0);
  EXPECT_THAT(world_.pages, ElementsAre("1000/", "500/next"));
  EXPECT_THAT(display_.shown, ElementsAre("1500 and more"));
}

TEST_F(CommandsTest, AnInterruptOfASingleCallLeavesAtOnce) {
  world_.At(absl::Seconds(1), SignalCame{SIGINT});
  EXPECT_EQ(RunGet(session_, "01"), 130);
}

TEST_F(CommandsTest, CheckUserTellsTheAnswerInItsExitStatusToo) {
  for (const bool exists : {true, false}) {
    v1::CheckUserResponse user;
    user.set_exists(exists);
    world_.Answer("check", {UserAnswer{{}, user}});
  }
  EXPECT_EQ(RunCheckUser(session_, {}), 0);
  EXPECT_EQ(RunCheckUser(session_, {}), 6);
  EXPECT_THAT(display_.shown, ElementsAre("yes", "no"));
  world_.Answer("check", {UserAnswer{kRefused, {}}});
  EXPECT_EQ(RunCheckUser(session_, {}), 1);
  EXPECT_THAT(display_.problems, SizeIs(1));
}

// ---- Webhooks.

class WebhookCommandsTest : public CommandsTest {
 protected:
  WebhookCommandsTest() : path_(testing::TempDir() + "/cibactl_secret_XXXXXX") {
    close(mkstemp(path_.data()));
    unlink(path_.c_str());  // it is to be new
    request_.set_url("https://a.example/hook");
  }
  ~WebhookCommandsTest() override { unlink(path_.c_str()); }

  void Registers(const std::string& secret) {
    v1::RegisterWebhookResponse response;
    response.mutable_webhook()->set_id("id-1");
    response.mutable_webhook()->set_url("https://a.example/hook");
    response.set_secret(secret);
    world_.Answer("register https://a.example/hook", {RegisterWebhookAnswer{{}, response}});
  }
  std::string Contents() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  std::string path_;
  v1::RegisterWebhookRequest request_;
};

TEST_F(WebhookCommandsTest, TheSecretGoesIntoANewFileOfItsOwnersAlone) {
  Registers("hunter2");
  EXPECT_EQ(RunRegisterWebhook(session_, request_, path_), kExitSuccess);
  EXPECT_EQ(Contents(), "hunter2\n");
  struct stat facts {};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  for (const auto& texts : {display_.notes, display_.shown}) {
    EXPECT_FALSE(texts.empty());
    for (const std::string& text : texts)
      EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  }
}

TEST_F(WebhookCommandsTest, AFileThatExistsIsLeftAloneAndNothingIsRegistered) {
  std::ofstream(path_) << "precious";
  EXPECT_EQ(RunRegisterWebhook(session_, request_, path_), kExitError);
  EXPECT_EQ(Contents(), "precious");
  EXPECT_TRUE(world_.calls.empty());
  ASSERT_EQ(display_.problems.size(), 1U);
}

TEST_F(WebhookCommandsTest, ARefusedRegistrationLeavesNoFile) {
  world_.Answer("register https://a.example/hook",
                {RegisterWebhookAnswer{
                    Error(absl::StatusCode::kFailedPrecondition, Contact::kAnswered), {}}});
  EXPECT_EQ(RunRegisterWebhook(session_, request_, path_), kExitError);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(WebhookCommandsTest, ListsAndDeletes) {
  v1::ListWebhooksResponse response;
  response.add_webhooks()->set_id("id-1");
  response.add_webhooks()->set_id("id-2");
  world_.Answer("webhooks", {ListWebhooksAnswer{{}, response}});
  EXPECT_EQ(RunListWebhooks(session_, {}), kExitSuccess);
  EXPECT_EQ(display_.shown.size(), 2U);
  world_.Answer("delete id-2", {DeleteWebhookAnswer{}});
  v1::DeleteWebhookRequest request;
  request.set_id("id-2");
  EXPECT_EQ(RunDeleteWebhook(session_, request), kExitSuccess);
}

}  // namespace
}  // namespace cibad
