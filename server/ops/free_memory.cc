#include "server/ops/free_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace cibad {
namespace {

// Of the process, in memory, and in no file (proc_pid_statm(5)): pages of code come back by
// themselves, and are not free. 0: the kernel does not say.
size_t BytesInMemory() {
  std::ifstream statm("/proc/self/statm");
  size_t all_pages = 0;
  size_t resident_pages = 0;
  size_t file_pages = 0;
  if (!(statm >> all_pages >> resident_pages >> file_pages)) return 0;
  return (resident_pages - std::min(file_pages, resident_pages)) *
         static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

bool FreeMemory::ReturnAfterGrowth() {
  const size_t bytes = BytesInMemory();
  const bool is_calm = bytes < seen_bytes_ + kCalm;
  seen_bytes_ = bytes;
  settled_bytes_ = std::min(settled_bytes_, bytes);
  const size_t worthwhile = std::max(kWorthwhile, settled_bytes_ / kWorthwhilePart);
  if (!is_calm || bytes < settled_bytes_ + worthwhile) return false;
  malloc_trim(/*pad=*/0);
  settled_bytes_ = BytesInMemory();
  seen_bytes_ = settled_bytes_;
  return true;
}

}  // namespace cibad
