// How many unfinished logins each caller has, so that none has more than its policy allows: counted
// when a start is let in, and given back when the login has ended, or when no login came of it.

#ifndef CIBAD_SERVER_ENGINE_PENDING_COUNTS_H_
#define CIBAD_SERVER_ENGINE_PENDING_COUNTS_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/statusor.h"

namespace cibad {

// Thread-safe. Bounded by itself: a caller without unfinished logins takes no memory.
class PendingCounts {
 public:
  // One that is let in but not yet a login. Given back with it, unless it has become one.
  class Place {
   public:
    Place(PendingCounts* counts, std::string caller)
        : counts_(counts), caller_(std::move(caller)) {}
    ~Place() {
      if (!is_kept_) counts_->Remove(caller_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // The login exists: whoever sees it end gives the place back.
    void Keep() { is_kept_ = true; }

   private:
    PendingCounts* const counts_;
    const std::string caller_;
    bool is_kept_ = false;
  };

  // Counts a start of the caller's. RESOURCE_EXHAUSTED: it has `most` already.
  absl::StatusOr<std::shared_ptr<Place>> Admit(const std::string& caller, int64_t most);

  // Counts a login that was there before.
  void Add(const std::string& caller);
  void Remove(const std::string& caller);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, int64_t> counts_;  // under mutex_; each is above zero
};

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_PENDING_COUNTS_H_
