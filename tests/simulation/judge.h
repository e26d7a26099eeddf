// The last judgement of a simulated login: whether it ended, in time, and as it had to, given what
// the daemon came to know.

#ifndef CIBAD_TESTS_SIMULATION_JUDGE_H_
#define CIBAD_TESTS_SIMULATION_JUDGE_H_

#include <optional>

#include "absl/time/time.h"
#include "server/login/event.h"
#include "server/login/login.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/simulated_provider.h"

namespace cibad {

// The limits of the simulated world.
inline constexpr absl::Duration kLongestWay = absl::Seconds(2);  // of a request or an answer
inline constexpr absl::Duration kRequestTimeout = absl::Seconds(35);
inline constexpr absl::Duration kLongestCommit = absl::Seconds(1);
inline constexpr absl::Duration kLongestStagger = absl::Seconds(5);  // 100,000 logins' worth
inline constexpr absl::Duration kCancelRetry = absl::Seconds(1);
inline constexpr absl::Duration kSlowestAnswer = absl::Seconds(30);  // that is still waited for

// What was known for good in the course of a login: written, where it must survive. Times are
// the daemon's, whose clock may be set between two lives of it, but for those called true.
struct Record {
  bool start_was_refused = false;
  bool died_while_starting = false;
  bool push_was_broken_off = false;  // its answer is lost
  bool push_met_outage = false;      // HTTP 5xx
  bool push_never_left = false;
  bool heard_nonsense = false;
  bool heard_denial = false;
  bool heard_expiry = false;
  bool heard_wrong_number = false;
  bool heard_unknown_error = false;
  bool heard_no_answer = false;  // of a token request
  // Of a login that finishes on a web page.
  bool died_while_exchanging = false;
  bool exchange_was_broken_off = false;
  bool exchange_met_outage = false;
  bool exchange_was_refused = false;  // as invalid_grant
  bool exchange_met_429 = false;
  bool heard_senseless_error = false;             // slow_down, authorization_pending
  absl::Time code_time = absl::InfiniteFuture();  // the first time that the daemon took up a code
  bool was_cancelled = false;
  int restarts = 0;
  absl::Duration delay;  // in all, by a failing disk and by SIGSTOP
  absl::Time create_time;
  absl::Time restart_time = absl::InfinitePast();
  absl::Time true_restart_time = absl::InfinitePast();
  absl::Time true_cancel_time = absl::InfiniteFuture();  // the first time that the daemon heard it
  absl::Time true_end_time;
  absl::Time expiry_runs_from = absl::InfiniteFuture();
  absl::Time tokens_time = absl::InfiniteFuture();

  bool heard_tokens() const { return tokens_time != absl::InfiniteFuture(); }

  // The daemon took up `event` at `now` and, where it must, wrote what came of it.
  void Heard(const Event& event, absl::Time now);

 private:
  void HeardOfToken(const Outcome<TokenAnswer>& outcome, absl::Time now);
  void HeardOfError(const ProviderError& error);
};

// The invariant that the end breaks, or null.
const Invariant* Judge(const Login& end, const Record& record, const Plan& plan,
                       const SimulatedProvider& provider);

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_JUDGE_H_
