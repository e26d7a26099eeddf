#include "server/login/outcome.h"

#include <cstddef>

#include "absl/strings/ascii.h"

namespace cibad {

std::string CleanProviderCode(absl::string_view code) {
  constexpr size_t kMaxLength = 64;
  std::string clean;
  for (const char c : code) {
    if (clean.size() == kMaxLength) break;
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.') {
      clean.push_back(c);
    }
  }
  return clean;
}

}  // namespace cibad
