// Hundreds of tills that never give up: each starts one login and watches it to its end, starts
// again with the same request_id when a start breaks off, and watches again when a stream does.
// They share a few connections and gRPC's own threads.

#ifndef CIBAD_TESTS_INTEGRATION_TILL_FLEET_H_
#define CIBAD_TESTS_INTEGRATION_TILL_FLEET_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"

namespace cibad {

struct TimeSpan {
  absl::Time begin;
  absl::Time end;

  absl::Duration length() const { return end - begin; }
};

// What one till has lived through so far.
struct TillRecord {
  v1::StartLoginRequest request;
  v1::Login last;                // the latest that it was told; empty: nothing yet
  int breaks = 0;                // calls and streams that ended as UNAVAILABLE, or were
  int dropped = 0;               // as CANCELLED
  std::vector<TimeSpan> pauses;  // each from a break to the next word of the daemon
  bool was_confirmed = false;    // it was told CONFIRMED
  // It had begun to start, and was not yet told that the customer had been asked, at a moment that
  // NoteTrouble was called.
  bool was_starting_in_trouble = false;
  // The first thing that must never happen to a till: another status than those, a login that
  // is another one or goes back to an earlier state. Empty: all went well.
  std::string mistake;

  bool is_asked() const { return last.state() >= v1::Login::PENDING; }
  bool has_ended() const { return last.state() >= v1::Login::COMPLETED; }
};

struct FleetCounts {
  int tills = 0;
  int accepted = 0;  // StartLogin was answered
  int asked = 0;     // PENDING, or beyond
  int ended = 0;     // or made a mistake
};

class TillFleet {
 public:
  // `address` as gRPC writes it.
  explicit TillFleet(const std::string& address);
  // Hangs up.
  ~TillFleet();
  TillFleet(const TillFleet&) = delete;
  TillFleet& operator=(const TillFleet&) = delete;

  // Adds a till that starts this login now. With `cancel_after` it calls CancelLogin that long
  // after it was told that the customer had been asked.
  void Start(v1::StartLoginRequest request,
             std::optional<absl::Duration> cancel_after = std::nullopt);

  // To be called right before something happens that may break off starts.
  void NoteTrouble();

  // Waits until the condition holds, looking whenever a till has news. False: `limit` passed.
  bool WaitUntil(const std::function<bool(const FleetCounts&)>& condition, absl::Duration limit);

  FleetCounts Counts() const;
  std::vector<TillRecord> Records() const;  // in the order of Start

 private:
  struct Shared;
  struct FleetTill;
  std::shared_ptr<Shared> shared_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_TILL_FLEET_H_
