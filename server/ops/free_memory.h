// What the process has freed and the C library keeps for the next time. A burst of logins needs
// several times the memory of logins that wait, which the process would otherwise keep for ever.

#ifndef CIBAD_SERVER_OPS_FREE_MEMORY_H_
#define CIBAD_SERVER_OPS_FREE_MEMORY_H_

#include <cstddef>

namespace cibad {

// Not thread-safe. Other threads run on, but wait for memory where they ask for it just then: some
// 10 ms where there are 200 MiB.
class FreeMemory {
 public:
  // Less than so many bytes are not worth the time.
  static constexpr size_t kWorthwhile = size_t{4} << 20;
  // Nor is less than one part in so many of what the process had: requests under way take and free
  // as much, and would ask for it again at once.
  static constexpr size_t kWorthwhilePart = 8;
  // A process that grows by more from one look to the next is in the middle of it.
  static constexpr size_t kCalm = size_t{1} << 20;

  // To be called every few seconds. Gives what is free back to the machine, where the process has
  // grown since it last did, or since its start, and grows no more; says whether it has.
  bool ReturnAfterGrowth();

 private:
  size_t seen_bytes_ = 0;     // of the process, at the last look
  size_t settled_bytes_ = 0;  // the least that was seen since memory was last given back
};

}  // namespace cibad

#endif  // CIBAD_SERVER_OPS_FREE_MEMORY_H_
