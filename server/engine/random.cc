#include "server/engine/random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace cibad {

void FillWithRandomBits(void* bits, size_t size) {
  if (RAND_bytes(static_cast<unsigned char*>(bits), static_cast<int>(size)) != 1) std::abort();
}

}  // namespace cibad
