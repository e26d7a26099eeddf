#include "server/ops/free_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace cibad {
namespace {

// Of the process, in memory (proc_pid_statm(5)). 0: the kernel does not say.
size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t all_pages = 0;
  size_t resident_pages = 0;
  statm >> all_pages >> resident_pages;
  return resident_pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

bool FreeMemory::ReturnAfterGrowth() {
  const size_t resident = ResidentBytes();
  const bool is_calm = resident < seen_bytes_ + kCalm;
  seen_bytes_ = resident;
  settled_bytes_ = std::min(settled_bytes_, resident);
  if (!is_calm || resident < settled_bytes_ + kWorthwhile) return false;
  malloc_trim(/*pad=*/0);
  settled_bytes_ = ResidentBytes();
  return true;
}

}  // namespace cibad
