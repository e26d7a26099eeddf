#include "server/login/phone_mask.h"

#include <cstddef>

namespace cibad {

std::string MaskPhoneNumber(absl::string_view msisdn) {
  constexpr size_t kHead = 2;
  constexpr size_t kTail = 3;
  constexpr size_t kShortest = 8;
  std::string masked(msisdn);
  const bool is_short = masked.size() < kShortest;
  const size_t begin = is_short ? 0 : kHead;
  const size_t end = is_short ? masked.size() : masked.size() - kTail;
  for (size_t i = begin; i < end; ++i) masked[i] = '*';
  return masked;
}

}  // namespace cibad
