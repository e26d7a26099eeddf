// The provider's side of one simulated login. It answers as its plan says, counts with its own
// clock, and holds the daemon to the rules of OpenID CIBA: what the daemon cannot know (an answer
// of the provider that never came through) is not held against it.
//
// A request has two moments here: when it arrives, which the rules are about, and when the provider
// has made up its mind, which is when it takes effect. A slow one can take effect long after the
// daemon gave up on it.

#ifndef CIBAD_TESTS_SIMULATION_SIMULATED_PROVIDER_H_
#define CIBAD_TESTS_SIMULATION_SIMULATED_PROVIDER_H_

#include <string>

#include "absl/time/time.h"
#include "server/login/outcome.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"

namespace cibad {

inline constexpr char kSubjectOfTheCustomer[] = "the customer";
inline constexpr absl::Duration kLongestRetryAfter = absl::Seconds(40);
inline constexpr absl::Duration kAccessTokenLife = absl::Minutes(5);
inline constexpr absl::Duration kCodeLife = absl::Minutes(2);

class SimulatedProvider {
 public:
  SimulatedProvider(const Plan& plan, Random& random) : plan_(plan), random_(random) {}

  Outcome<UserExists> AnswerUserCheck();

  void BackchannelRequestArrives();
  Outcome<Acknowledgement> AnswerBackchannelRequest(absl::Time now);

  // Gives the request's number. `hang_up` is when the daemon stops waiting for its answer.
  int TokenRequestArrives(absl::Time now, absl::Time hang_up);
  Outcome<TokenAnswer> AnswerTokenRequest(int number, absl::Time now);

  // The customer's browser opens the page, and its code begins to age.
  void BrowserLeaves(absl::Time now) { code_expire_time_ = now + kCodeLife; }
  void CodeArrives();
  Outcome<TokenAnswer> AnswerCode(absl::Time now);

  IdTokenOutcome AnswerKeysRequest();

  void UserinfoRequestArrives();
  Outcome<Profile> AnswerUserinfoRequest(absl::Time now);

  // What the daemon heard of the answers, and wrote where it must survive.
  void NoUserWasHeard() { no_user_was_heard_ = true; }
  void SlowDownWasHeard() { interval_ += absl::Seconds(5); }
  void TokensWereHeard() { tokens_were_heard_ = true; }
  void EndWasHeard() { end_was_heard_ = true; }

  // The daemon died: its connections are closed.
  void DaemonDied(absl::Time now);

  // The invariant that was broken, or null.
  const Invariant* violation() const { return violation_; }
  bool was_asked() const { return was_asked_; }
  bool gave_decision() const { return gave_decision_; }
  bool gave_tokens() const { return gave_tokens_; }
  // A request that the daemon had given up took the tokens, after a later one was answered.
  bool gave_tokens_out_of_turn() const { return gave_tokens_out_of_turn_; }
  bool saw_a_dead_token() const { return saw_a_dead_token_; }
  absl::Time decide_time() const { return decide_time_; }
  absl::Time acknowledge_time() const { return acknowledge_time_; }
  absl::Time last_token_request() const { return last_token_request_; }
  absl::Duration interval() const { return interval_; }

 private:
  void Hold(bool kept, const Invariant& invariant);
  bool IsOutOfOrder() { return random_.Percent(plan_.trouble / 2); }
  absl::Duration RetryAfter();
  NoAnswer ServiceUnavailable();
  Outcome<TokenAnswer> Grant(int number, absl::Time now);
  TokenAnswer GiveTokens(absl::Time now);

  const Plan& plan_;
  Random& random_;
  const Invariant* violation_ = nullptr;
  bool was_asked_ = false;
  bool gave_decision_ = false;
  bool gave_tokens_ = false;
  bool gave_tokens_out_of_turn_ = false;
  bool saw_a_dead_token_ = false;
  bool no_user_was_heard_ = false;
  bool tokens_were_heard_ = false;
  bool end_was_heard_ = false;
  absl::Duration interval_;
  absl::Time decide_time_;
  absl::Time expire_time_;
  absl::Time acknowledge_time_;
  absl::Time access_token_expire_time_;
  absl::Time code_expire_time_;
  bool code_arrived_ = false;
  int token_requests_ = 0;
  int last_answered_token_request_ = 0;
  absl::Time last_token_request_ = absl::InfinitePast();
  absl::Time busy_until_ = absl::InfinitePast();  // with the last token request
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_SIMULATED_PROVIDER_H_
