#include "server/login/outcome.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace cibad {
namespace {

bool IsCodeDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// Masks the digits of every number that is long enough to be a person's, also where it is written
// in groups: `912-34-567`.
void MaskLongNumbers(std::string& code) {
  constexpr ptrdiff_t kShortestPhoneNumber = 8;  // digits
  const auto is_part = [](char c) { return IsCodeDigit(c) || c == '-' || c == '.' || c == '_'; };
  for (auto begin = code.begin(); begin != code.end();) {
    const auto end = std::find_if_not(begin, code.end(), is_part);
    if (std::count_if(begin, end, IsCodeDigit) >= kShortestPhoneNumber) {
      std::replace_if(begin, end, IsCodeDigit, '*');
    }
    begin = std::find_if(end, code.end(), is_part);
  }
}

}  // namespace

std::string CleanProviderCode(absl::string_view code) {
  constexpr size_t kMaxLength = 64;
  std::string clean;
  for (const char c : code) {
    if (clean.size() == kMaxLength) break;
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.') {
      clean.push_back(c);
    }
  }
  MaskLongNumbers(clean);
  return clean;
}

}  // namespace cibad
