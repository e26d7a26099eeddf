// The provider of a world of many logins, as its HTTP endpoints: each customer's part is that of
// the core's simulation (simulated_provider.h), here it is found by what a request says, and its
// answers become responses.

#ifndef CIBAD_TESTS_SIMULATION_HTTP_PROVIDER_H_
#define CIBAD_TESTS_SIMULATION_HTTP_PROVIDER_H_

#include <deque>
#include <string>

#include "absl/time/time.h"
#include "server/http/message.h"
#include "tests/simulation/plan.h"
#include "tests/simulation/random.h"
#include "tests/simulation/simulated_provider.h"

namespace cibad {

enum class Endpoint { kDiscovery, kKeys, kBackchannel, kToken, kUserinfo, kNone };

// Whom a request is for.
struct Target {
  Endpoint endpoint = Endpoint::kNone;
  int customer = -1;  // of the last three
};

class HttpProvider {
 public:
  // From `newer_keys_time` on the JWKS has another key, which is used when all who fetch it have
  // it.
  HttpProvider(Random& random, absl::Time newer_keys_time)
      : random_(random), newer_keys_time_(newer_keys_time) {}

  // Adds the next customer.
  void Add(const Plan& plan);

  static std::string NumberOf(int customer);       // the MSISDN
  static std::string AuthReqIdOf(int customer);    // what the acknowledgement gives
  static std::string AccessTokenOf(int customer);  // what the token answer gives

  // kNone: the request makes no sense.
  Target Find(const HttpRequest& request) const;

  // A request arrives; the number is for Answer. See SimulatedProvider for `hang_up`.
  int Arrive(const Target& target, absl::Time now, absl::Time hang_up);
  HttpResponse Answer(const Target& target, int number, absl::Time now);

  void DaemonDied(absl::Time now);

  SimulatedProvider& customer(int index) { return customers_[static_cast<size_t>(index)].provider; }
  const Plan& plan(int index) const { return customers_[static_cast<size_t>(index)].plan; }

  // The invariant that was broken, or null.
  const Invariant* violation() const;

 private:
  struct Customer {
    Customer(const Plan& what, Random& random) : plan(what), provider(plan, random) {}
    const Plan plan;
    SimulatedProvider provider;
  };

  std::string TokensOf(int customer, absl::Time now);
  HttpResponse UserinfoOf(const Target& target, absl::Time now);

  Random& random_;
  const absl::Time newer_keys_time_;
  std::deque<Customer> customers_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_HTTP_PROVIDER_H_
