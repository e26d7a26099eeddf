// Customers for tests that break things while hundreds log in: who they are, what each decides and
// when, and, at the end, whether each login ended as its customer decided and what the provider
// saw of it.

#ifndef CIBAD_TESTS_INTEGRATION_CHAOS_CUSTOMERS_H_
#define CIBAD_TESTS_INTEGRATION_CHAOS_CUSTOMERS_H_

#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "cibad/v1/login.pb.h"
#include "tests/integration/till_fleet.h"
#include "tests/sandbox/sandbox_process.h"

namespace cibad {

struct Customer {
  std::string msisdn;
  v1::Login::State end = v1::Login::COMPLETED;  // that the decision leads to
  bool decides_by_hand = false;                 // the test has to tell the sandbox
  std::optional<absl::Duration> cancel_after;   // it is the till that decides
  // Absent: what the sandbox gives, which is for those who never decide.
  std::optional<absl::Duration> requested_expiry;
};

// Customers of every kind, each with a number of their own, in random order. Those who never
// answer, and so end when the sandbox's time is up, are among the first third. Of 100,
// `slow_profiles` approve at once, and their profile takes seconds to come.
std::vector<Customer> MakeCustomers(int count, int slow_profiles, std::mt19937& random);

// A start of this customer's login that is safe to repeat.
v1::StartLoginRequest RequestOf(const Customer& customer);

// Tells the sandbox what the customer decided.
absl::Status Decide(const Customer& customer, SandboxProcess& sandbox);

// What became of all logins.
struct Verdict {
  // INTERRUPTED: the start was under way when there was trouble, and whether the customer was asked
  // is not known, so they may not be asked again (docs/architecture.md).
  int interrupted_starts = 0;
  // PROVIDER_UNAVAILABLE: the start was under way when there was trouble, and its time was over
  // before the request could leave. Nobody was asked.
  int unsent_starts = 0;
  // INTERRUPTED: the provider gave its one last answer (the tokens, the no, or that time is up) to
  // a request that broke off; the next was told that the login is over. No client can do better.
  int lost_answers = 0;
  // EXPIRED, after a poll that came more than a second after the time was up, because it had waited
  // in the daemon for a connection.
  int late_polls = 0;
  std::vector<TimeSpan> pauses;  // that tills have seen
  int breaks = 0;                // that the tills have seen
  int dropped = 0;               // of these, CANCELLED
  // What must not be, a line for each: a login that ended otherwise, a customer who was asked
  // twice, a rule broken at the sandbox.
  std::vector<std::string> wrongs;
};

// `records` are the tills of `customers`, in their order. `kept` are the ids of logins whose
// tokens the daemon is known to have made durable: nothing of theirs is lost.
Verdict Judge(const std::vector<Customer>& customers, const std::vector<TillRecord>& records,
              const SandboxProcess& sandbox, const std::set<std::string>& kept = {});

}  // namespace cibad

#endif  // CIBAD_TESTS_INTEGRATION_CHAOS_CUSTOMERS_H_
