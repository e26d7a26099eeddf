// What must hold whatever happens to the daemon or to its way to the provider: no login is lost,
// every one ends as its customer decided, and nobody is asked twice. The real programs, hundreds of
// logins, and trouble at random moments. A red run is repeated (as far as the machine's own timing
// allows) with its seed: CIBAD_CHAOS_SEED.

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "server/login/login.h"
#include "server/login/state_name.h"
#include "tests/integration/chaos_customers.h"
#include "tests/integration/cutting_proxy.h"
#include "tests/integration/dead_store.h"
#include "tests/integration/integration_test.h"
#include "tests/integration/till_fleet.h"

namespace cibad {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

constexpr int kLogins = 500;  // pending at once
// INTERRUPTED needs its evidence for each login (chaos_customers.h). How many there are depends on
// how many answers are under way when there is trouble: one or two of all logins on a quiet
// machine, more on one that takes a second to read what has come.
constexpr int kMostInterrupted = kLogins / 4;
constexpr int kMostLostToKills = kLogins / 8;  // thirty kills; none or one beside busy builds
constexpr absl::Duration kEndLimit = absl::Minutes(4);

uint32_t Seed() {
  const char* given = std::getenv("CIBAD_CHAOS_SEED");
  uint32_t seed = 0;
  if (given != nullptr && absl::SimpleAtoi(given, &seed)) return seed;
  return std::random_device()();
}

// Of durations that are not none: that which so many percent do not exceed.
absl::Duration Percentile(std::vector<absl::Duration> durations, size_t percent) {
  std::sort(durations.begin(), durations.end());
  return durations[(durations.size() - 1) * percent / 100];
}

std::vector<absl::Duration> Lengths(const std::vector<TimeSpan>& spans) {
  std::vector<absl::Duration> lengths;
  lengths.reserve(spans.size());
  for (const TimeSpan& span : spans) lengths.push_back(span.length());
  return lengths;
}

absl::Duration Overlap(const TimeSpan& one, const TimeSpan& other) {
  const absl::Duration both = std::min(one.end, other.end) - std::max(one.begin, other.begin);
  return std::max(both, absl::ZeroDuration());
}

// How much of each pause logins could start, and the till was on its way back.
std::vector<absl::Duration> WaysBack(const std::vector<TimeSpan>& pauses,
                                     const std::vector<TimeSpan>& outages) {
  std::vector<absl::Duration> ways;
  for (const TimeSpan& pause : pauses) {
    absl::Duration& way = ways.emplace_back(pause.length());
    for (const TimeSpan& outage : outages) way -= Overlap(pause, outage);
  }
  return ways;
}

class ChaosTest : public IntegrationTest {
 protected:
  void SetUp() override {
    const uint32_t seed = Seed();
    std::cout << "CIBAD_CHAOS_SEED=" << seed << std::endl;
    RecordProperty("seed", absl::StrCat(seed));
    random_.seed(seed);
    ASSERT_NO_FATAL_FAILURE(StartSandbox({.expires_in_seconds = 45}));
  }

  // A red run leaves what the last daemon logged.
  void TearDown() override {
    if (HasFailure() && daemon_ != nullptr) std::cout << "The daemon's log:\n" << daemon_->Log();
  }

  int Pick(int least, int most) { return std::uniform_int_distribution<int>(least, most)(random_); }

  absl::Duration PickUpTo(absl::Duration most) {
    return absl::Milliseconds(Pick(0, static_cast<int>(absl::ToInt64Milliseconds(most))));
  }

  // Customers, and the tills that will start their logins. Of 100, the profiles of so many are
  // slow.
  void Prepare(int count, int slow_profiles = 0) {
    customers_ = MakeCustomers(count, slow_profiles, random_);
    fleet_ = std::make_unique<TillFleet>(Address());
  }

  // The next tills start their logins.
  void StartNext(int count) {
    for (; count > 0 && started_ < customers_.size(); --count) {
      const Customer& customer = customers_[started_++];
      fleet_->Start(RequestOf(customer), customer.cancel_after);
    }
  }

  // The next of those who decide by hand do so, of the logins that have been started.
  void DecideNext(int count) {
    for (; count > 0 && decided_ < started_; ++decided_) {
      if (!customers_[decided_].decides_by_hand) continue;
      const absl::Status status = Decide(customers_[decided_], *sandbox_);
      ASSERT_TRUE(status.ok()) << status;
      --count;
    }
  }

  // Lets the daemon run for so long. It must not end by itself.
  void LetRun(absl::Duration time) {
    const absl::StatusOr<int> exit_code = daemon_->process().WaitForExit(time);
    ASSERT_FALSE(exit_code.ok()) << "the daemon ended by itself, with " << *exit_code << ":\n"
                                 << daemon_->Log();
  }

  void Launch() {
    auto daemon = DaemonProcess::Launch(sandbox_->config_path());
    ASSERT_TRUE(daemon.ok()) << daemon.status();
    daemon_ = *std::move(daemon);
  }

  // SIGKILL, and the next daemon. What the dead one had on its disk is held against the tills:
  // whatever one of them was told is there. Notes which logins have nothing to lose any more.
  void KillAndLaunch() {
    fleet_->NoteTrouble();
    ASSERT_TRUE(daemon_->process().Kill().ok());
    const std::string copy = absl::StrCat(sandbox_->folder(), "/killed-", kills_++);
    const absl::Status copied = CopyDeadStore(sandbox_->folder(), copy);
    ASSERT_TRUE(copied.ok()) << copied;
    const std::vector<TillRecord> records = fleet_->Records();
    ASSERT_NO_FATAL_FAILURE(Launch());

    const auto store = OpenDeadStore(copy);
    ASSERT_TRUE(store.ok()) << store.status();
    for (const TillRecord& record : records) {
      if (record.last.id().empty()) continue;
      const absl::StatusOr<Login> stored = (*store)->Get(record.last.id());
      ASSERT_TRUE(stored.ok()) << "a till was told of a login that is not stored: "
                               << stored.status();
      v1::Login::State state = v1::Login::STATE_UNSPECIFIED;
      ASSERT_TRUE(v1::Login::State_Parse(std::string(NameOf(stored->state)), &state));
      EXPECT_GE(state, record.last.state()) << "told before it was written";
      EXPECT_TRUE(!record.has_ended() || state == record.last.state()) << "told another end";
      if (stored->tokens.has_value()) kept_.insert(stored->id);
    }
  }

  void WaitUntilServing() {
    const absl::Status serving = daemon_->WaitUntilServing();
    ASSERT_TRUE(serving.ok()) << serving;
  }

  // All tills that are left start, all customers decide, and all logins end.
  void BringToTheEnd() {
    StartNext(static_cast<int>(customers_.size()));
    ASSERT_NO_FATAL_FAILURE(DecideNext(static_cast<int>(customers_.size())));
    const auto all_ended = [](const FleetCounts& counts) { return counts.ended == counts.tills; };
    EXPECT_TRUE(fleet_->WaitUntil(all_ended, kEndLimit));
  }

  // `most_unsent_starts`: more than none only where the daemon stood still for longer than a start
  // may take.
  Verdict JudgeAll(int most_unsent_starts = 0) {
    Verdict verdict = Judge(customers_, fleet_->Records(), *sandbox_, kept_);
    EXPECT_THAT(verdict.wrongs, IsEmpty());
    EXPECT_LE(verdict.unsent_starts, most_unsent_starts);
    std::cout << "interrupted starts " << verdict.interrupted_starts << ", unsent starts "
              << verdict.unsent_starts << ", lost answers " << verdict.lost_answers
              << ", late polls " << verdict.late_polls << ", breaks seen by tills "
              << verdict.breaks << " (dropped " << verdict.dropped
              << "), had tokens when it was killed " << kept_.size() << std::endl;
    Print("pauses seen by tills", Lengths(verdict.pauses));
    const auto totals = sandbox_->Totals();
    for (const auto& [name, count] : totals.value_or(std::map<std::string, int64_t>()))
      std::cout << name << " " << count << ", ";
    std::cout << std::endl;
    return verdict;
  }

  static void Print(absl::string_view what, const std::vector<absl::Duration>& durations) {
    if (durations.empty()) return;
    std::cout << what << ": median " << Percentile(durations, 50) << ", of 90% "
              << Percentile(durations, 90) << ", of 99% " << Percentile(durations, 99)
              << ", longest " << Percentile(durations, 100) << std::endl;
  }

  std::mt19937 random_;
  std::vector<Customer> customers_;
  size_t started_ = 0;
  size_t decided_ = 0;
  std::unique_ptr<TillFleet> fleet_;
  int kills_ = 0;
  std::set<std::string> kept_;  // ids of logins that had tokens at a kill
};

TEST_F(ChaosTest, KilledAtRandomMomentsItLosesNoLoginAndAsksNobodyTwice) {
  constexpr int kKills = 32;
  constexpr int kStartsAtAKill = 12;
  constexpr int kMoreLogins = kStartsAtAKill * kKills / 4;
  ASSERT_NO_FATAL_FAILURE(Launch());
  ASSERT_NO_FATAL_FAILURE(Prepare(kLogins + kMoreLogins, /*slow_profiles=*/4));
  StartNext(kLogins);
  ASSERT_TRUE(fleet_->WaitUntil([](const FleetCounts& counts) { return counts.asked == kLogins; },
                                kEndLimit));

  for (int kill = 0; kill < kKills; ++kill) {
    switch (kill % 4) {
      case 0:  // while it starts, and recovers
        ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Milliseconds(300))));
        break;
      case 1: {  // while logins are started
        ASSERT_NO_FATAL_FAILURE(WaitUntilServing());
        const int accepted = fleet_->Counts().accepted;
        const int more = Pick(0, kStartsAtAKill - 1);
        StartNext(kStartsAtAKill);
        fleet_->WaitUntil(
            [&](const FleetCounts& counts) { return counts.accepted > accepted + more; },
            absl::Seconds(10));
        break;
      }
      case 2:  // while all that were taken up are polled at once
        ASSERT_NO_FATAL_FAILURE(WaitUntilServing());
        ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Seconds(3))));
        break;
      default:  // when that is over, so that most answers have been read
        ASSERT_NO_FATAL_FAILURE(WaitUntilServing());
        ASSERT_NO_FATAL_FAILURE(LetRun(absl::Seconds(3) + PickUpTo(absl::Seconds(3))));
    }
    ASSERT_NO_FATAL_FAILURE(KillAndLaunch());
    ASSERT_NO_FATAL_FAILURE(DecideNext(2));
  }
  ASSERT_NO_FATAL_FAILURE(BringToTheEnd());

  const Verdict verdict = JudgeAll();
  EXPECT_LE(verdict.lost_answers, kMostLostToKills);
  EXPECT_LE(verdict.interrupted_starts, kMoreLogins);
  EXPECT_EQ(verdict.late_polls, 0);
}

TEST_F(ChaosTest, WithTheProviderCutOffAtRandomMomentsItLosesNoLoginAndAsksNobodyTwice) {
  constexpr int kCuts = 30;
  auto proxy = CuttingProxy::Start(sandbox_->port());
  ASSERT_TRUE(proxy.ok()) << proxy.status();
  const std::string config = ReadFile(sandbox_->config_path());
  WriteFile(
      sandbox_->config_path(),
      absl::StrReplaceAll(
          config, {{"[provider]", absl::StrCat("[provider]\nproxy = \"", (*proxy)->url(), "\"")}}));
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ASSERT_NO_FATAL_FAILURE(Prepare(kLogins));

  for (int cut = 0; cut < kCuts; ++cut) {
    StartNext(kLogins / kCuts + 1);
    ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Seconds(3))));
    fleet_->NoteTrouble();
    (*proxy)->Cut();
    ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Milliseconds(cut % 2 == 0 ? 20 : 1000))));
    (*proxy)->Open();
    ASSERT_NO_FATAL_FAILURE(DecideNext(2));
  }
  ASSERT_NO_FATAL_FAILURE(BringToTheEnd());

  const Verdict verdict = JudgeAll();
  EXPECT_GT((*proxy)->cut_tunnels(), kCuts);
  EXPECT_LE(verdict.lost_answers, kMostInterrupted);
  EXPECT_LE(verdict.late_polls, kCuts);
  EXPECT_LE(verdict.interrupted_starts, kMostInterrupted);
  EXPECT_EQ(verdict.breaks, 0);  // no till feels it
}

TEST_F(ChaosTest, WithTheProviderRestartedAtRandomMomentsItLosesNoLoginAndAsksNobodyTwice) {
  constexpr int kRestarts = 12;
  constexpr int kStartsAtARestart = 8;
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ASSERT_NO_FATAL_FAILURE(Prepare(kLogins + kRestarts * kStartsAtARestart, /*slow_profiles=*/2));
  StartNext(kLogins);
  ASSERT_TRUE(fleet_->WaitUntil([](const FleetCounts& counts) { return counts.asked == kLogins; },
                                kEndLimit));

  for (int restart = 0; restart < kRestarts; ++restart) {
    ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Seconds(3))));
    StartNext(kStartsAtARestart);
    ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Milliseconds(100))));
    fleet_->NoteTrouble();
    const absl::Status stopped = sandbox_->Stop();
    ASSERT_TRUE(stopped.ok()) << stopped;
    ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Milliseconds(restart % 2 == 0 ? 20 : 2000))));
    const absl::Status restarted = sandbox_->Restart();
    ASSERT_TRUE(restarted.ok()) << restarted;
    ASSERT_NO_FATAL_FAILURE(DecideNext(4));
  }
  ASSERT_NO_FATAL_FAILURE(BringToTheEnd());

  const Verdict verdict = JudgeAll();
  EXPECT_LE(verdict.lost_answers, kMostInterrupted);
  EXPECT_LE(verdict.late_polls, kRestarts);
  EXPECT_LE(verdict.interrupted_starts, kRestarts * kStartsAtARestart);
  EXPECT_EQ(verdict.breaks, 0);  // no till feels it
}

// Longer than any request may take, than many customers wait, and than those who never answer have.
TEST_F(ChaosTest, StoppedForMoreThanAMinuteItPollsNotEarlyAndLosesNothing) {
  constexpr int kBefore = 150;
  constexpr int kAtTheStop = 10;
  constexpr int kMeanwhile = 20;
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ASSERT_NO_FATAL_FAILURE(Prepare(kBefore + kAtTheStop + kMeanwhile, /*slow_profiles=*/4));
  StartNext(kBefore);
  ASSERT_TRUE(fleet_->WaitUntil([](const FleetCounts& counts) { return counts.asked == kBefore; },
                                kEndLimit));
  ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Seconds(2))));
  StartNext(kAtTheStop);
  ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Milliseconds(30))));
  fleet_->NoteTrouble();
  const int ended = fleet_->Counts().ended;
  daemon_->process().Signal(SIGSTOP);
  StartNext(kMeanwhile);
  ASSERT_NO_FATAL_FAILURE(DecideNext(kBefore));
  ASSERT_NO_FATAL_FAILURE(LetRun(absl::Seconds(65)));
  EXPECT_LT(ended, kBefore / 2) << "the logins were to be under way";
  daemon_->process().Signal(SIGCONT);
  ASSERT_NO_FATAL_FAILURE(BringToTheEnd());

  const Verdict verdict = JudgeAll(/*most_unsent_starts=*/kAtTheStop);
  EXPECT_LE(verdict.lost_answers, kBefore / 4);
  EXPECT_LE(verdict.interrupted_starts + verdict.unsent_starts, kAtTheStop);
  EXPECT_EQ(verdict.late_polls, 0);
  EXPECT_EQ(verdict.breaks, 0);
}

TEST_F(ChaosTest, StoppedAndContinuedItPollsNotEarlyAndLosesNothing) {
  constexpr int kStops = 5;
  constexpr int kStoppedLogins = 150;
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ASSERT_NO_FATAL_FAILURE(Prepare(kStoppedLogins));
  for (int stop = 0; stop < kStops; ++stop) {
    StartNext(kStoppedLogins / kStops);
    ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Milliseconds(1500))));
    daemon_->process().Signal(SIGSTOP);
    ASSERT_NO_FATAL_FAILURE(DecideNext(3));
    ASSERT_NO_FATAL_FAILURE(LetRun(absl::Seconds(1) + PickUpTo(absl::Seconds(3))));
    daemon_->process().Signal(SIGCONT);
  }
  ASSERT_NO_FATAL_FAILURE(BringToTheEnd());

  const Verdict verdict = JudgeAll();
  EXPECT_EQ(verdict.lost_answers, 0);
  EXPECT_EQ(verdict.interrupted_starts, 0);
  EXPECT_EQ(verdict.late_polls, 0);
  EXPECT_EQ(verdict.breaks, 0);
}

// A till's pause is the daemon's end and its start, more than once where it is restarted again
// before the till is back, and the till's own way back.
TEST_F(ChaosTest, RestartedUnderLoadItLosesNothingAtAll) {
  constexpr int kRestarts = 8;
  // Of a till: it tries again every tenth of a second, and so does its connection.
  constexpr absl::Duration kWayBack = absl::Seconds(1);        // 0.1 is usual, however busy
  constexpr absl::Duration kUsualPause = absl::Seconds(1);     // 0.2 beside busy builds
  constexpr absl::Duration kLongestOutage = absl::Seconds(5);  // 0.3 there; requests get 5 to end
  ASSERT_NO_FATAL_FAILURE(StartServing());
  ASSERT_NO_FATAL_FAILURE(Prepare(kLogins));
  std::vector<TimeSpan> outages;
  for (int restart = 0; restart < kRestarts; ++restart) {
    StartNext(kLogins / kRestarts + 1);
    const int most_ms = restart % 2 == 0 ? 2500 : 50;  // 50: some tills are not yet back
    ASSERT_NO_FATAL_FAILURE(LetRun(PickUpTo(absl::Milliseconds(most_ms))));
    ASSERT_NO_FATAL_FAILURE(DecideNext(8));
    fleet_->NoteTrouble();
    const absl::Time begin = absl::Now();
    ASSERT_NO_FATAL_FAILURE(StopDaemon());
    const absl::Time stopped = absl::Now();
    ASSERT_NO_FATAL_FAILURE(StartDaemon());
    const absl::Time listening = absl::Now();
    ASSERT_NO_FATAL_FAILURE(WaitUntilServing());
    outages.push_back({.begin = begin, .end = absl::Now()});
    std::cout << "a restart of " << outages.back().length() << ": " << stopped - begin
              << " to end, " << listening - stopped << " to listen, " << absl::Now() - listening
              << " to know the provider" << std::endl;
  }
  ASSERT_NO_FATAL_FAILURE(BringToTheEnd());

  const Verdict verdict = JudgeAll();
  EXPECT_EQ(verdict.lost_answers, 0);
  EXPECT_EQ(verdict.interrupted_starts, 0);
  EXPECT_EQ(verdict.late_polls, 0);
  const std::vector<absl::Duration> ways_back = WaysBack(verdict.pauses, outages);
  ASSERT_THAT(ways_back, Not(IsEmpty()));
  Print("the tills' own ways back", ways_back);
  EXPECT_LE(Percentile(ways_back, 100), kWayBack);
  const std::vector<absl::Duration> lengths = Lengths(outages);
  EXPECT_LE(Percentile(lengths, 50) + Percentile(ways_back, 50), kUsualPause);
  EXPECT_LE(Percentile(lengths, 100), kLongestOutage);
}

}  // namespace
}  // namespace cibad
