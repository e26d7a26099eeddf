// What libFuzzer calls, for the target that CIBAD_FUZZ_TARGET names.

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  cibad::fuzz::CIBAD_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
