#include "server/login/secret.h"

#include <cstring>

namespace cibad {

void WipeText(std::string& text) {
  text.resize(text.capacity());  // stays where it is, and all of it is ours to write
  explicit_bzero(text.data(), text.size());
  text.clear();
}

// Not inline: it has to have a frame of its own, below the caller's. AddressSanitizer would give it
// one on the heap.
[[gnu::noinline, gnu::no_sanitize_address]] void WipeStackBelow() {
  constexpr size_t kBytes = size_t{32} << 10;
  char below[kBytes];
  explicit_bzero(below, kBytes);
}

bool EqualInConstantTime(absl::string_view one, absl::string_view other) {
  if (one.size() != other.size()) return false;
  // Volatile, so that no compiler may stop at the first difference.
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < one.size(); ++i) {
    const auto differing = static_cast<unsigned char>(one[i] ^ other[i]);
    difference = static_cast<unsigned char>(difference | differing);
  }
  return difference == 0;
}

// On the heap, even where the text is short enough to lie in the string itself.
struct Secret::Text {
  explicit Text(absl::string_view copied) : bytes(copied) {}
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  ~Text() { WipeText(bytes); }

  std::string bytes;
};

Secret::Secret(absl::string_view text)
    : text_(text.empty() ? nullptr : std::make_shared<const Text>(text)) {}

Secret Secret::Take(std::string&& text) {
  Secret secret(text);
  WipeText(text);
  return secret;
}

const std::string& Secret::Reveal() const {
  static const std::string& none = *new std::string;
  return text_ == nullptr ? none : text_->bytes;
}

}  // namespace cibad
