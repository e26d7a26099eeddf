// The store of a simulated daemon: it commits what waits in groups, after a while, and fails where
// its disk does. What is on the disk is the world's and survives the daemon; a daemon that dies
// leaves some of what waited there, in its order, and nobody is told which.

#ifndef CIBAD_TESTS_SIMULATION_SIMULATED_STORE_H_
#define CIBAD_TESTS_SIMULATION_SIMULATED_STORE_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "server/store/store.h"

namespace cibad {

// By id.
using SimulatedDisk = std::map<std::string, Login, std::less<>>;

class SimulatedStore : public Store {
 public:
  struct Environment {
    SimulatedDisk* disk = nullptr;
    // Something waits: Commit or Fail is to be called some time later.
    std::function<void()> on_waiting;
    // Whether a write is refused at once, as when too many wait.
    std::function<bool(const Login&)> refuses;
    // Called before a login is replaced on the disk; `before` is null for a new one.
    std::function<void(const Login* before, const Login& after)> on_commit;
  };

  explicit SimulatedStore(Environment environment) : environment_(std::move(environment)) {}

  void Create(Login login, CreateDone done) override;
  void Update(Login login, WriteDone done) override;
  void Erase(std::string id, WriteDone done) override;
  void EraseEndedBefore(absl::Time time, WriteDone done) override;
  void EraseStartsBefore(absl::Time time, WriteDone done) override;
  void WaitForWrites() override {}
  absl::Status status() const override { return status_; }
  absl::StatusOr<Login> Get(absl::string_view id) override;
  absl::StatusOr<Login> GetByRequestId(absl::string_view caller,
                                       absl::string_view request_id) override;
  absl::StatusOr<LoginPage> List(const ListQuery& query) override;
  absl::Status LoadUnfinished(const std::function<void(Login)>& take) override;
  // Only the engine asks for starts.
  absl::Status LoadStarts(absl::Time, int64_t,
                          const std::function<void(const KeptStart&)>&) override {
    return absl::OkStatus();
  }
  std::vector<CustomerHash> CustomerHashesOf(const LoginRequest&) override { return {}; }

  // The disk takes all that waits, or nothing of it, and that is answered.
  void Commit();
  void Fail();

  // The disk takes the first `count` of what waits, and nobody is told.
  void CommitUntold(size_t count);

  size_t waiting() const { return waiting_.size(); }
  bool HasUpdates() const;  // that wait
  bool IsWaiting(const std::string& id) const;

 private:
  struct Write {
    Login login;
    CreateDone created;  // of a new login
    WriteDone updated;   // of a later revision
  };

  // Gives what is then stored.
  const Login& Take(const Write& write);

  Environment environment_;
  std::deque<Write> waiting_;
  absl::Status status_;
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_SIMULATED_STORE_H_
