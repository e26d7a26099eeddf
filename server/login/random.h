// Randomness that nobody can guess, for ids, binding messages and nonces. From the kernel itself: a
// start takes four of them, and OpenSSL's generator, which the kernel seeds, takes three times as
// long for so few bytes.

#ifndef CIBAD_SERVER_LOGIN_RANDOM_H_
#define CIBAD_SERVER_LOGIN_RANDOM_H_

#include <cstddef>
#include <type_traits>

namespace cibad {

// The kernel gives so many in one piece.
inline constexpr size_t kMostRandomBytes = 256;

// Ends the process when the system has none
// to give: without randomness nothing here is safe.
void FillWithRandomBits(void* bits, size_t size);

template <typename Bits>
Bits RandomBits() {
  static_assert(std::is_trivially_copyable_v<Bits> && sizeof(Bits) <= kMostRandomBytes);
  Bits bits;
  FillWithRandomBits(&bits, sizeof(bits));
  return bits;
}

}  // namespace cibad

#endif  // CIBAD_SERVER_LOGIN_RANDOM_H_
