#include "tests/unit/login/transition_promises.h"

#include <cstddef>
#include <variant>

#include "server/login/command.h"

namespace cibad {
namespace {

bool IsWakeAt(const Command& command) { return std::holds_alternative<WakeAt>(command); }

// Whether all that must survive is equal: what may differ without a new revision is the progress.
bool SurvivesAlike(const Login& before, Login after) {
  after.progress = before.progress;
  return after == before;
}

std::string BrokenByEnd(const Login& after, const Commands& commands, absl::Time now) {
  if (!commands.empty()) return "an ended login wants nothing done";
  if (after.end_time != now) return "end_time is when the login ended";
  if (after.tokens.has_value()) return "an ended login keeps no tokens";
  if (!after.auth_req_id.empty()) return "an ended login keeps no auth_req_id";
  if (after.code_may_be_used) return "an ended login has no code";
  if (after.progress != Progress{}) return "an ended login has nothing under way";
  const bool has_failed = after.state == LoginState::kFailed;
  if (has_failed != (after.failure->reason != FailureReason::kNone)) {
    return "a failed login, and no other, has a reason";
  }
  if ((after.state == LoginState::kCompleted) != after.profile.has_value()) {
    return "a completed login, and no other, has a profile";
  }
  return "";
}

std::string BrokenByCommands(const Login& before, const Login& after, const Commands& commands) {
  size_t wakes = 0;
  for (const Command& command : commands) wakes += IsWakeAt(command) ? 1 : 0;
  const size_t requests = commands.size() - wakes;
  if (wakes != 1) return "an unfinished login always has one time to be woken at, or an answer due";
  if (requests > 1) return "one request at a time";
  if (requests == 1 && !after.progress.request_in_flight) return "a request sent is under way";
  if (requests == 0 && after.progress.request_in_flight && !before.progress.request_in_flight) {
    return "a request is under way only where one was sent";
  }
  const absl::Time wake = std::get<WakeAt>(commands.back()).time;
  if (!after.progress.request_in_flight && wake == absl::InfiniteFuture()) {
    return "a login that waits for no answer is woken some time";
  }
  return "";
}

std::string BrokenOnWebPage(const Login& after, const Command& command) {
  const bool exchanges = std::holds_alternative<ExchangeCode>(command);
  if (FinishesOnWebPage(*after.request)) {
    if (std::holds_alternative<SendTokenRequest>(command)) return "a web page is not polled for";
    if (exchanges && !after.code_may_be_used) return "that a code is sent is written first";
    return "";
  }
  return exchanges ? "a login in the app has no code" : "";
}

}  // namespace

std::string BrokenPromise(const Login& before, const Transition& transition, absl::Time now) {
  const Login& after = transition.login;
  const Commands& commands = transition.commands;
  if (HasEnded(before.state)) {
    if (after != before) return "a login ends exactly once, and nothing changes it any more";
    return commands.empty() ? "" : "an ended login wants nothing done";
  }
  if (after.id != before.id || after.request != before.request ||
      after.create_time != before.create_time) {
    return "what the till asked for never changes";
  }
  if (after.state < before.state) return "a login never goes back";
  if (after.revision != before.revision && after.revision != before.revision + 1) {
    return "one step is one revision at most";
  }
  if (after.revision == before.revision && !SurvivesAlike(before, after)) {
    return "what must survive changes only with the revision";
  }
  if (after.revision != before.revision && after.update_time != now) {
    return "update_time is when the login changed";
  }
  if (HasEnded(after.state)) return BrokenByEnd(after, commands, now);
  for (const Command& command : commands) {
    std::string broken = BrokenOnWebPage(after, command);
    if (!broken.empty()) return broken;
  }
  if (after.end_time.has_value()) return "an unfinished login has no end_time";
  if (commands.empty()) {
    return after == before ? "" : "a step that changes a login says when to wake it";
  }
  return BrokenByCommands(before, after, commands);
}

}  // namespace cibad
