#include "server/ops/code_pages.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace cibad {
namespace {

using Segment = ElfW(Phdr);

// Pages of a segment that may be written would not come back as they were: the loader, at least,
// has written to most of them.
bool IsAsInItsFile(const Segment& segment) {
  return segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0;
}

// Called by the loader for each program and library. Zero: go on with the next.
int ReleaseSegments(dl_phdr_info* object, size_t /*size*/, void* /*data*/) {
  const uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    const Segment& segment = object->dlpi_phdr[i];
    if (!IsAsInItsFile(segment)) continue;
    const uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    const uintptr_t first_page = begin / page * page;
    // A refusal, as of pages that are locked into memory, leaves them where they are.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): where the loader says that it is
    madvise(reinterpret_cast<void*>(first_page), begin + segment.p_memsz - first_page,
            MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void ReleaseCodePages() { dl_iterate_phdr(ReleaseSegments, nullptr); }

}  // namespace cibad
