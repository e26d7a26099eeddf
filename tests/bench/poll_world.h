// A worker with logins that wait and a provider that answers at once, in one thread and without
// sockets: what a poll costs of the daemon's own, the same on every machine.

#ifndef CIBAD_TESTS_BENCH_POLL_WORLD_H_
#define CIBAD_TESTS_BENCH_POLL_WORLD_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "server/engine/worker.h"
#include "tests/unit/engine/fakes.h"

namespace cibad {

class PollWorld {
 public:
  PollWorld();

  // Has the worker take over so many logins that wait for their customers.
  void AddLogins(int count);

  // Lets an interval pass: each login polls once, and hears that the customer has not decided.
  // Gives how many polls that were.
  int PollAll();

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  absl::Time alarm_ = absl::InfiniteFuture();
  int logins_ = 0;
  FakeHttp http_;
  FakeHttp provider_http_;
  FakeStore store_;
  Metrics metrics_;
  CredentialsWatch credentials_;
  ProviderDirectory provider_;
  std::deque<std::function<void()>> posted_;
  std::optional<Worker> worker_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_BENCH_POLL_WORLD_H_
