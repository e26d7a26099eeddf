#include "server/login/random.h"

#include <sys/random.h>

#include <cassert>
#include <cerrno>
#include <cstdlib>

namespace cibad {

void FillWithRandomBits(void* bits, size_t size) {
  assert(size <= kMostRandomBytes);
  // Shortly after the machine's start a signal can come before there is any.
  while (getrandom(bits, size, 0) != static_cast<ssize_t>(size)) {
    if (errno != EINTR) std::abort();
  }
}

}  // namespace cibad
