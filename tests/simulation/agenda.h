// What is still to happen in a simulated world, and what time it is there. The clock jumps from one
// happening to the next.

#ifndef CIBAD_TESTS_SIMULATION_AGENDA_H_
#define CIBAD_TESTS_SIMULATION_AGENDA_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace cibad {

class Agenda {
 public:
  explicit Agenda(absl::Time start) : now_(start) {}

  absl::Time now() const { return now_; }

  // What is to happen at `time`, or now, if that is over. Of two at one time, the earlier made
  // happens first, so that a run repeats itself.
  void At(absl::Time time, std::function<void()> what) {
    heap_.push_back({std::max(time, now_), order_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), IsLater);
  }

  // Moves the clock to the next happening, and has it happen. False: there is none.
  bool HappenNext() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), IsLater);
    const Happening next = std::move(heap_.back());
    heap_.pop_back();
    now_ = next.time;
    next.what();
    return true;
  }

 private:
  struct Happening {
    absl::Time time;
    uint64_t order;
    std::function<void()> what;
  };
  static bool IsLater(const Happening& one, const Happening& other) {
    return one.time != other.time ? one.time > other.time : one.order > other.order;
  }

  absl::Time now_;
  uint64_t order_ = 0;
  std::vector<Happening> heap_;  // the next at its front
};

}  // namespace cibad

#endif  // CIBAD_TESTS_SIMULATION_AGENDA_H_
