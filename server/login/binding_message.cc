#include "server/login/binding_message.h"

#include <algorithm>
#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"

namespace cibad {

absl::StatusOr<std::string> NormalizeBindingMessage(absl::string_view message) {
  constexpr size_t kShortest = 5;
  constexpr size_t kLongest = 8;
  std::string normalized = absl::AsciiStrToUpper(message);
  const bool is_plain = std::all_of(normalized.begin(), normalized.end(), [](char c) {
    return absl::ascii_isupper(static_cast<unsigned char>(c)) ||
           absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-';
  });
  if (!is_plain || normalized.size() < kShortest || normalized.size() > kLongest) {
    return absl::InvalidArgumentError("binding_message: must be 5 to 8 of A-Z, 0-9 and -");
  }
  return normalized;
}

std::string MakeBindingMessage(uint64_t random_bits) {
  // No 0 and O, 1 and I and L, 2 and Z, 5 and S, 8 and B, U and V; and no vowels, so that no words
  // come out.
  constexpr absl::string_view kCharacters = "34679CDFGHJKMNPQRTWXY";
  constexpr int kGroup = 3;
  std::string message;
  for (int i = 0; i < 2 * kGroup; ++i) {
    if (i == kGroup) message.push_back('-');
    message.push_back(kCharacters[random_bits % kCharacters.size()]);
    random_bits /= kCharacters.size();
  }
  return message;
}

}  // namespace cibad
