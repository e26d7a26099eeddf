// No harassment: how often one customer's phone may be made to ring. Over all callers and sales
// units a customer is asked a few times in a while and no more; and of one sales unit only one
// login of a customer is pending at a time.

#ifndef CIBAD_SERVER_ENGINE_NUMBER_GUARD_H_
#define CIBAD_SERVER_ENGINE_NUMBER_GUARD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/login/login.h"
#include "server/store/store.h"

namespace cibad {

// Thread-safe. Customers are told apart by a hash of their number, or of their check-in's token,
// under a seed of this process. Takes memory for pending logins, of which the engine has a limit,
// and for starts within the window. Those of before a restart are the store's to keep, and are
// known by its hashes.
class NumberGuard {
 public:
  // So many starts are remembered; while they are, all within the window, no other customer is
  // asked. At about 100 bytes each.
  static constexpr size_t kMostStarts = 1'000'000;

  // Store::CustomerHashesOf; needed with SetEarlier.
  using HashesOf = std::function<std::vector<CustomerHash>(const LoginRequest&)>;

  struct Limits {
    int64_t starts = 5;  // of one customer
    absl::Duration window = absl::Minutes(10);
  };

  // A start that was let in. Taken back with it, unless a login has come of it.
  class Hold {
   public:
    Hold(NumberGuard* guard, size_t customer, size_t place, std::string id)
        : guard_(guard), customer_(customer), place_(place), id_(std::move(id)) {}
    ~Hold() {
      if (!is_kept_) guard_->TakeBack(customer_, place_, id_);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

    // The login exists: whoever sees it end calls Remove.
    void Keep() { is_kept_ = true; }

   private:
    NumberGuard* const guard_;
    const size_t customer_;
    const size_t place_;
    const std::string id_;
    bool is_kept_ = false;
  };

  struct Verdict {
    // RESOURCE_EXHAUSTED: the customer has been asked too often, and RetryDelayOf says how long to
    // wait; or too many customers have been asked. ALREADY_EXISTS: a login of the customer is
    // pending at the sales unit.
    absl::Status status;
    // Null also where the start repeats the pending login's: same caller, same request_id.
    std::shared_ptr<Hold> hold;
    std::string
        own_pending;  // the id of the login that is in the way, where it is the caller's own
  };

  explicit NumberGuard(HashesOf hashes_of = nullptr, size_t most_starts = kMostStarts);

  // Whether a login of that id may start; counts it, if so.
  Verdict Admit(const LoginRequest& request, const std::string& id, const Limits& limits,
                absl::Time now);

  // A login that came without Admit.
  void Add(const Login& login);
  // The same of one that was there before a restart: its start is among the earlier ones.
  void AddPending(const Login& login);
  // The starts before a restart.
  void SetEarlier(std::vector<KeptStart> starts);
  // A login has ended. That its customer was asked stays known for as long as the window says.
  void Remove(const Login& login);

 private:
  using Starts = absl::InlinedVector<absl::Time, 1>;  // most customers have one
  using IdText = absl::InlinedVector<char, 26>;       // in place; a string's would be a block
  struct Pending {
    IdText id;
    size_t start = 0;  // a hash of its caller and request_id; 0: it has no request_id
    size_t caller = 0;
  };

  size_t CustomerOf(const LoginRequest& request) const;
  size_t PlaceOf(const LoginRequest& request) const;
  size_t StartOf(const LoginRequest& request) const;
  void TakeBack(size_t customer, size_t place, absl::string_view id);
  void RemovePending(size_t place, absl::string_view id);
  // Those of the customer since `oldest`: how many, and the first.
  struct Asked {
    size_t count = 0;
    absl::Time first = absl::InfiniteFuture();
  };
  Asked CountEarlier(const std::vector<CustomerHash>& customer, absl::Time oldest) const;
  bool IsFull() const { return starts_count_ + earlier_.size() >= most_starts_; }
  void ForgetEarlier();
  void ForgetOld(absl::Time oldest);

  const uint64_t seed_;
  const HashesOf hashes_of_;
  const size_t most_starts_;
  std::atomic<bool> has_earlier_ = false;        // whether there is anything to be recognised
  std::mutex mutex_;                             // guards what follows
  std::unordered_map<size_t, Pending> pending_;  // by customer and sales unit
  std::unordered_map<size_t, Starts> starts_;    // by customer, the oldest first
  size_t starts_count_ = 0;
  size_t forget_at_ = 1024;  // how many customers starts_ may have before it is looked through
  absl::Time forgot_at_ = absl::InfinitePast();
  std::vector<KeptStart> earlier_;  // by customer, and of each the oldest first
  absl::Time newest_earlier_;       // of them all
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_NUMBER_GUARD_H_
