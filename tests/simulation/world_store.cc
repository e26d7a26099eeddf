// How the daemon of the simulated world writes, dies and comes back.

#include <algorithm>
#include <array>
#include <utility>

#include "tests/simulation/forgets.h"
#include "tests/simulation/world.h"

namespace cibad {
namespace {

constexpr absl::Duration kWriteRetry = absl::Seconds(1);  // as the engine does it
constexpr absl::Duration kLongestClockJump = absl::Minutes(10);
constexpr absl::Duration kShortestDownTime = absl::Milliseconds(50);

constexpr std::array kCrashPointNames = {
    "before writing",       "while writing",    "after writing",
    "after acting",         "while asking",     "while being answered",
    "before writing again", "while recovering", "at any time"};
static_assert(kCrashPointNames.size() == kCrashPoints);

}  // namespace

// ---- Writing.

void World::BeginWriting() {
  is_writing_ = true;
  write_has_failed_ = is_heard_ = false;
  write_begin_ = now();
  Write();
}

void World::Write() {
  write_has_failed_ = false;
  DaemonAt(now() + CommitTime(), [this] {
    if (DiskFails()) return OnWriteFailed();
    OnWritten();
  });
  CrashHere(CrashPoint::kWhileWriting);
}

// Mostly quick, so that what comes after a slow one is likely to overtake it.
absl::Duration World::CommitTime() {
  return random_.Percent(90) ? absl::Milliseconds(1)
                             : random_.Between(absl::ZeroDuration(), kLongestCommit);
}

bool World::DiskFails() {
  return plan_.disk_is_full.Covers(now() - start_) || random_.Percent(plan_.disk_errors);
}

void World::OnWriteFailed() {
  ++story_.failed_writes;
  Note("the write fails");
  if (!is_stored_) {  // the till hears UNAVAILABLE, and that was it
    is_writing_ = false;
    record_.start_was_refused = true;
    return StopIfDrained();
  }
  // The disk may say no after it did it. What was decided stands, and is written again.
  if (random_.Percent(10)) Keep();
  write_has_failed_ = true;
  if (CrashHere(CrashPoint::kAfterFailedWriting)) return;
  DaemonAt(now() + kWriteRetry, [this] { Write(); });
  StopIfDrained();
}

void World::OnWritten() {
  const bool is_start = !is_stored_;
  record_.delay += std::max(now() - write_begin_ - kLongestCommit, absl::ZeroDuration());
  Keep();
  is_writing_ = false;
  if (CrashHere(CrashPoint::kAfterWriting)) return;
  if (is_start) {
    Tell();
    DaemonAt(now(), [this] {
      Deliver(Accepted{});
      if (random_.Percent(5)) ComeStale(Accepted{});
    });
    return StopIfDrained();
  }
  const int life = life_;
  const Commands commands = std::move(commands_);
  commands_.clear();
  Act(commands);
  if (life == life_) TakeMail();
}

void World::Keep() {
  if (is_heard_) return;
  is_heard_ = true;
  if (!is_stored_) {
    is_stored_ = true;
    stored_ = memory_;
    return;
  }
  Hold(!HasEnded(stored_.state), kOneEnd, "two were written");
  Hold(!Forgets(stored_, memory_), kNothingForgotten);
  stored_ = memory_;
  Hear();
}

// ---- Dying, and coming back.

bool World::CrashHere(CrashPoint point) {
  if (!is_up_) return true;
  if (!random_.Percent(plan_.crashes)) return false;
  Crash(point);
  return true;
}

void World::Crash(CrashPoint point) {
  if (!is_up_) return;
  ++story_.crashes[static_cast<size_t>(point)];
  // A commit under way may reach the disk or not.
  if (is_writing_ && !write_has_failed_ && random_.Percent(50)) Keep();
  Note("SIGKILL", kCrashPointNames[static_cast<size_t>(point)]);
  // One that is quick enough is up before what its predecessor sent has arrived.
  if (random_.Percent(40)) return GoDown(random_.Between(kShortestDownTime, kLongestWay));
  GoDown(random_.Between(kLongestWay, random_.Percent(70) ? absl::Seconds(5) : absl::Minutes(7)));
}

void World::Terminate() {
  if (!is_up_) return;
  Note("SIGTERM");
  is_draining_ = true;
  StopIfDrained();
}

void World::StopIfDrained() {
  if (!is_up_ || !is_draining_ || under_way_ != 0) return;
  if (is_writing_ && !write_has_failed_) return;
  Note("stopped");
  GoDown(random_.Between(absl::Milliseconds(100), absl::Seconds(5)));
}

void World::GoDown(absl::Duration down_time) {
  ++life_;
  is_up_ = is_writing_ = is_draining_ = false;
  under_way_ = 0;
  mailbox_.clear();
  commands_.clear();
  provider_.DaemonDied(now());
  if (!is_stored_) {  // the till's call broke, and there is nothing to come back for
    record_.start_was_refused = true;
    return;
  }
  record_.died_while_starting |= stored_.state == LoginState::kStarting;
  record_.died_while_exchanging |= stored_.code_may_be_used;
  Note("stored is", stored_);
  agenda_.At(now() + down_time, [this] { Restart(); });
}

void World::Restart() {
  is_up_ = true;
  boot_time_ = now();
  ++story_.restarts;
  ++record_.restarts;
  if (random_.Percent(plan_.clock_jumps)) {
    clock_error_ = random_.Between(-kLongestClockJump, kLongestClockJump);
    Note("the clock is set, off by", clock_error_);
  }
  if (!HasEnded(stored_.state)) {
    record_.restart_time = daemon_now();
    record_.true_restart_time = now();
  }
  // The back-off is forgotten, and so is as much of Retry-After as the clock was set forward by.
  not_before_ =
      retry_time_ - std::max(clock_error_ - clock_error_when_heard_, absl::ZeroDuration());
  ping_time_ = absl::InfiniteFuture();
  last_answer_ = now() + absl::Seconds(1);  // what was under way may still arrive for as long
  unanswered_requests_ = 0;
  memory_ = stored_;
  memory_.progress = Progress{};
  Note("up again");
  if (CrashHere(CrashPoint::kWhileRecovering)) return;
  Tell();
  if (HasEnded(memory_.state)) return;
  Deliver(Recovered{random_.Percent(50) ? random_.Between({}, kLongestStagger) : absl::Duration()});
}

}  // namespace cibad
