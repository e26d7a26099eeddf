// The promises that the simulation holds the core to, each with the name that a failure and
// docs/simulation.md call it by. Section numbers are of OpenID CIBA Core 1.0 unless named
// otherwise.

#ifndef CIBAD_TESTS_SIMULATION_INVARIANTS_H_
#define CIBAD_TESTS_SIMULATION_INVARIANTS_H_

#include "absl/strings/string_view.h"

namespace cibad {

struct Invariant {
  absl::string_view name;
  absl::string_view promise;
};

// By the provider's own count.
inline constexpr Invariant kAskedOnce{
    "asked-once", "no second backchannel request follows one that may have arrived"};
inline constexpr Invariant kNoPushToNobody{
    "no-push-to-nobody",
    "no backchannel request follows the provider's word that there is no such user"};
inline constexpr Invariant kPollNotEarly{
    "poll-not-early",
    "10.1, 11: no token request comes before the interval, slow_down included, is over"};
inline constexpr Invariant kPollNotOverlapping{
    "poll-not-overlapping", "10.1: no token request comes while another is under way"};
inline constexpr Invariant kTokensAskedForOnce{
    "tokens-asked-for-once", "10.1.1: tokens that are written are not asked for again"};
inline constexpr Invariant kNoPollAfterTheEnd{
    "no-poll-after-the-end", "11: no token request follows an answer that ended the login"};
inline constexpr Invariant kBadIdTokenNotUsed{
    "bad-id-token-not-used", "Core 3.1.3.7: userinfo is not called with a refused ID token"};

inline constexpr Invariant kWebPageNotPolled{
    "web-page-not-polled", "a login that finishes on a web page is never polled for"};
inline constexpr Invariant kCodeExchangedOnce{
    "code-exchanged-once", "no exchange of a code follows one that may have arrived"};

// By what the daemon does.
inline constexpr Invariant kEachStep{"each-step", "every transition is well formed"};
inline constexpr Invariant kOneRequestAtATime{"one-request-at-a-time",
                                              "a login has at most one request under way"};
inline constexpr Invariant kWaitsAfterTrouble{
    "waits-after-trouble", "10.1: Retry-After and the exponential back-off are kept"};
inline constexpr Invariant kPingIsHeeded{
    "ping-is-heeded", "10.2: a poll follows a ping as soon as the interval allows it"};
inline constexpr Invariant kDeadTokenNotUsed{
    "dead-token-not-used", "no access token is used when the daemon knows that it has expired"};
inline constexpr Invariant kStaleChangesNothing{
    "stale-changes-nothing", "an event that nobody waits for any more changes nothing"};

// By what is stored and told.
inline constexpr Invariant kRefusedStartDoesNotExist{
    "refused-start-does-not-exist", "of a start that could not be written nothing follows"};
inline constexpr Invariant kOneEnd{"one-end", "a login has exactly one end"};
inline constexpr Invariant kToldAfterWritten{"told-after-written",
                                             "a till hears nothing that is not written"};
inline constexpr Invariant kToldStaysTrue{"told-stays-true",
                                          "a till never hears that a login went back"};
inline constexpr Invariant kNothingForgotten{
    "nothing-forgotten", "what is written of an unfinished login is never taken back"};
inline constexpr Invariant kOnlyProvenIsConfirmed{
    "only-proven-is-confirmed", "a till hears of a yes only when the ID token is proven"};

// By what the worker does around the core.
inline constexpr Invariant kActsAfterWriting{
    "acts-after-writing", "nothing is asked of the provider before what leads to it is written"};
inline constexpr Invariant kOneWriteAtATime{"one-write-at-a-time",
                                            "a login has at most one write under way"};
inline constexpr Invariant kToldOnce{"told-once", "a watcher hears of each state once"};
inline constexpr Invariant kEveryChangeIsTold{"every-change-is-told",
                                              "a watcher hears of each state that its login has"};
inline constexpr Invariant kEveryCallIsAnswered{"every-call-is-answered",
                                                "Get, Cancel and Watch are answered, once"};
inline constexpr Invariant kDrains{
    "drains", "a draining worker begins nothing, and says when nothing is under way"};

// By how it ends.
inline constexpr Invariant kEnds{"ends-by-deadline", "every login ends by its deadline"};
inline constexpr Invariant kCancelIsHeard{"cancel-is-heard", "a till can cancel at any time"};
inline constexpr Invariant kEndsAsDecided{
    "ends-as-decided", "the end, and its reason, is what the customer and the provider made it"};
inline constexpr Invariant kPollingGoesOn{"polling-goes-on",
                                          "10.1: polling goes on until the login expires"};
inline constexpr Invariant kDecisionIsHeardOut{"decision-is-heard-out",
                                               "a decision that was given does not expire"};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_INVARIANTS_H_
