#include "tests/simulation/worker_world.h"

#include <algorithm>

#include "tests/simulation/forgets.h"
#include "tests/simulation/worker_world_parts.h"

namespace cibad {
namespace {

// Far more than any login needs, of simulated time.
constexpr absl::Duration kLongestWorld = absl::Minutes(40);
// In which a call too many would come.
constexpr absl::Duration kAfterTheEnd = absl::Seconds(10);
constexpr absl::Duration kDrainLimit = absl::Seconds(5);  // the engine's

absl::Duration UpToAMinute(Random& random) {
  return random.Between(absl::ZeroDuration(), absl::Minutes(1));
}

std::vector<absl::Duration> SomeTimes(Random& random, int most) {
  std::vector<absl::Duration> times(static_cast<size_t>(random.Below(most + 1)));
  for (absl::Duration& time : times) time = UpToAMinute(random);
  return times;
}

WorldPlan MakeWorldPlan(Random& random) {
  WorldPlan plan;
  plan.is_calm = random.Percent(35);
  if (plan.is_calm) return plan;
  if (random.Percent(40)) plan.crashes = random.Percent(70) ? 1 : 5;
  if (random.Percent(50)) plan.crash_times = SomeTimes(random, 3);
  if (random.Percent(25)) plan.drain_times = SomeTimes(random, 2);
  if (random.Percent(35)) plan.disk_errors = random.Percent(60) ? 10 : 50;
  if (random.Percent(25)) plan.refused_writes = random.Percent(60) ? 5 : 40;
  if (random.Percent(15)) plan.disk_is_full = {UpToAMinute(random), 2 * UpToAMinute(random)};
  if (random.Percent(10)) plan.network_is_down = {UpToAMinute(random), 2 * UpToAMinute(random)};
  return plan;
}

std::string DescribeWorld(const WorldPlan& plan) {
  std::string words = plan.is_calm ? "A calm world" : "A world with trouble";
  if (plan.crashes > 0) absl::StrAppend(&words, ", ", plan.crashes, "% crashes");
  if (plan.disk_errors > 0) absl::StrAppend(&words, ", ", plan.disk_errors, "% disk errors");
  if (plan.refused_writes > 0) absl::StrAppend(&words, ", ", plan.refused_writes, "% refused");
  for (const auto& [name, spell] : {std::pair("the disk is full", plan.disk_is_full),
                                    std::pair("the network is down", plan.network_is_down)}) {
    if (spell.length == absl::ZeroDuration()) continue;
    absl::StrAppend(&words, ", ", name, " at ", absl::FormatDuration(spell.after), " for ",
                    absl::FormatDuration(spell.length));
  }
  return words;
}

// A login's plan; in a calm world one with nothing in the way.
Plan PlanOfLogin(Random& random, bool is_calm) {
  constexpr uint64_t kInTheApp = 1;  // this world has no web page
  Plan plan = MakePlan(random, kInTheApp);
  if (is_calm) plan.trouble = plan.nonsense = 0;
  plan.cancels_after.reset();
  if (!is_calm && random.Percent(20)) plan.cancels_after = UpToAMinute(random);
  return plan;
}

}  // namespace

WorkerWorld::WorkerWorld(uint64_t seed, bool keep_history)
    : keeps_history_(keep_history),
      random_(seed),
      plan_(MakeWorldPlan(random_)),
      agenda_(BeginOfWorlds()),
      provider_(random_, now() + random_.Between(absl::Seconds(1), absl::Seconds(40))) {
  for (int customer = 0; customer < kCustomersOfAWorld; ++customer) {
    provider_.Add(PlanOfLogin(random_, plan_.is_calm));
    tills_.push_back(std::make_unique<Till>(customer));
  }
}

WorkerWorld::~WorkerWorld() = default;

WorkerStory WorkerWorld::Run() {
  Note(DescribeWorld(plan_));
  Boot();
  for (const auto& till : tills_) PlanCalls(*till);
  for (const absl::Duration time : plan_.crash_times) {
    agenda_.At(now() + time, [this] {
      if (IsUp()) Die(WorkerCrash::kAnywhere);
    });
  }
  for (const absl::Duration time : plan_.drain_times) {
    agenda_.At(now() + time, [this] { Drain(); });
  }
  absl::Time end = absl::InfiniteFuture();
  while (story_.violation.empty() && now() <= end && agenda_.HappenNext()) {
    if (provider_.violation() != nullptr) Hold(false, *provider_.violation());
    if (end != absl::InfiniteFuture()) continue;
    if (AllHaveHeard()) end = now() + kAfterTheEnd;
    Hold(age() < kLongestWorld, kEnds, "it goes on and on");
  }
  JudgeAll();
  return std::move(story_);
}

bool WorkerWorld::Hold(bool kept, const Invariant& invariant, absl::string_view detail) {
  if (kept || !story_.violation.empty()) return kept;
  story_.violation = absl::StrCat(invariant.name, ": ", invariant.promise);
  if (!detail.empty()) absl::StrAppend(&story_.violation, " (", detail, ")");
  Note("BROKEN:", story_.violation);
  return false;
}

bool WorkerWorld::AllHaveHeard() const {
  return std::all_of(tills_.begin(), tills_.end(), [](const auto& till) {
    return till->has_id && HasEnded(till->told.state) && till->cancels_under_way == 0;
  });
}

void WorkerWorld::DaemonAt(absl::Time time, std::function<void()> what) {
  agenda_.At(time, [this, life = life_, what = std::move(what)] {
    if (life == life_ && IsUp()) what();
  });
}

// ---- How the daemon lives and dies.

void WorkerWorld::Boot() {
  ++story_.lives;
  Note("the daemon is up");
  daemon_ = std::make_unique<Daemon>(*this);
  Daemon& daemon = *daemon_;
  const absl::Status loaded = daemon.store.LoadUnfinished([this](const Login& login) {
    DaemonAt(now(), [this, login] {
      Note("recovered:", login.id, login);
      daemon_->worker.Hold(login);
    });
  });
  Hold(loaded.ok(), kNothingForgotten, "what is unfinished cannot be read");
  const absl::Duration pace = random_.Between(absl::ZeroDuration(), absl::Seconds(1));
  DaemonAt(now(), [this, pace] { daemon_->worker.Recover(pace); });
  DaemonAt(now(), [this] { daemon_->directory.Start(); });
}

void WorkerWorld::CrashHere(WorkerCrash point) {
  if (!IsUp() || !random_.Percent(plan_.crashes)) return;
  is_dying_ = true;
  agenda_.At(now(), [this, point, life = life_] {
    if (life == life_) Die(point);
  });
}

void WorkerWorld::Die(WorkerCrash point) {
  ++story_.crashes[static_cast<size_t>(point)];
  Note("SIGKILL", absl::string_view(kWorkerCrashNames[static_cast<size_t>(point)]));
  // What waited may have reached the disk.
  const size_t waiting = daemon_->store.waiting();
  if (!DiskFails()) {
    daemon_->store.CommitUntold(static_cast<size_t>(random_.Below(static_cast<int>(waiting) + 1)));
  }
  GoDown(random_.Between(absl::Milliseconds(50),
                         random_.Percent(80) ? absl::Seconds(5) : absl::Minutes(3)));
}

void WorkerWorld::Drain() {
  if (!IsUp() || daemon_->drains) return;
  ++story_.drains;
  Note("SIGTERM");
  daemon_->drains = true;
  DaemonAt(now(), [this] {
    daemon_->worker.Drain([this, life = life_] {
      if (life != life_ || !IsUp()) return;
      Hold(!daemon_->is_drained, kDrains, "it says so twice");
      Hold(daemon_->requests == 0 && !daemon_->store.HasUpdates(), kDrains, "too early");
      daemon_->is_drained = true;
      DaemonAt(now(), [this] { StopDraining(); });
    });
  });
  DaemonAt(now() + kDrainLimit, [this] {
    Hold(daemon_->is_drained || daemon_->requests > 0 || daemon_->store.HasUpdates(), kDrains,
         "nothing is under way, and it does not say so");
    StopDraining();
  });
}

void WorkerWorld::StopDraining() {
  Note("stopped");
  if (!DiskFails()) daemon_->store.CommitUntold(daemon_->store.waiting());
  GoDown(random_.Between(absl::Milliseconds(100), absl::Seconds(5)));
}

void WorkerWorld::GoDown(absl::Duration down_time) {
  ++life_;
  is_dying_ = false;
  daemon_.reset();
  provider_.DaemonDied(now());
  for (const auto& till : tills_) LoseDaemon(*till);
  agenda_.At(now() + down_time, [this] { Boot(); });
}

// ---- Its disk.

void WorkerWorld::OnWaiting() {
  CrashHere(WorkerCrash::kWhileWriting);
  if (std::exchange(daemon_->commit_is_due, true)) return;
  const absl::Duration time = random_.Percent(90)
                                  ? absl::Milliseconds(1)
                                  : random_.Between(absl::ZeroDuration(), absl::Seconds(1));
  DaemonAt(now() + time, [this] { CommitGroup(); });
}

void WorkerWorld::CommitGroup() {
  daemon_->commit_is_due = false;
  if (DiskFails()) {
    ++story_.failed_writes;
    Note("the write fails");
    daemon_->store.Fail();
    return RetryDisk();
  }
  if (random_.Percent(plan_.crashes)) {
    daemon_->store.CommitUntold(daemon_->store.waiting());
    return Die(WorkerCrash::kAfterWriting);
  }
  daemon_->store.Commit();
}

// As the real store does, so that starts can come again.
void WorkerWorld::RetryDisk() {
  DaemonAt(now() + absl::Seconds(1), [this] {
    if (daemon_->store.status().ok() || daemon_->store.waiting() > 0) return;
    if (DiskFails()) return RetryDisk();
    daemon_->store.Commit();
  });
}

bool WorkerWorld::DiskFails() {
  return plan_.disk_is_full.Covers(age()) || random_.Percent(plan_.disk_errors);
}

void WorkerWorld::OnCommit(const Login* before, const Login& after) {
  Note("written:", after.id, after);
  Till& till = *tills_[static_cast<size_t>(TillOf(after))];
  if (before == nullptr) return;
  Hold(!HasEnded(before->state), kOneEnd, "two were written");
  Hold(after.revision > before->revision, kNothingForgotten, "an older revision is written");
  Hold(!Forgets(*before, after), kNothingForgotten);
  SimulatedProvider& provider = provider_.customer(till.index);
  if (before->state == LoginState::kPending && after.interval > before->interval)
    provider.SlowDownWasHeard();
  if (after.tokens.has_value() && !before->tokens.has_value()) {
    provider.TokensWereHeard();
    till.tokens_expire_time = after.tokens->expire_time;
  }
  if (after.state == LoginState::kDenied || after.state == LoginState::kFailed)
    provider.EndWasHeard();
}

}  // namespace cibad
