// ID tokens for simulated customers, signed once for the whole run: to sign one costs more than the
// rest of a login. Their times fit every world, since all of them begin at the same time.

#ifndef CIBAD_TESTS_SIMULATION_PREPARED_TOKENS_H_
#define CIBAD_TESTS_SIMULATION_PREPARED_TOKENS_H_

#include <array>
#include <string>

#include "absl/time/time.h"

namespace cibad {

inline constexpr int kCustomersOfAWorld = 8;
inline constexpr char kSimulatedIssuer[] = "https://provider.test/access/";
inline constexpr char kSimulatedClientId[] = "client";

inline absl::Time BeginOfWorlds() { return absl::FromUnixSeconds(1'800'000'000); }

// The `sub` of a customer.
std::string SubjectOfCustomer(int customer);

struct PreparedTokens {
  std::array<std::string, kCustomersOfAWorld> good;       // signed by the key that is always there
  std::array<std::string, kCustomersOfAWorld> newly_key;  // by one that the JWKS has only later
  std::array<std::string, 4> bad;  // forged, by a key that never comes, expired, of another issuer
  std::string keys;                // the JWKS
  std::string newer_keys;          // with the later key
};

const PreparedTokens& Prepared();

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_PREPARED_TOKENS_H_
