// Randomness that nobody can guess, for ids and binding messages.

#ifndef CIBAD_SERVER_ENGINE_RANDOM_H_
#define CIBAD_SERVER_ENGINE_RANDOM_H_

#include <cstddef>
#include <type_traits>

namespace cibad {

// Ends the process when the system has none to give: without randomness nothing here is safe.
void FillWithRandomBits(void* bits, size_t size);

template <typename Bits>
Bits RandomBits() {
  static_assert(std::is_trivially_copyable_v<Bits>);
  Bits bits;
  FillWithRandomBits(&bits, sizeof(bits));
  return bits;
}

}  // namespace cibad

#endif  // CIBAD_SERVER_ENGINE_RANDOM_H_
