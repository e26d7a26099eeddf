// The provider's side of one simulated login. It answers as its plan says, counts with its own
// clock, and holds the daemon to the rules of OpenID CIBA: what it cannot know (an answer of its
// own that never came through) it does not hold against the daemon.

#ifndef CIBAD_TESTS_SIMULATION_SIMULATED_PROVIDER_H_
#define CIBAD_TESTS_SIMULATION_SIMULATED_PROVIDER_H_

#include <string>

#include "absl/time/time.h"
#include "server/login/outcome.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"

namespace cibad {

inline constexpr char kCustomer[] = "the customer";
inline constexpr absl::Duration kLongestRetryAfter = absl::Seconds(40);

class SimulatedProvider {
 public:
  SimulatedProvider(const Plan& plan, Random& random) : plan_(plan), random_(random) {}

  // A request arrives at `now` and is answered at `answer_time`.
  Outcome<Acknowledgement> TakeBackchannelRequest(absl::Time now, absl::Time answer_time);
  Outcome<TokenAnswer> TakeTokenRequest(absl::Time now, absl::Time answer_time);
  IdTokenOutcome TakeKeysRequest();
  Outcome<Profile> TakeUserinfoRequest();

  // What the daemon heard of the answers, and wrote where it must survive.
  void SlowDownWasHeard() { interval_ += absl::Seconds(5); }
  void RetryAfterWasHeard(absl::Time not_before) { not_before_ = not_before; }
  void TokensWereHeard() { tokens_were_heard_ = true; }

  // The daemon died: its connections are closed, and what it need not keep is forgotten.
  void DaemonDied(absl::Time now);

  // The rule that was broken; empty: none.
  const std::string& violation() const { return violation_; }
  bool told_decision() const { return told_decision_; }
  absl::Time last_token_request() const { return last_token_request_; }
  absl::Duration interval() const { return interval_; }

 private:
  void Hold(bool kept, const char* rule);
  bool IsOutOfOrder() { return random_.Percent(plan_.trouble / 2); }
  absl::Duration RetryAfter();
  NoAnswer ServiceUnavailable();
  void CheckTokenRequest(absl::Time now);
  Outcome<TokenAnswer> Grant(absl::Time now);

  const Plan plan_;
  Random& random_;
  std::string violation_;
  bool was_pushed_ = false;
  bool grant_is_gone_ = false;
  bool told_decision_ = false;
  bool tokens_were_heard_ = false;
  absl::Duration interval_;
  absl::Time decide_time_;
  absl::Time expire_time_;
  absl::Time acknowledge_time_;
  absl::Time last_token_request_ = absl::InfinitePast();
  absl::Time busy_until_ = absl::InfinitePast();
  absl::Time not_before_ = absl::InfinitePast();
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_SIMULATED_PROVIDER_H_
