#include "server/login/random.h"

#include <sys/random.h>

#include <cassert>
#include <cstdlib>

namespace cibad {

void FillWithRandomBits(void* bits, size_t size) {
  [[maybe_unused]] constexpr size_t kMost = 256;
  assert(size <= kMost);
  if (getrandom(bits, size, 0) != static_cast<ssize_t>(size)) std::abort();
}

}  // namespace cibad
