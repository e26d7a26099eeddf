// Which characters a text may have, as the standards write it: letters, digits and some others. A
// look at a table, because every byte of every request is looked at.

#ifndef CIBAD_SERVER_HTTP_CHARACTER_SET_H_
#define CIBAD_SERVER_HTTP_CHARACTER_SET_H_

#include <array>

#include "absl/strings/string_view.h"

namespace cibad {

class CharacterSet {
 public:
  // The letters and digits of ASCII, and `others`.
  explicit constexpr CharacterSet(absl::string_view others) {
    for (char c = '0'; c <= '9'; ++c) Add(c);
    for (char c = 'A'; c <= 'Z'; ++c) Add(c);
    for (char c = 'a'; c <= 'z'; ++c) Add(c);
    for (const char c : others) Add(c);
  }

  constexpr bool Has(char c) const { return has_[static_cast<unsigned char>(c)]; }

 private:
  constexpr void Add(char c) { has_[static_cast<unsigned char>(c)] = true; }

  std::array<bool, 256> has_{};
};

}  // namespace cibad

#endif  // CIBAD_SERVER_HTTP_CHARACTER_SET_H_
